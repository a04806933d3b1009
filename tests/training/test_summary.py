"""The summary: first batch against the mean of the last three, and which figures were missed."""

from typing import Any

import pytest

from training.summary import missed_targets, summarize


def row(step: int, parse: float, success: float, **more: float) -> dict[str, Any]:
    return {
        "step": step,
        "episodes": 8,
        "parse_failure_rate": parse,
        "strict_failure_rate": 1.0,
        "zero_reward_rate": 1 - success,
        "success_rate": success,
        **more,
    }


DIFF = "policy/rollout_train_logprobs_abs_diff_max"
GOOD = [
    row(1, 0.95, 0.0, **{DIFF: 1e-6}),
    row(2, 0.5, 0.3, **{DIFF: 3e-6}),
    row(3, 0.06, 0.9),
    row(4, 0.03, 0.6),
    row(5, 0.09, 0.9),
]


def test_first_is_the_first_batch_and_last_the_mean_of_three() -> None:
    summary = summarize(GOOD, seed=4, wall_s=12.34)
    assert (summary["seed"], summary["steps"], summary["wall_s"]) == (4, 5, 12.3)
    assert summary["parse_failure_rate"] == {"first": 0.95, "last": pytest.approx(0.06)}
    assert summary["success_rate"] == {"first": 0.0, "last": pytest.approx(0.8)}
    assert summary["logprob_diff_max"] == 3e-6
    assert missed_targets(summary) == []


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([row(1, 0.85, 0.0), *GOOD[1:]], "parse_failure_rate first is 0.850, expected above 0.85"),
        ([*GOOD[:-1], row(5, 0.25, 0.9)], "parse_failure_rate last is 0.113, expected below 0.10"),
        ([row(1, 0.95, 0.06), *GOOD[1:]], "success_rate first is 0.060, expected below 0.05"),
        ([*GOOD[:-1], row(5, 0.09, 0.0)], "success_rate last is 0.500, expected above 0.50"),
    ],
)
def test_a_missed_figure_is_named_with_its_bound(rows: list[dict[str, Any]], said: str) -> None:
    assert missed_targets(summarize(rows, seed=0, wall_s=1)) == [said]


def test_a_batch_in_which_no_episode_ran_has_no_rate_and_a_gap_is_refused() -> None:
    empty = row(5, 0.0, 0.0) | {"episodes": 0}
    assert summarize([*GOOD[:4], empty], seed=0, wall_s=1)["success_rate"]["last"] == (
        pytest.approx((0.3 + 0.9 + 0.6) / 3)
    )
    with pytest.raises(ValueError, match="lacks step 3"):
        summarize([*GOOD[:2], *GOOD[3:]], seed=0, wall_s=1)
    with pytest.raises(ValueError, match="every episode failed"):
        summarize([empty | {"step": 1}], seed=0, wall_s=1)


def test_a_run_without_steps_has_no_summary() -> None:
    with pytest.raises(ValueError, match="no step"):
        summarize([], seed=0, wall_s=1)
