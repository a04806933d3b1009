"""`x.T + bias[:, None]`: a transpose through shared memory, with a broadcast.

Sizes: x [rows, columns] and bias [columns]; 300x200 on a CPU. The result is contiguous.
"""

from __future__ import annotations

import torch
from torch import nn

from agent_env.kernels.draw import Draw
from agent_env.kernels.task import Input, KernelTask, Shape


class Model(nn.Module):
    """The baseline."""

    def forward(self, x: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """The transpose of x, bias[c] added to its row c, [columns, rows]."""
        return x.t().contiguous() + bias[:, None]


def make(draw: Draw, shape: Shape) -> list[Input]:
    """Arguments x and bias."""
    rows, columns = shape["rows"], shape["columns"]
    return [draw.floats(rows, columns), draw.floats(columns)]


def work(shape: Shape) -> tuple[int, int]:
    """Tensor x is read and written once; one addition an element."""
    rows, columns = shape["rows"], shape["columns"]
    return 4 * (2 * rows * columns + columns), rows * columns


TASK = KernelTask(
    name="transpose_bias_2d",
    about="Transpose a matrix and add bias[c] to row c of the result (contiguous).",
    model=Model,
    make=make,
    timed={"rows": 300, "columns": 200},
    hidden=({"rows": 33, "columns": 65}, {"rows": 1, "columns": 517}, {"rows": 5, "columns": 1}),
    h200={"rows": 8192, "columns": 8191},
    adversarial=("denormal", "spikes", "ties"),
    work=work,
)
