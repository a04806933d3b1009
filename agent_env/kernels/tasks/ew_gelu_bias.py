"""`gelu(x + bias)`, exact (erf): an element-wise chain with a broadcast.

Sizes: x [rows, columns] and bias [columns], 1,000 columns on a CPU, so that no power of two divides
a row. The tanh approximation is off by 1e-3 and fails; so does half precision inside.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from agent_env.kernels.draw import Draw
from agent_env.kernels.task import Input, KernelTask, Shape


class Model(nn.Module):
    """The baseline."""

    def forward(self, x: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """gelu(x + bias), [rows, columns]."""
        return functional.gelu(x + bias)


def make(draw: Draw, shape: Shape) -> list[Input]:
    """Arguments x and bias."""
    rows, columns = shape["rows"], shape["columns"]
    return [draw.floats(rows, columns), draw.floats(columns)]


def work(shape: Shape) -> tuple[int, int]:
    """Tensor x is read and written once; about ten operations an element."""
    rows, columns = shape["rows"], shape["columns"]
    return 4 * (2 * rows * columns + columns), 10 * rows * columns


TASK = KernelTask(
    name="ew_gelu_bias",
    about="Add a bias to every row and apply the exact (erf) GELU.",
    model=Model,
    make=make,
    timed={"rows": 64, "columns": 1000},
    hidden=({"rows": 33, "columns": 517}, {"rows": 7, "columns": 2049}, {"rows": 1, "columns": 3}),
    h200={"rows": 16384, "columns": 4096},
    adversarial=("spikes", "denormal", "ties"),
    work=work,
)
