"""The estimators of ``training/credit`` as SkyRL's: tensors in, tensors out, known by name.

Place in the flow: SkyRL looks an estimator up by ``credit.estimator`` and calls it with tensors;
here the turns are found, and ``training/credit`` does the arithmetic. SkyRL says of a row what task
it belongs to; ``training/trainer.py`` says in the same place where its turns lie (``TurnRow``). The
loss mask cannot: hygiene hides parts of turns from the loss that still count in baselines.
"""

from __future__ import annotations

import functools
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from skyrl.backends.skyrl_train.utils.ppo_utils import (
    AdvantageEstimatorRegistry,
    register_advantage_estimator,
)

from training.credit import ESTIMATORS, Estimator, turn_spans

TREE = "tree_loo"
"""Writes each turn's "reward" onto its tokens: a tree's advantages come from the generator, for a
row does not know its siblings, and the trainer puts them in the rewards' place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRow:
    """What a row of the batch is about.

    Attributes:
        task: Rows of the same task are compared.
        length: Tokens behind the prompt; they are the last ones of the padded row.
        spans: Start and end (exclusive) of each turn among those tokens; empty leaves the row out
            of every baseline.
    """

    task: Hashable
    length: int
    spans: Sequence[tuple[int, int]]


def register() -> None:
    """Make every estimator known to SkyRL; before Ray starts and the config is validated."""
    functions = {
        name: functools.partial(credit_advantages, credit) for name, credit in ESTIMATORS.items()
    }
    functions[TREE] = functools.partial(credit_advantages, _as_they_are)
    for name, function in functions.items():
        if name not in AdvantageEstimatorRegistry.list_available():
            register_advantage_estimator(name)(
                functools.update_wrapper(function, credit_advantages)
            )


def credit_advantages(
    credit: Estimator,
    token_level_rewards: torch.Tensor,
    response_mask: torch.Tensor,
    index: Sequence[Any],
    gamma: float = 1.0,
    **_unused: Any,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Advantages and returns, shape (batch, tokens); every token of a turn has its turn's value.

    Args:
        credit: One of ``training.credit.ESTIMATORS``.
        token_level_rewards: Shape (batch, tokens); a turn's reward is the sum over its tokens.
        response_mask: Where a row's turns are (its runs of ones) when ``index`` does not say it.
        index: A ``TurnRow`` or the task of each row.
        gamma: Discount per turn.
    """
    width = token_level_rewards.shape[1]
    tasks: list[Hashable] = []
    turns: list[list[tuple[int, int]]] = []
    for row, mask in zip(index, response_mask, strict=True):
        if isinstance(row, TurnRow):
            left = width - row.length
            tasks.append(row.task)
            turns.append([(start + left, end + left) for start, end in row.spans])
        else:
            tasks.append(row)
            turns.append(turn_spans(mask.tolist()))
    episodes = [
        [float(rewards[start:end].sum()) for start, end in spans]
        for rewards, spans in zip(token_level_rewards, turns, strict=True)
    ]
    advantages = torch.zeros_like(token_level_rewards, dtype=torch.float32)
    for row, (spans, values) in enumerate(zip(turns, credit(episodes, tasks, gamma), strict=True)):
        for (start, end), value in zip(spans, values, strict=True):
            advantages[row, start:end] = value
    return advantages, advantages.clone()


def _as_they_are(
    episodes: Sequence[Sequence[float]], _groups: Sequence[Hashable], _gamma: float
) -> list[list[float]]:
    return [list(values) for values in episodes]
