"""One new token attends to a cache that several heads share: split-KV.

Sizes: query [batch, heads, width], key and value [batch, kv_heads, length, width]; 8 heads on 2x128
of width 32 on a CPU. Head h reads cache head h // (heads / kv_heads).
"""

from __future__ import annotations

import torch
from torch import nn

from agent_env.kernels.draw import Draw
from agent_env.kernels.task import Input, KernelTask, Shape


class Model(nn.Module):
    """The baseline."""

    def forward(self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        """Attention of each head over its cache head, [batch, heads, width]."""
        batch, heads, width = query.shape
        grouped = query.view(batch, key.shape[1], -1, width)
        scores = grouped @ key.transpose(-1, -2) * width**-0.5
        return (torch.softmax(scores, dim=-1) @ value).view(batch, heads, width)


def make(draw: Draw, shape: Shape) -> list[Input]:
    """Query, key and value."""
    batch, width = shape["batch"], shape["width"]
    cache = (batch, shape["kv_heads"], shape["length"], width)
    query = draw.floats(batch, shape["heads"], width)
    return [query, draw.calm(*cache), draw.calm(*cache)]


def work(shape: Shape) -> tuple[int, int]:
    """The cache is read once; four operations a head, place and width."""
    batch, heads, width = shape["batch"], shape["heads"], shape["width"]
    cache = batch * shape["kv_heads"] * shape["length"] * width
    return 8 * (cache + batch * heads * width), 4 * batch * heads * shape["length"] * width


TASK = KernelTask(
    name="decode_attn_gqa",
    about="Attention of one query per head over a key-value cache shared by groups of heads (GQA).",
    model=Model,
    make=make,
    timed={"batch": 1, "heads": 8, "kv_heads": 2, "length": 128, "width": 32},
    hidden=(
        {"batch": 2, "heads": 6, "kv_heads": 3, "length": 77, "width": 24},
        {"batch": 1, "heads": 4, "kv_heads": 4, "length": 301, "width": 16},
        {"batch": 1, "heads": 3, "kv_heads": 1, "length": 1, "width": 4},
    ),
    h200={"batch": 64, "heads": 32, "kv_heads": 8, "length": 8192, "width": 128},
    adversarial=("ties", "runs", "flat"),
    work=work,
    large=40.0,
    allowed=32.0,
)
