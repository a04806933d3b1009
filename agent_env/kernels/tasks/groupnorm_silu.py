"""Group norm in eight groups, then SiLU: a reduction over channels and places.

Sizes: x [batch, channels, height, width], weight and bias [channels]; 2x32x24x24 on a CPU.
Values around 300 are among the hidden cases, and twenty times the usual tolerance, as in
layernorm_affine.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from agent_env.kernels.draw import Draw
from agent_env.kernels.task import Input, KernelTask, Shape


class Model(nn.Module):
    """The baseline."""

    def __init__(self, groups: int, eps: float) -> None:
        super().__init__()
        self.groups = groups
        self.eps = eps

    def forward(self, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """silu(group_norm(x) * weight + bias), the shape of x."""
        return functional.silu(functional.group_norm(x, self.groups, weight, bias, self.eps))


def make(draw: Draw, shape: Shape) -> list[Input]:
    """x, weight and bias."""
    batch, channels = shape["batch"], shape["channels"]
    x = draw.floats(batch, channels, shape["height"], shape["width"])
    return [x, draw.calm(channels), draw.calm(channels)]


def work(shape: Shape) -> tuple[int, int]:
    """Tensor x is read and written once; twelve operations an element."""
    count = shape["batch"] * shape["channels"] * shape["height"] * shape["width"]
    return 8 * count + 8 * shape["channels"], 12 * count


TASK = KernelTask(
    name="groupnorm_silu",
    about="Group norm (8 groups) with weight, bias and eps, followed by SiLU.",
    model=Model,
    make=make,
    timed={"batch": 2, "channels": 32, "height": 24, "width": 24},
    hidden=(
        {"batch": 1, "channels": 24, "height": 17, "width": 19},
        {"batch": 3, "channels": 16, "height": 5, "width": 31},
        {"batch": 1, "channels": 8, "height": 1, "width": 3},
    ),
    h200={"batch": 16, "channels": 512, "height": 64, "width": 64},
    adversarial=("offset", "runs", "denormal"),
    work=work,
    init=(8, 1e-5),
    allowed=160.0,
)
