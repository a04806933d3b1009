"""Running sum along each row: a scan.

Sizes: x [rows, columns]; 64x1024 on a CPU, odd lengths hidden. The baseline accumulates in double
precision on a CPU, so its own error is one rounding; the tolerance admits single precision sums.
"""

from __future__ import annotations

import torch
from torch import nn

from agent_env.kernels.draw import Draw
from agent_env.kernels.task import Input, KernelTask, Shape


class Model(nn.Module):
    """The baseline."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Inclusive running sums, [rows, columns]."""
        return x.cumsum(dim=1)


def make(draw: Draw, shape: Shape) -> list[Input]:
    """The argument x."""
    return [draw.floats(shape["rows"], shape["columns"])]


def work(shape: Shape) -> tuple[int, int]:
    """Tensor x is read and written once; one addition an element."""
    count = shape["rows"] * shape["columns"]
    return 8 * count, count


TASK = KernelTask(
    name="cumsum_rows",
    about="Inclusive cumulative sum along every row.",
    model=Model,
    make=make,
    timed={"rows": 64, "columns": 1024},
    hidden=({"rows": 31, "columns": 1537}, {"rows": 130, "columns": 67}, {"rows": 1, "columns": 2}),
    h200={"rows": 8192, "columns": 16384},
    adversarial=("cancel", "denormal", "runs"),
    work=work,
    allowed=32.0,
)
