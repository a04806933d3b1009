"""The largest value of each row and where it first stands; exact.

Sizes: x [rows, columns]; 128x999 on a CPU. Rows full of ties are among the hidden cases: the first
place counts, as in `torch.max(dim=...)` on a CPU. Source: PyTorch 2.13, torch.max: "the indices of
the first maximal value are returned".
"""

from __future__ import annotations

import torch
from torch import nn

from agent_env.kernels.draw import Draw
from agent_env.kernels.task import Input, KernelTask, Shape


class Model(nn.Module):
    """The baseline."""

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(largest values [rows], their first places int64 [rows])."""
        found = x.max(dim=1)
        return found.values, found.indices


def make(draw: Draw, shape: Shape) -> list[Input]:
    """x; zeros have one sign, so that equal values are equal bit for bit."""
    return [draw.floats(shape["rows"], shape["columns"]) + 0.0]


def work(shape: Shape) -> tuple[int, int]:
    """Tensor x is read once; one comparison an element."""
    count = shape["rows"] * shape["columns"]
    return 4 * count + 12 * shape["rows"], count


TASK = KernelTask(
    name="row_argmax_max",
    about="Maximum of every row and the (first) index where it stands.",
    model=Model,
    make=make,
    timed={"rows": 128, "columns": 999},
    hidden=({"rows": 67, "columns": 515}, {"rows": 9, "columns": 4001}, {"rows": 2, "columns": 1}),
    h200={"rows": 16384, "columns": 32000},
    adversarial=("ties", "runs", "flat"),
    work=work,
    exact=True,
)
