"""`h[t] = a[t] * h[t - 1] + b[t]` along each row: an associative scan.

Sizes: a and b [rows, length], a from 0.5 to 1.0; 32x256 on a CPU. The baseline steps through the
columns, so a single loop in C++ wins honestly.
"""

from __future__ import annotations

import torch
from torch import nn

from agent_env.kernels.draw import Draw
from agent_env.kernels.task import Input, KernelTask, Shape


class Model(nn.Module):
    """The baseline."""

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """Every h, starting from zero, [rows, length]."""
        state = torch.zeros_like(b[:, 0])
        states = []
        for step in range(b.shape[1]):
            state = a[:, step] * state + b[:, step]
            states.append(state)
        return torch.stack(states, dim=1)


def make(draw: Draw, shape: Shape) -> list[Input]:
    """Arguments a and b."""
    rows, length = shape["rows"], shape["length"]
    return [draw.between(0.5, 1.0, rows, length), draw.floats(rows, length)]


def work(shape: Shape) -> tuple[int, int]:
    """Tensors a and b are read, h is written; two operations an element."""
    count = shape["rows"] * shape["length"]
    return 12 * count, 2 * count


TASK = KernelTask(
    name="linear_recurrence_scan",
    about="Linear recurrence h[t] = a[t] * h[t-1] + b[t] along every row, h before the first is 0.",
    model=Model,
    make=make,
    timed={"rows": 32, "length": 256},
    hidden=({"rows": 17, "length": 301}, {"rows": 65, "length": 33}, {"rows": 1, "length": 2}),
    h200={"rows": 4096, "length": 8192},
    adversarial=("cancel", "denormal", "spikes"),
    work=work,
    allowed=16.0,
)
