"""`relu(a @ b + bias)`: a matrix product with an epilogue.

Sizes: a [m, k], b [k, n] and bias [n]; 96x100x72 (m, k, n) on a CPU. About half of the outputs are
zero, so outputs of zero are wrong for the other half.
"""

from __future__ import annotations

import torch
from torch import nn

from agent_env.kernels.draw import Draw
from agent_env.kernels.task import Input, KernelTask, Shape


class Model(nn.Module):
    """The baseline."""

    def forward(self, a: torch.Tensor, b: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """relu(a @ b + bias), [m, n]."""
        return torch.relu(torch.addmm(bias, a, b))


def make(draw: Draw, shape: Shape) -> list[Input]:
    """a, b and bias."""
    m, k, n = shape["m"], shape["k"], shape["n"]
    return [draw.floats(m, k), draw.calm(k, n), draw.floats(n)]


def work(shape: Shape) -> tuple[int, int]:
    """Each matrix moves once; two operations an output more."""
    m, k, n = shape["m"], shape["k"], shape["n"]
    return 4 * (m * k + k * n + n + m * n), 2 * m * k * n + 2 * m * n


TASK = KernelTask(
    name="gemm_bias_relu",
    about="relu(a @ b + bias), the bias added to every row.",
    model=Model,
    make=make,
    timed={"m": 96, "k": 100, "n": 72},
    hidden=({"m": 33, "k": 127, "n": 65}, {"m": 130, "k": 9, "n": 19}, {"m": 2, "k": 1, "n": 1}),
    h200={"m": 8192, "k": 4096, "n": 4096},
    adversarial=("cancel", "spikes", "ties"),
    work=work,
    allowed=16.0,
)
