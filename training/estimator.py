"""SkyRL advantage estimator ``turn_rloo``: return-to-go per turn, leave-one-out per (task, turn).

Place in the flow: SkyRL calls it with tensors, it finds the turns, ``training/credit.py`` does the
arithmetic. SkyRL passes its estimators the response mask, which covers observations too;
``training/trainer.py`` passes the loss mask in its place, whose runs of ones are the turns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from skyrl.backends.skyrl_train.utils.ppo_utils import (
    AdvantageEstimatorRegistry,
    register_advantage_estimator,
)

from training.credit import turn_leave_one_out, turn_spans

NAME = "turn_rloo"


def register() -> None:
    """Make the estimator known to SkyRL; before Ray starts and the config is validated."""
    if NAME not in AdvantageEstimatorRegistry.list_available():
        register_advantage_estimator(NAME)(turn_rloo_advantages)


def turn_rloo_advantages(
    token_level_rewards: torch.Tensor,
    response_mask: torch.Tensor,
    index: Sequence[Any],
    gamma: float = 1.0,
    **_unused: Any,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Advantages and returns, shape (batch, tokens); every token of a turn has its turn's value.

    Args:
        token_level_rewards: Reward of each turn on the last token of that turn, shape (batch,
        tokens).
        response_mask: Ones on the tokens of assistant turns only, same shape.
        index: Task of each row.
        gamma: Discount per turn.
    """
    turns = [turn_spans(row.tolist()) for row in response_mask]
    episodes = [
        [float(rewards[start:end].sum()) for start, end in spans]
        for rewards, spans in zip(token_level_rewards, turns, strict=True)
    ]
    advantages = torch.zeros_like(token_level_rewards, dtype=torch.float32)
    for row, (spans, values) in enumerate(
        zip(turns, turn_leave_one_out(episodes, list(index), gamma), strict=True)
    ):
        for (start, end), value in zip(spans, values, strict=True):
            advantages[row, start:end] = value
    return advantages, advantages.clone()
