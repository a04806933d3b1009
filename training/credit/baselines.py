"""Advantages of episodes that are compared with others of the same task.

Place in the flow: rewards of the environment -> here -> the advantage that SkyRL trains on
(``training/estimator.py`` does the tensor side). Every function has the same shape: rewards per
turn of each episode and the task of each in, one advantage per turn of each episode out. An episode
without turns (left out of the loss) takes part in no baseline.

What is unbiased here is so up to one positive factor for all turns: it points along the gradient of
the expected return-to-go of every turn. What is not says why. All of them are held against an
exactly enumerated gradient by ``tests/training/test_credit_bias.py``, and
``benchmarks/credit_bias.py`` prints how they fare.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence

from training.credit.returns import aggregated_return, returns_to_go

Advantages = list[list[float]]
Estimator = Callable[[Sequence[Sequence[float]], Sequence[Hashable], float], Advantages]
"""Advantages of episodes, given their rewards, their tasks and gamma; ValueError when they differ
in number."""
Compare = Callable[[Sequence[float]], list[float]]


def leave_one_out(values: Sequence[float]) -> list[float]:
    """Each value less the mean of the others; a lone value is kept as it is.

    Keeping the lone value (instead of 0) leaves the gradient unbiased: its baseline is simply 0.
    """
    if len(values) < 2:
        return list(values)
    total, others = sum(values), len(values) - 1
    return [value - (total - value) / others for value in values]


def less_mean(values: Sequence[float]) -> list[float]:
    """Each value less the mean of all, itself included.

    That is leave-one-out times (n-1)/n, so small groups count less than large ones.
    """
    mean = statistics.fmean(values) if values else 0.0
    return [value - mean for value in values]


def standardised(values: Sequence[float]) -> list[float]:
    """Each value less the mean of all, over their sample standard deviation.

    A group counts more the more evenly it went, and the chance of what happened in it changes its
    weight: the largest single distortion of the gradient that is in common use.
    """
    if len(values) < 2:
        return [0.0] * len(values)
    deviation = statistics.stdev(values)
    return [value / (deviation + 1e-6) for value in less_mean(values)]


def turn_leave_one_out(
    episodes: Sequence[Sequence[float]], groups: Sequence[Hashable], gamma: float = 1.0
) -> Advantages:
    """Unbiased: return-to-go less that of the others of the task that reached the turn (TRLOO).

    Args:
        episodes: Rewards per turn of each episode.
        groups: The task each episode belongs to, one per episode.
        gamma: Discount per turn.

    Raises:
        ValueError: ``groups`` and ``episodes`` differ in length.
    """
    return _per_turn(episodes, groups, gamma, leave_one_out)


def turn_mean(
    episodes: Sequence[Sequence[float]], groups: Sequence[Hashable], gamma: float = 1.0
) -> Advantages:
    """Biased a little: as TRLOO, but the baseline holds the turn itself.

    Turns that few episodes reach count (n-1)/n as much, and one that a lone episode reaches not at
    all. Where every episode has the same length that is one factor, and no bias in direction.
    """
    return _per_turn(episodes, groups, gamma, less_mean)


def turn_mean_std(
    episodes: Sequence[Sequence[float]], groups: Sequence[Hashable], gamma: float = 1.0
) -> Advantages:
    """Biased: ``turn_mean`` over the standard deviation of the turn's group."""
    return _per_turn(episodes, groups, gamma, standardised)


def pooled_mean(
    episodes: Sequence[Sequence[float]], groups: Sequence[Hashable], gamma: float = 1.0
) -> Advantages:
    """Biased: one baseline for all turns of a task, first and last alike.

    The baseline of a turn then holds later turns of its own episode, which depend on it.
    """
    return _pooled(episodes, groups, gamma, less_mean)


def pooled_mean_std(
    episodes: Sequence[Sequence[float]], groups: Sequence[Hashable], gamma: float = 1.0
) -> Advantages:
    """Biased: ``pooled_mean`` over the standard deviation of all turns of the task."""
    return _pooled(episodes, groups, gamma, standardised)


def trajectory_leave_one_out(
    episodes: Sequence[Sequence[float]], groups: Sequence[Hashable], gamma: float = 1.0
) -> Advantages:
    """Unbiased for gamma 1 alone: what the whole episode earned less that of the others.

    Every turn has it, so it is noisier than TRLOO: what was earned before a turn is credited to the
    turn as well. It knows no discount, so ``gamma`` is not used; a run refuses any but 1 with it.
    """
    del gamma
    return aggregated_leave_one_out(episodes, groups, 1.0)


def aggregated_leave_one_out(
    episodes: Sequence[Sequence[float]], groups: Sequence[Hashable], gamma: float = 1.0
) -> Advantages:
    """Biased below gamma 1: the aggregated return less that of the others, for every turn.

    It is unbiased for the expected aggregated return, which is another objective.
    """
    return _whole(episodes, groups, gamma, leave_one_out)


def _per_turn(
    episodes: Sequence[Sequence[float]],
    groups: Sequence[Hashable],
    gamma: float,
    compare: Compare,
) -> Advantages:
    """Returns-to-go, compared within (task, turn)."""
    returns = [returns_to_go(rewards, gamma) for rewards in episodes]
    return _compared(returns, groups, lambda group, turn: (group, turn), compare)


def _pooled(
    episodes: Sequence[Sequence[float]],
    groups: Sequence[Hashable],
    gamma: float,
    compare: Compare,
) -> Advantages:
    """Returns-to-go, compared within the task, whatever the turn."""
    returns = [returns_to_go(rewards, gamma) for rewards in episodes]
    return _compared(returns, groups, lambda group, _turn: group, compare)


def _whole(
    episodes: Sequence[Sequence[float]],
    groups: Sequence[Hashable],
    gamma: float,
    compare: Compare,
) -> Advantages:
    """One value an episode, compared within the task and given to each of its turns."""
    totals = [[aggregated_return(rewards, gamma)] if rewards else [] for rewards in episodes]
    compared = _compared(totals, groups, lambda group, _turn: group, compare)
    return [value * len(rewards) for value, rewards in zip(compared, episodes, strict=True)]


def _compared(
    values: Sequence[Sequence[float]],
    groups: Sequence[Hashable],
    key: Callable[[Hashable, int], Hashable],
    compare: Compare,
) -> Advantages:
    """``compare`` of the values that share a key, in the shape of ``values``."""
    if len(values) != len(groups):
        raise ValueError(
            f"got {len(values)} episodes and {len(groups)} groups; each episode needs its own"
        )
    peers: dict[Hashable, list[tuple[int, int]]] = defaultdict(list)
    for index, (group, row) in enumerate(zip(groups, values, strict=True)):
        for turn in range(len(row)):
            peers[key(group, turn)].append((index, turn))
    advantages = [list(row) for row in values]
    for members in peers.values():
        compared = compare([values[index][turn] for index, turn in members])
        for (index, turn), value in zip(members, compared, strict=True):
            advantages[index][turn] = value
    return advantages
