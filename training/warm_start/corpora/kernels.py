"""Answers to two easy kernel tasks, in plain PyTorch: right ones, and one for each way to fail.

They are short because the tiny model has few tokens; what they compute is said by
``agent_env/kernels/tasks``.
"""

from __future__ import annotations

from agent_env import Domain
from training.config import RunConfig
from training.warm_start.corpora import Material
from training.warm_start.programs import Answers, fenced, program_material

_HEAD = "import torch\n\n\nclass ModelNew(torch.nn.Module):\n    def forward(self, {given}):\n"


def _module(given: str, body: str) -> str:
    """An answer whose forward takes and does this."""
    return fenced(_HEAD.format(given=given) + f"        return {body}")


ANSWERS = {
    "ew_gelu_bias": Answers(
        right=(_module("x, bias", "torch.nn.functional.gelu(x + bias)"),),
        wrong=(
            _module("x, bias", "torch.nn.functional.gelu(x)"),
            _module("x, bias", "torch.nn.functional.gelu(x + b)"),
            _module("x, bias", "torch.nn.functional.gelu(x + bias"),
            "I will write it.",
            "```",
        ),
    ),
    "row_argmax_max": Answers(
        right=(_module("x", "torch.max(x, dim=1)"),),
        wrong=(
            _module("x", "torch.min(x, dim=1)"),
            _module("x", "torch.max(y, dim=1)"),
            _module("x", "torch.max(x, dim=1"),
            "I will write it.",
            "```",
        ),
    ),
}


def material(config: RunConfig, domain: Domain) -> Material:
    """Dialogues on ``kernels.tasks``, which must be among those answered here."""
    return program_material(config, domain, ANSWERS)
