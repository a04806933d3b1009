"""From paired times to a speed-up that can be believed, or is marked noisy.

Place in the flow: `timing` measures, this module sums up.

    speed-up = median over pairs of baseline / candidate
    interval = speed-up times or over exp(SURE sqrt(s^2 + PROCESSES^2)), s the bootstrap's deviation

What it does not do: no measuring.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from agent_env.kernels.verdict import Timing

DISAGREEMENT = 0.05
"""How far apart, as a share, the estimates of one speed-up may be."""
BOOTSTRAPS = 400
PROCESSES = 0.007
"""How far apart, as a share, two processes with the same code are that never come together.

Their memory lies elsewhere, so that caches hit each other differently; more pairs do not tell.
"""
SURE = 2.5
"""Standard deviations on each side of an interval that is to hold the truth in 95 % of runs.

More than 1.96, for pairs have long tails, and timing ends when an interval happens to be narrow.
Both numbers come from a kernel against itself on a full machine, see `benchmarks/bench_kernels.py`.
"""


def summarise(reference_us: Sequence[float], candidate_us: Sequence[float]) -> Timing:
    """The estimates of paired times, and whether they agree.

    Args:
        reference_us: The baseline's times; at least one.
        candidate_us: The candidate's in the same pairs.
    """
    ratios = [ours / theirs for ours, theirs in zip(reference_us, candidate_us, strict=True)]
    speedup = statistics.median(ratios)
    half = math.exp(SURE * math.hypot(deviation([math.log(one) for one in ratios]), PROCESSES))
    low, high = speedup / half, speedup * half
    estimates = (
        speedup,
        statistics.median(reference_us) / statistics.median(candidate_us),
        min(reference_us) / min(candidate_us),
    )
    apart = max(estimates) / min(estimates) - 1.0
    # What another sound way of estimating says of the same times is not ruled out either.
    low, high = min(low, *estimates[:2]), max(high, *estimates[:2])
    return Timing(
        reference_us=statistics.median(reference_us),
        candidate_us=statistics.median(candidate_us),
        speedup_x=speedup,
        speedup_ci=(low, high),
        is_performance=True,
        noisy=apart > DISAGREEMENT or (high - low) / speedup > 2 * DISAGREEMENT,
        pairs=len(ratios),
    )


def deviation(values: Sequence[float]) -> float:
    """The standard deviation of the median, by resampled stretches of neighbouring values.

    What disturbs a machine lasts longer than a pair, so that pairs alone are not independent.
    """
    import torch

    length = math.isqrt(len(values))
    starts = (BOOTSTRAPS, -(-len(values) // length), 1)
    generator = torch.Generator().manual_seed(0)
    drawn = torch.randint(len(values) - length + 1, starts, generator=generator)
    drawn = (drawn + torch.arange(length)).flatten(1)
    medians = torch.tensor(values, dtype=torch.float64)[drawn].quantile(0.5, dim=1)
    return float(medians.std())
