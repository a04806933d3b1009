"""A matrix product, single precision on a CPU and bfloat16 on a GPU: tiling.

Sizes: a [m, k] and b [k, n]; 96x80x112 (m, k, n) on a CPU. Half precision inside fails on a CPU.
"""

from __future__ import annotations

import torch
from torch import nn

from agent_env.kernels.draw import Draw
from agent_env.kernels.task import Input, KernelTask, Shape


class Model(nn.Module):
    """The baseline."""

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """The product a @ b, [m, n]."""
        return a @ b


def make(draw: Draw, shape: Shape) -> list[Input]:
    """Arguments a and b."""
    m, k, n = shape["m"], shape["k"], shape["n"]
    return [draw.floats(m, k), draw.calm(k, n)]


def work(shape: Shape) -> tuple[int, int]:
    """Each matrix moves once."""
    m, k, n = shape["m"], shape["k"], shape["n"]
    return 4 * (m * k + k * n + m * n), 2 * m * k * n


TASK = KernelTask(
    name="gemm_f32",
    about="Matrix product a @ b.",
    model=Model,
    make=make,
    timed={"m": 96, "k": 80, "n": 112},
    hidden=({"m": 65, "k": 129, "n": 33}, {"m": 5, "k": 300, "n": 71}, {"m": 1, "k": 1, "n": 3}),
    h200={"m": 4096, "k": 4096, "n": 4096},
    adversarial=("cancel", "spikes", "ties"),
    work=work,
    allowed=16.0,
    gpu_dtype="bfloat16",
)
