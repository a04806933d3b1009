"""Intervals for shares, and pass^k: how likely a task is solved in each of k trials.

Place in the flow: `summary` asks; all of it is plain arithmetic.

What it does not do: no model of anything; the bootstrap draws with a fixed seed, so that the same
episodes give the same interval.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

Interval = tuple[float, float]
RESAMPLES = 1000


def wilson(successes: int, trials: int, z: float = 1.96) -> Interval:
    """The Wilson score interval of a share; (0, 1) without any trial.

    Args:
        successes: How many.
        trials: Of how many, taken as independent.
        z: Of the normal distribution; 1.96 for 95 %.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference,
    Journal of the American Statistical Association 22 (1927).
    """
    if not trials:
        return 0.0, 1.0
    share = successes / trials
    scale = 1 + z * z / trials
    centre = (share + z * z / (2 * trials)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return max(0.0, centre - half), min(1.0, centre + half)


def pass_hat_k(successes: int, trials: int, k: int) -> float:
    """The unbiased estimate of the chance that k trials of a task all succeed.

    The share of all draws of k of the trials in which each one is a success.

    Args:
        successes: Of the trials.
        trials: At least k.
        k: At least 1.

    Raises:
        ValueError: Fewer trials than k.

    Source: S. Yao et al., tau-bench, arXiv 2406.12045, section 3.
    """
    if not 1 <= k <= trials:
        raise ValueError(f"pass^{k} needs at least {k} trials, got {trials}.")
    return math.comb(successes, k) / math.comb(trials, k)


def bootstrap_mean(values: Sequence[float], resamples: int = RESAMPLES) -> Interval:
    """The 95 % percentile interval of the mean, drawing values with replacement.

    Tasks are drawn, not episodes: the trials of one task resemble each other. (0, 1) without any
    value.
    """
    if not values:
        return 0.0, 1.0
    random = Random(0)
    count = len(values)
    means = sorted(sum(random.choices(values, k=count)) / count for _ in range(resamples))
    return means[int(0.025 * resamples)], means[min(resamples - 1, int(0.975 * resamples))]


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies, by the nearest rank; 0 without any."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]
