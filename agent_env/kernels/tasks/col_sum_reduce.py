"""Sum of every column: a reduction across the stride.

Sizes: x [rows, columns]; 500x257 on a CPU. Columns whose values almost cancel are among the hidden
cases; the baseline sums in blocks, so twice the usual tolerance admits a plain running sum.
"""

from __future__ import annotations

import torch
from torch import nn

from agent_env.kernels.draw import Draw
from agent_env.kernels.task import Input, KernelTask, Shape


class Model(nn.Module):
    """The baseline."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The columns' sums, [columns]."""
        return x.sum(dim=0)


def make(draw: Draw, shape: Shape) -> list[Input]:
    """The argument x."""
    return [draw.floats(shape["rows"], shape["columns"], along=0)]


def work(shape: Shape) -> tuple[int, int]:
    """Tensor x is read once; one addition an element."""
    count = shape["rows"] * shape["columns"]
    return 4 * (count + shape["columns"]), count


TASK = KernelTask(
    name="col_sum_reduce",
    about="Sum a matrix over its rows, giving one value for every column.",
    model=Model,
    make=make,
    timed={"rows": 500, "columns": 257},
    hidden=(
        {"rows": 999, "columns": 65},
        {"rows": 77, "columns": 1000},
        {"rows": 3, "columns": 1},
    ),
    h200={"rows": 65536, "columns": 4096},
    adversarial=("cancel", "denormal", "runs"),
    work=work,
    allowed=16.0,
)
