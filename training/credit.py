"""Credit for each turn of an episode: pure functions over lists, without torch or SkyRL.

Place in the flow: rewards of the environment -> credit -> the advantage that SkyRL trains on
(``training/estimator.py`` does the tensor side). Nothing is divided by a standard deviation, which
would weigh tasks by how evenly they go. ``tests/training/test_credit.py`` holds the estimator
against an exactly enumerated gradient; with a baseline per (task, turn) it is known as TRLOO.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence


def returns_to_go(rewards: Sequence[float], gamma: float = 1.0) -> list[float]:
    """For each turn, its reward and the discounted rewards of all later turns.

    Args:
        rewards: One per turn, in order.
        gamma: Discount per turn, 0 to 1.
    """
    total, result = 0.0, []
    for reward in reversed(rewards):
        total = reward + gamma * total
        result.append(total)
    return result[::-1]


def leave_one_out(values: Sequence[float]) -> list[float]:
    """Each value less the mean of the others; a lone value is kept as it is.

    Keeping the lone value (instead of 0) leaves the gradient unbiased: its baseline is simply 0.
    """
    if len(values) < 2:
        return list(values)
    total, others = sum(values), len(values) - 1
    return [value - (total - value) / others for value in values]


def turn_leave_one_out(
    episodes: Sequence[Sequence[float]], groups: Sequence[Hashable], gamma: float = 1.0
) -> list[list[float]]:
    """Advantage of every turn of every episode, in the shape of ``episodes``.

    The baseline of turn k is the mean return-to-go of the other episodes of the same group that
    reached turn k. An episode without turns (left out of the loss) takes no part in any baseline.

    Args:
        episodes: Rewards per turn of each episode.
        groups: The task each episode belongs to, one per episode.
        gamma: Discount per turn.

    Raises:
        ValueError: ``groups`` and ``episodes`` differ in length.
    """
    if len(episodes) != len(groups):
        raise ValueError(
            f"got {len(episodes)} episodes and {len(groups)} groups; each episode needs its own"
        )
    returns = [returns_to_go(rewards, gamma) for rewards in episodes]
    peers: dict[tuple[Hashable, int], list[int]] = defaultdict(list)
    for index, (group, values) in enumerate(zip(groups, returns, strict=True)):
        for turn in range(len(values)):
            peers[group, turn].append(index)
    advantages = [list(values) for values in returns]
    for (_, turn), members in peers.items():
        values = leave_one_out([returns[index][turn] for index in members])
        for index, value in zip(members, values, strict=True):
            advantages[index][turn] = value
    return advantages


def turn_spans(mask: Sequence[int]) -> list[tuple[int, int]]:
    """Start and end (exclusive) of every run of non-zero entries, left to right."""
    spans, start = [], None
    for position, value in enumerate(mask):
        if value and start is None:
            start = position
        elif not value and start is not None:
            spans.append((start, position))
            start = None
    return [*spans, (start, len(mask))] if start is not None else spans
