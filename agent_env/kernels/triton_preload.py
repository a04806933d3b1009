"""Mends Triton's interpreter when imported; for the zygote of Triton candidates and nobody else.

Place in the flow: `triton_cpu.PRELOAD` names this module. It is the one module whose import has an
effect, because a zygote prepares itself by importing what it is told to.

What it does not do: anything where TRITON_INTERPRET is not set, or Triton is not installed, but
raise `KernelError`.
"""

from agent_env.kernels.triton_cpu import prepare

prepare()
