"""What a turn, or a whole episode, came to.

Place in the flow: rewards of the environment -> here -> ``baselines`` or ``tree``. The objective
that a run climbs is settled here: a baseline changes the noise of an estimate, a return its aim.
"""

from __future__ import annotations

from collections.abc import Sequence


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


def aggregated_return(rewards: Sequence[float], gamma: float = 1.0) -> float:
    """The sum of gamma^t r_t over the whole episode, t from 0.

    One number for all turns. Below gamma 1 it is another objective than the return-to-go: what the
    third turn earns weighs gamma^2 for that turn too, so late turns hardly learn from themselves.

    Args:
        rewards: One per turn, in order.
        gamma: Discount per turn, 0 to 1.
    """
    return sum(gamma**turn * reward for turn, reward in enumerate(rewards))
