"""A causal convolution of width four for each channel alone: a halo.

Sizes: x [batch, channels, length], weight [channels, 4], bias [channels]; 2x48x200 on a CPU. Output
t sees t - 3 to t; before the first place everything is zero.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from agent_env.kernels.draw import Draw
from agent_env.kernels.task import Input, KernelTask, Shape


class Model(nn.Module):
    """The baseline."""

    def forward(self, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """bias[c] + sum over j of weight[c, j] * x[c, t - 3 + j], the shape of x."""
        padded = functional.pad(x, (weight.shape[1] - 1, 0))
        return functional.conv1d(padded, weight[:, None], bias, groups=x.shape[1])


def make(draw: Draw, shape: Shape) -> list[Input]:
    """x, weight and bias."""
    channels = shape["channels"]
    x = draw.floats(shape["batch"], channels, shape["length"])
    return [x, draw.calm(channels, 4), draw.floats(channels)]


def work(shape: Shape) -> tuple[int, int]:
    """Tensor x is read and written once; nine operations an element."""
    count = shape["batch"] * shape["channels"] * shape["length"]
    return 8 * count + 20 * shape["channels"], 9 * count


TASK = KernelTask(
    name="dwconv1d_causal",
    about="Depthwise causal 1-D convolution with kernel size 4 and a bias.",
    model=Model,
    make=make,
    timed={"batch": 2, "channels": 48, "length": 200},
    hidden=(
        {"batch": 1, "channels": 33, "length": 131},
        {"batch": 3, "channels": 5, "length": 517},
        {"batch": 1, "channels": 2, "length": 2},
    ),
    h200={"batch": 16, "channels": 4096, "length": 4096},
    adversarial=("cancel", "spikes", "ties"),
    work=work,
)
