"""Several steps of a five-point stencil on a torus: fusion over time.

Sizes: x [height, width] and steps an int; 96x128 and 4 steps on a CPU. A step is half of a place
and an eighth of each neighbour; the borders are neighbours of each other. Hidden steps differ.
"""

from __future__ import annotations

import torch
from torch import nn

from agent_env.kernels.draw import Draw
from agent_env.kernels.task import Input, KernelTask, Shape


class Model(nn.Module):
    """The baseline."""

    def forward(self, x: torch.Tensor, steps: int) -> torch.Tensor:
        """The grid after the steps, [height, width]."""
        for _ in range(steps):
            sides = x.roll(1, 0) + x.roll(-1, 0) + x.roll(1, 1) + x.roll(-1, 1)
            x = 0.5 * x + 0.125 * sides
        return x


def make(draw: Draw, shape: Shape) -> list[Input]:
    """Arguments x and steps."""
    return [draw.floats(shape["height"], shape["width"]), shape["steps"]]


def work(shape: Shape) -> tuple[int, int]:
    """Tensor x is read and written once, however many steps; six operations a place and step."""
    count = shape["height"] * shape["width"]
    return 8 * count, 6 * count * shape["steps"]


TASK = KernelTask(
    name="stencil_5pt_steps",
    about="Repeat u = u / 2 + (sum of the four neighbours) / 8 on a torus, `steps` times.",
    model=Model,
    make=make,
    timed={"height": 96, "width": 128, "steps": 4},
    hidden=(
        {"height": 33, "width": 71, "steps": 5},
        {"height": 7, "width": 257, "steps": 2},
        {"height": 1, "width": 2, "steps": 1},
    ),
    h200={"height": 8192, "width": 8192, "steps": 32},
    adversarial=("cancel", "denormal", "spikes"),
    work=work,
    allowed=16.0,
)
