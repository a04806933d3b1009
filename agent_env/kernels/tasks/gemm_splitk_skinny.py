"""A product of thin matrices with a long inner dimension: split-K.

Sizes: a [m, k] and b [k, n]; 8x1024x16 (m, k, n) on a CPU. Few outputs, long sums: the work has to
be split along the sum to keep a machine busy.
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
    name="gemm_splitk_skinny",
    about="Matrix product a @ b with few rows and columns and a long inner dimension.",
    model=Model,
    make=make,
    timed={"m": 8, "k": 1024, "n": 16},
    hidden=({"m": 7, "k": 2049, "n": 5}, {"m": 1, "k": 777, "n": 33}, {"m": 2, "k": 3, "n": 1}),
    h200={"m": 16, "k": 16384, "n": 128},
    adversarial=("cancel", "runs", "spikes"),
    work=work,
    allowed=16.0,
)
