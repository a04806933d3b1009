"""Rotary embedding of neighbouring pairs: a layout that splits every vector in twos.

Sizes: x [batch, heads, length, width], cosine and sine [length, width / 2]; 2x4x32x64 on a CPU.
Value 2i and 2i + 1 are a pair; the layout that pairs i with i + width / 2 fails.
"""

from __future__ import annotations

import torch
from torch import nn

from agent_env.kernels.draw import Draw
from agent_env.kernels.task import Input, KernelTask, Shape


class Model(nn.Module):
    """The baseline."""

    def forward(self, x: torch.Tensor, cosine: torch.Tensor, sine: torch.Tensor) -> torch.Tensor:
        """Each pair of x turned by its angle, the shape of x."""
        even, odd = x[..., 0::2], x[..., 1::2]
        turned = torch.stack((even * cosine - odd * sine, even * sine + odd * cosine), dim=-1)
        return turned.flatten(-2)


def make(draw: Draw, shape: Shape) -> list[Input]:
    """x, cosine and sine; one angle for each place and pair."""
    length, width = shape["length"], shape["width"]
    x = draw.floats(shape["batch"], shape["heads"], length, width)
    angles = draw.between(0.0, 6.2831853, length, width // 2)
    return [x, angles.cos(), angles.sin()]


def work(shape: Shape) -> tuple[int, int]:
    """Tensor x is read and written once; three operations an element."""
    table = shape["length"] * shape["width"]
    count = shape["batch"] * shape["heads"] * table
    return 4 * (2 * count + table), 3 * count


TASK = KernelTask(
    name="rope_interleaved",
    about="Rotary embedding of interleaved pairs (2i, 2i + 1) by the given cosines and sines.",
    model=Model,
    make=make,
    timed={"batch": 2, "heads": 4, "length": 32, "width": 64},
    hidden=(
        {"batch": 1, "heads": 3, "length": 45, "width": 34},
        {"batch": 3, "heads": 1, "length": 7, "width": 130},
        {"batch": 1, "heads": 1, "length": 1, "width": 2},
    ),
    h200={"batch": 8, "heads": 32, "length": 4096, "width": 128},
    adversarial=("spikes", "denormal", "ties"),
    work=work,
)
