"""``summary.json``: where a run began and where it ended, from its metrics alone.

Place in the flow: ``metrics.jsonl`` -> here -> summary, final table, exit status. "first" is the
first batch, "last" the mean of the last three: one lucky batch is no result.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training import jsonl

LOGPROB_DIFF_KEY = "policy/rollout_train_logprobs_abs_diff_max"
"""SkyRL's name for the largest difference of sampled and trained log-probabilities in a step."""

RATES = ("parse_failure_rate", "strict_failure_rate", "zero_reward_rate", "success_rate")
LAST_BATCHES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a CPU run must reach: ``rate`` at its ``end`` (first, last) on one side of ``bound``."""

    rate: str
    end: str
    above: bool
    bound: float


TARGETS = (
    Target(rate="parse_failure_rate", end="first", above=True, bound=0.85),
    Target(rate="parse_failure_rate", end="last", above=False, bound=0.10),
    Target(rate="success_rate", end="first", above=False, bound=0.05),
    Target(rate="success_rate", end="last", above=True, bound=0.50),
)


def summarize(rows: Sequence[Mapping[str, Any]], *, seed: int, wall_s: float) -> dict[str, Any]:
    """The summary of a run.

    Args:
        rows: Metrics of each step, at least one.
        seed: The run's seed.
        wall_s: Seconds the run took, all its sessions together, installation excluded.

    Raises:
        ValueError: There is no row, a step is missing, or no episode ran.
    """
    if not rows:
        raise ValueError("metrics.jsonl holds no step, so there is nothing to summarise")
    missing = set(range(1, int(rows[-1]["step"]) + 1)) - {int(row["step"]) for row in rows}
    if missing:
        raise ValueError(f"metrics.jsonl lacks step {min(missing)}; it was edited or damaged")
    ran = [row for row in rows if row["episodes"]]
    if not ran:
        raise ValueError("every episode failed in the environment, so there is no rate")
    summary: dict[str, Any] = {"seed": seed, "steps": len(rows), "wall_s": round(wall_s, 1)}
    for rate in RATES:
        last = statistics.fmean(row[rate] for row in ran[-LAST_BATCHES:])
        summary[rate] = {"first": ran[0][rate], "last": last}
    differences = [row[LOGPROB_DIFF_KEY] for row in rows if LOGPROB_DIFF_KEY in row]
    summary["logprob_diff_max"] = max(differences, default=None)
    return summary


def write_summary(summary: Mapping[str, Any], path: Path) -> None:
    """Write it whole or not at all."""
    jsonl.replace(path, json.dumps(summary, indent=2) + "\n")


def missed_targets(summary: Mapping[str, Any]) -> list[str]:
    """One sentence for each figure that the run did not reach."""
    missed = []
    for target in TARGETS:
        value = summary[target.rate][target.end]
        if (value <= target.bound) if target.above else (value >= target.bound):
            side = "above" if target.above else "below"
            missed.append(
                f"{target.rate} {target.end} is {value:.3f}, expected {side} {target.bound:.2f}"
            )
    return missed
