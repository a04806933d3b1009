"""Causal attention of a short sequence: the online softmax.

Sizes: query, key and value [batch, heads, length, width]; 1x2x64x32 on a CPU. In the large regime
scores reach a hundred and more, so exponentials without the maximum overflow.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from agent_env.kernels.draw import Draw
from agent_env.kernels.task import Input, KernelTask, Shape


class Model(nn.Module):
    """The baseline."""

    def forward(self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        """softmax(query key^T / sqrt(width), no later places) value, the shape of query."""
        return functional.scaled_dot_product_attention(query, key, value, is_causal=True)


def make(draw: Draw, shape: Shape) -> list[Input]:
    """Query, key and value."""
    size = (shape["batch"], shape["heads"], shape["length"], shape["width"])
    return [draw.floats(*size), draw.calm(*size), draw.calm(*size)]


def work(shape: Shape) -> tuple[int, int]:
    """Four tensors move once; half of the two products is needed."""
    heads, length, width = shape["batch"] * shape["heads"], shape["length"], shape["width"]
    return 16 * heads * length * width, 2 * heads * length * (length + 1) * width


TASK = KernelTask(
    name="attn_causal_small",
    about="Causal scaled dot-product attention.",
    model=Model,
    make=make,
    timed={"batch": 1, "heads": 2, "length": 64, "width": 32},
    hidden=(
        {"batch": 2, "heads": 1, "length": 45, "width": 24},
        {"batch": 1, "heads": 3, "length": 97, "width": 16},
        {"batch": 1, "heads": 1, "length": 1, "width": 8},
    ),
    h200={"batch": 8, "heads": 16, "length": 4096, "width": 128},
    adversarial=("ties", "runs", "flat"),
    work=work,
    large=40.0,
    allowed=32.0,
)
