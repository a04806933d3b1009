"""Softmax over the first `lengths[r]` values of a row, zero behind them: a reduction with a tail.

Sizes: x [rows, columns] and lengths int32 [rows] from 1 to columns; 64x777 on a CPU. Without
subtracting the row's maximum the large regime overflows.
"""

from __future__ import annotations

import torch
from torch import nn

from agent_env.kernels.draw import Draw
from agent_env.kernels.task import Input, KernelTask, Shape


class Model(nn.Module):
    """The baseline."""

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Softmax of each row's first values, [rows, columns]; zero from lengths[r] on."""
        outside = torch.arange(x.shape[1], device=x.device) >= lengths[:, None]
        return torch.softmax(x.masked_fill(outside, float("-inf")), dim=-1)


def make(draw: Draw, shape: Shape) -> list[Input]:
    """Arguments x and lengths."""
    rows, columns = shape["rows"], shape["columns"]
    lengths = draw.integers(1, columns + 1, rows, dtype=torch.int32)
    return [draw.floats(rows, columns), lengths]


def work(shape: Shape) -> tuple[int, int]:
    """Half of x is inside on average and read; all of it is written."""
    rows, columns = shape["rows"], shape["columns"]
    return 4 * (rows * columns * 3 // 2 + rows), 5 * rows * columns // 2


TASK = KernelTask(
    name="row_softmax_masked",
    about="Softmax over the first lengths[r] values of row r; the rest of the row is zero.",
    model=Model,
    make=make,
    timed={"rows": 64, "columns": 777},
    hidden=({"rows": 19, "columns": 1025}, {"rows": 130, "columns": 31}, {"rows": 2, "columns": 1}),
    h200={"rows": 8192, "columns": 8191},
    adversarial=("runs", "spikes", "ties"),
    work=work,
)
