"""Residual sum and its RMS norm, two outputs: fusion of an add, a reduction and a scale.

Sizes: x and residual [rows, columns], weight [columns]; 96x768 on a CPU. Both the norm and the sum
are returned. A residual that almost undoes x is among the hidden cases.
"""

from __future__ import annotations

import torch
from torch import nn

from agent_env.kernels.draw import Draw
from agent_env.kernels.task import Input, KernelTask, Shape


class Model(nn.Module):
    """The baseline."""

    def __init__(self, eps: float) -> None:
        super().__init__()
        self.eps = eps

    def forward(
        self, x: torch.Tensor, residual: torch.Tensor, weight: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(sum / rms(sum) * weight, sum), both [rows, columns]."""
        total = x + residual
        scale = torch.rsqrt(total.pow(2).mean(dim=-1, keepdim=True) + self.eps)
        return total * scale * weight, total


def make(draw: Draw, shape: Shape) -> list[Input]:
    """x, residual and weight."""
    rows, columns = shape["rows"], shape["columns"]
    x = draw.floats(rows, columns)
    return [x, draw.against(x), draw.calm(columns)]


def work(shape: Shape) -> tuple[int, int]:
    """Two tensors are read and two written; six operations an element."""
    rows, columns = shape["rows"], shape["columns"]
    return 4 * (4 * rows * columns + columns), 6 * rows * columns


TASK = KernelTask(
    name="rmsnorm_residual",
    about="h = x + residual; return (h / sqrt(mean(h^2) + eps) * weight, h).",
    model=Model,
    make=make,
    timed={"rows": 96, "columns": 768},
    hidden=({"rows": 31, "columns": 1001}, {"rows": 5, "columns": 4097}, {"rows": 1, "columns": 2}),
    h200={"rows": 16384, "columns": 8192},
    adversarial=("cancel", "spikes", "denormal"),
    work=work,
    init=(1e-6,),
    allowed=16.0,
)
