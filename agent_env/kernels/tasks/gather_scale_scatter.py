"""Rows picked, scaled and added where others say: indirect reads and writes.

Sizes: x [rows, width], source and target int64 [picks], scale [picks]; 300x64 and 200 picks on a
CPU. Targets repeat, so that writes collide; rows that nothing is added to are zero.
"""

from __future__ import annotations

import torch
from torch import nn

from agent_env.kernels.draw import Draw
from agent_env.kernels.task import Input, KernelTask, Shape


class Model(nn.Module):
    """The baseline."""

    def forward(
        self, x: torch.Tensor, source: torch.Tensor, target: torch.Tensor, scale: torch.Tensor
    ) -> torch.Tensor:
        """out[target[i]] += x[source[i]] * scale[i] from zero, the shape of x."""
        return torch.zeros_like(x).index_add_(0, target, x[source] * scale[:, None])


def make(draw: Draw, shape: Shape) -> list[Input]:
    """x, source, target and scale."""
    rows, picks = shape["rows"], shape["picks"]
    x = draw.floats(rows, shape["width"])
    source = draw.integers(0, rows, picks)
    return [x, source, draw.integers(0, rows, picks), draw.calm(picks)]


def work(shape: Shape) -> tuple[int, int]:
    """Picked rows are read, all rows written; two operations a picked value."""
    width, picks = shape["width"], shape["picks"]
    return 4 * width * (picks + shape["rows"]) + 20 * picks, 2 * width * picks


TASK = KernelTask(
    name="gather_scale_scatter",
    about="out = 0; out[target[i]] += x[source[i]] * scale[i] for every pick i.",
    model=Model,
    make=make,
    timed={"rows": 300, "width": 64, "picks": 200},
    hidden=(
        {"rows": 77, "width": 129, "picks": 300},
        {"rows": 500, "width": 7, "picks": 61},
        {"rows": 2, "width": 1, "picks": 3},
    ),
    h200={"rows": 131072, "width": 512, "picks": 131072},
    adversarial=("cancel", "denormal", "ties"),
    work=work,
)
