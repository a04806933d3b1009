"""A matrix times a vector for each item of a batch: bandwidth.

Sizes: a [batch, rows, columns] and x [batch, columns]; 16x64x96 on a CPU.
"""

from __future__ import annotations

import torch
from torch import nn

from agent_env.kernels.draw import Draw
from agent_env.kernels.task import Input, KernelTask, Shape


class Model(nn.Module):
    """The baseline."""

    def forward(self, a: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """a[i] @ x[i] for every i, [batch, rows]."""
        return torch.bmm(a, x.unsqueeze(-1)).squeeze(-1)


def make(draw: Draw, shape: Shape) -> list[Input]:
    """Arguments a and x."""
    batch, rows, columns = shape["batch"], shape["rows"], shape["columns"]
    return [draw.floats(batch, rows, columns), draw.calm(batch, columns)]


def work(shape: Shape) -> tuple[int, int]:
    """The matrices are read once; two operations an element."""
    batch, rows, columns = shape["batch"], shape["rows"], shape["columns"]
    return 4 * batch * (rows * columns + rows + columns), 2 * batch * rows * columns


TASK = KernelTask(
    name="batched_gemv",
    about="Batched matrix-vector product: y[i] = a[i] @ x[i].",
    model=Model,
    make=make,
    timed={"batch": 16, "rows": 64, "columns": 96},
    hidden=(
        {"batch": 5, "rows": 33, "columns": 517},
        {"batch": 31, "rows": 7, "columns": 65},
        {"batch": 1, "rows": 2, "columns": 1},
    ),
    h200={"batch": 64, "rows": 4096, "columns": 4096},
    adversarial=("cancel", "spikes", "ties"),
    work=work,
    allowed=16.0,
)
