"""`x @ (weight * scale)` with int8 weights: mixed types.

Sizes: x [m, k], weight int8 [k, n], scale [n]; 32x128x64 (m, k, n) on a CPU. Weights reach from
-128 to 127, both ends included.
"""

from __future__ import annotations

import torch
from torch import nn

from agent_env.kernels.draw import Draw
from agent_env.kernels.task import Input, KernelTask, Shape


class Model(nn.Module):
    """The baseline."""

    def forward(self, x: torch.Tensor, weight: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
        """The product x @ (weight * scale), [m, n]; scale[n] belongs to column n."""
        return x @ (weight.to(x.dtype) * scale)


def make(draw: Draw, shape: Shape) -> list[Input]:
    """x, weight and scale."""
    m, k, n = shape["m"], shape["k"], shape["n"]
    weight = draw.integers(-128, 128, k, n, dtype=torch.int8)
    return [draw.floats(m, k), weight, draw.between(0.001, 0.02, n)]


def work(shape: Shape) -> tuple[int, int]:
    """Weights are one byte each."""
    m, k, n = shape["m"], shape["k"], shape["n"]
    return 4 * (m * k + n + m * n) + k * n, 2 * m * k * n + k * n


TASK = KernelTask(
    name="int8_dequant_gemm",
    about="x @ (weight * scale) with int8 weights and a scale for every column.",
    model=Model,
    make=make,
    timed={"m": 32, "k": 128, "n": 64},
    hidden=({"m": 17, "k": 255, "n": 31}, {"m": 3, "k": 513, "n": 9}, {"m": 1, "k": 2, "n": 1}),
    h200={"m": 4096, "k": 4096, "n": 4096},
    adversarial=("cancel", "spikes", "ties"),
    work=work,
    allowed=16.0,
)
