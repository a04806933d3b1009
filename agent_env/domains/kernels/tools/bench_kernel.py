"""The tool with which an agent tries a program out before it answers."""

from __future__ import annotations

from agent_env.domains.kernels.attempt import try_program
from agent_env.domains.kernels.words import verdict_text
from agent_env.domains.kernels.world import KernelState
from agent_env.errors import ToolError
from agent_env.kernels.extract import extract
from agent_env.tool_spec import tool
from agent_env.types import Effect


@tool(Effect.READ)
def bench_kernel(state: KernelState, code: str, timing: bool = False) -> str:
    """Compile, run and check a program without answering with it; it earns nothing by itself.

    Args:
        state: The episode's state.
        code: The whole program that defines ModelNew.
        timing: Whether a right program is also timed against the baseline.

    Raises:
        ToolError: There is no program in the code.
    """
    found = extract(code)
    if found.code is None:
        raise ToolError(found.reason)
    timed = timing and state.world.timed
    verdict, tried = try_program(state, found.code, turn=0, timed=timed)
    state.note(experiments=(*state.past.experiments, tried))
    return verdict_text(verdict)
