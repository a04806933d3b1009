"""Metrics of one training batch, pooled from the counts of its episodes.

Place in the flow: episodes -> here -> tracker (W&B and metrics.jsonl) -> summary and report. Rates
are computed from pooled counts, never averaged over averages, and every key is there in every
batch.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence

from agent_env import pool
from agent_env.referee import Rate


def batch_metrics(
    counts: Sequence[Mapping[str, float]],
    rewards: Sequence[Sequence[float]],
    groups: Sequence[Hashable],
    rates: Sequence[Rate] = (),
) -> dict[str, float]:
    """Everything that is logged about a batch of episodes.

    Args:
        counts: ``ToolEnv.metrics()`` of each episode.
        rewards: Rewards per turn of each episode as they are trained on; ``batch_reward/*`` is what
            the environment paid, as in ``rollouts.jsonl``.
        groups: Task of each episode.
        rates: What the domain derives from its episodes' counts.
    """
    kept = [i for i, episode in enumerate(counts) if not episode["infra_error"]]
    paid = [counts[i]["reward/total"] for i in kept]
    trained = [sum(rewards[i]) for i in kept]
    metrics = dict(pool(counts, rates))
    metrics |= {f"batch_reward/{name}": value for name, value in _spread(paid).items()}
    metrics |= _groups(trained, [groups[i] for i in kept])
    metrics |= _outcome_and_lost_calls([counts[i] for i in kept])
    return metrics


def _spread(values: Sequence[float]) -> dict[str, float]:
    """Mean, standard deviation, extremes and percentiles; zeros for no values."""
    if not values:
        return dict.fromkeys(("mean", "std", "min", "max", "p10", "p50", "p90"), 0.0)
    ordered = sorted(values)

    def percentile(share: float) -> float:
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    return {
        "mean": statistics.fmean(ordered),
        "std": statistics.pstdev(ordered),
        "min": ordered[0],
        "max": ordered[-1],
        "p10": percentile(0.1),
        "p50": percentile(0.5),
        "p90": percentile(0.9),
    }


def _groups(totals: Sequence[float], groups: Sequence[Hashable]) -> dict[str, float]:
    """Share of tasks whose episodes all earned the same: those teach nothing in this batch."""
    by_group: dict[Hashable, list[float]] = defaultdict(list)
    for total, group in zip(totals, groups, strict=True):
        by_group[group].append(total)
    flat = sum(max(values) - min(values) < 1e-9 for values in by_group.values())
    return {"reward/frac_zero_std_groups": flat / len(by_group) if by_group else 0.0}


def _outcome_and_lost_calls(counts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Success with and without lost calls; if losing calls pays, the environment is wrong."""
    lost = [c["reward/success"] for c in counts if c["parse/malformed"]]
    clean = [c["reward/success"] for c in counts if not c["parse/malformed"]]
    return {
        "success_rate_without_lost_calls": statistics.fmean(clean) if clean else 0.0,
        "success_rate_with_lost_calls": statistics.fmean(lost) if lost else 0.0,
    }
