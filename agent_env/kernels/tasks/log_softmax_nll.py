"""Cross entropy of each row: `logsumexp(x[r]) - x[r, target[r]]`, a fused loss.

Sizes: logits [rows, classes] and target int64 [rows]; 64x1003 on a CPU. Naive exponentials overflow
in the large regime; a missing target look-up fails everywhere.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from agent_env.kernels.draw import Draw
from agent_env.kernels.task import Input, KernelTask, Shape


class Model(nn.Module):
    """The baseline."""

    def forward(self, logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Negative log likelihood of each row's target, [rows]."""
        return functional.cross_entropy(logits, target, reduction="none")


def make(draw: Draw, shape: Shape) -> list[Input]:
    """Logits and target."""
    rows, classes = shape["rows"], shape["classes"]
    return [draw.floats(rows, classes), draw.integers(0, classes, rows)]


def work(shape: Shape) -> tuple[int, int]:
    """Logits are read once; three operations each."""
    rows, classes = shape["rows"], shape["classes"]
    return 4 * rows * classes + 12 * rows, 3 * rows * classes


TASK = KernelTask(
    name="log_softmax_nll",
    about="Cross-entropy loss of every row (log-softmax, then the target's negative), not reduced.",
    model=Model,
    make=make,
    timed={"rows": 64, "classes": 1003},
    hidden=({"rows": 41, "classes": 257}, {"rows": 3, "classes": 4099}, {"rows": 12, "classes": 2}),
    h200={"rows": 8192, "classes": 32000},
    adversarial=("spikes", "runs", "ties"),
    work=work,
    allowed=16.0,
)
