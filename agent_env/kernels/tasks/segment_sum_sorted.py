"""Sums of rows that share a group, groups ascending: irregular work.

Sizes: x [rows, width], ids int64 [rows] ascending, segments an int; 600x64 in 50 on a CPU. Groups
may be empty (their sum is zero), and in the adversarial regime one group has most rows.
"""

from __future__ import annotations

import torch
from torch import nn

from agent_env.kernels.draw import Draw
from agent_env.kernels.task import Input, KernelTask, Shape


class Model(nn.Module):
    """The baseline."""

    def forward(self, x: torch.Tensor, ids: torch.Tensor, segments: int) -> torch.Tensor:
        """Sum of each group's rows, [segments, width]."""
        return x.new_zeros(segments, x.shape[1]).index_add_(0, ids, x)


def make(draw: Draw, shape: Shape) -> list[Input]:
    """x, ids and segments."""
    rows, segments = shape["rows"], shape["segments"]
    x = draw.floats(rows, shape["width"], along=0)
    return [x, draw.sorted_ids(rows, segments), segments]


def work(shape: Shape) -> tuple[int, int]:
    """Tensor x is read once, the sums are written; one addition an element."""
    rows, width = shape["rows"], shape["width"]
    return 4 * width * (rows + shape["segments"]) + 8 * rows, rows * width


TASK = KernelTask(
    name="segment_sum_sorted",
    about="Sum the rows of x by group; ids are sorted, groups may be empty.",
    model=Model,
    make=make,
    timed={"rows": 600, "width": 64, "segments": 50},
    hidden=(
        {"rows": 451, "width": 33, "segments": 70},
        {"rows": 1000, "width": 5, "segments": 9},
        {"rows": 3, "width": 1, "segments": 4},
    ),
    h200={"rows": 1048576, "width": 128, "segments": 65536},
    adversarial=("cancel", "denormal", "ties"),
    work=work,
    allowed=16.0,
)
