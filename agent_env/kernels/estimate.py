"""From paired times to a speed-up that can be believed, or is marked noisy.

Place in the flow: `timing` measures, this module sums up.

    speed-up = median over pairs of baseline / candidate

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


def summarise(reference_us: Sequence[float], candidate_us: Sequence[float]) -> Timing:
    """The estimates of paired times, and whether they agree.

    Args:
        reference_us: The baseline's times; at least one.
        candidate_us: The candidate's in the same pairs.
    """
    ratios = [ours / theirs for ours, theirs in zip(reference_us, candidate_us, strict=True)]
    speedup = statistics.median(ratios)
    low, high = bootstrap(ratios)
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


def bootstrap(ratios: Sequence[float]) -> tuple[float, float]:
    """The 95 % interval of the median, over resampled stretches of neighbouring pairs.

    What disturbs a machine lasts longer than a pair, so that pairs alone are not independent.
    """
    import torch

    values = torch.tensor(ratios, dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    length = math.isqrt(len(ratios))
    starts = (BOOTSTRAPS, -(-len(ratios) // length), 1)
    drawn = torch.randint(len(ratios) - length + 1, starts, generator=generator)
    drawn = (drawn + torch.arange(length)).flatten(1)
    medians = values[drawn].quantile(0.5, dim=1)
    low, high = medians.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return low, high
