"""`silu(gate) * up`, both halves of one row: a gated split.

Sizes: x [rows, 2 * columns], the gate first; 64 rows of 2 x 1,000 on a CPU. A sigmoid that
overflows for large negative gates fails in the large regime.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from agent_env.kernels.draw import Draw
from agent_env.kernels.task import Input, KernelTask, Shape


class Model(nn.Module):
    """The baseline."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """silu(first half) * second half, [rows, columns]."""
        gate, up = x.chunk(2, dim=-1)
        return functional.silu(gate) * up


def make(draw: Draw, shape: Shape) -> list[Input]:
    """The argument x."""
    return [draw.floats(shape["rows"], 2 * shape["columns"])]


def work(shape: Shape) -> tuple[int, int]:
    """Two values are read and one written for each output; about six operations."""
    count = shape["rows"] * shape["columns"]
    return 4 * 3 * count, 6 * count


TASK = KernelTask(
    name="ew_swiglu",
    about="SwiGLU: silu of the first half of each row times the second half.",
    model=Model,
    make=make,
    timed={"rows": 64, "columns": 1000},
    hidden=({"rows": 37, "columns": 301}, {"rows": 5, "columns": 1025}, {"rows": 1, "columns": 1}),
    h200={"rows": 8192, "columns": 11008},
    adversarial=("spikes", "runs", "ties"),
    work=work,
)
