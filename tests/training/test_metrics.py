"""Batch metrics: pooled counts, the spread of rewards, and episodes that do not count."""

from typing import Any

import pytest

from agent_env import episode_keys
from training.metrics import batch_metrics


def counts(**changed: float) -> dict[str, float]:
    base = dict.fromkeys(episode_keys(), 0.0) | {"episodes": 1.0}
    return base | {key.replace("__", "/"): value for key, value in changed.items()}


GOOD = counts(parse__turns=3, reward__success=1, reward__total=1.3)
LOST = counts(parse__turns=4, parse__malformed=4, reward__zero=1, reward__total=-2.0)
SPOILT = counts(infra_error=1, parse__turns=2, parse__malformed=2)


def measured(*episodes: tuple[dict[str, float], list[float], str]) -> dict[str, Any]:
    return batch_metrics(*(list(part) for part in zip(*episodes, strict=True)))


def test_failure_is_pooled_over_turns_and_not_over_episodes() -> None:
    metrics = measured((GOOD, [0.15, 0.15, 1.0], "a"), (LOST, [-0.5] * 4, "a"))
    assert metrics["parse_failure_rate"] == pytest.approx(4 / 7)
    assert metrics["success_rate"] == 0.5
    assert metrics["zero_reward_rate"] == 0.5
    assert metrics["batch_reward/mean"] == pytest.approx((1.3 - 2) / 2)
    assert (metrics["batch_reward/min"], metrics["batch_reward/max"]) == (-2.0, 1.3)
    assert metrics["success_rate_without_lost_calls"] == 1
    assert metrics["success_rate_with_lost_calls"] == 0


def test_a_spoilt_episode_counts_nowhere_but_under_its_name() -> None:
    good = (GOOD, [1.3], "a")
    without = measured(good)
    metrics = measured(good, (SPOILT, [], "a"))
    assert metrics.pop("infra_error") == 1
    assert without.pop("infra_error") == 0
    assert metrics == without


def test_groups_whose_episodes_all_earn_the_same_are_counted() -> None:
    flat = [(LOST, [-2.0], "flat"), (LOST, [-1.0, -1.0], "flat")]
    mixed = [(LOST, [-2.0], "mixed"), (GOOD, [1.3], "mixed")]
    assert measured(*flat, *mixed)["reward/frac_zero_std_groups"] == 0.5


def test_keys_do_not_depend_on_what_happened() -> None:
    some, other = measured((GOOD, [1.3], "a")), measured((SPOILT, [], "b"))
    assert set(some) == set(other)
    assert all(isinstance(value, int | float) for value in other.values())
