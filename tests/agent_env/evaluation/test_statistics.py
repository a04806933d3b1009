from __future__ import annotations

from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_env.evaluation.statistics import bootstrap_mean, pass_hat_k, percentile, wilson


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # As published tables have them.
        (0, 10, 0.0, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0),
        (81, 263, 0.2553, 0.3662),
        (0, 0, 0.0, 1.0),
    ],
)
def test_wilson(successes: int, trials: int, low: float, high: float) -> None:
    assert wilson(successes, trials) == (
        pytest.approx(low, abs=1e-4),
        pytest.approx(high, abs=1e-4),
    )


@given(st.integers(1, 7), st.data())
def test_pass_hat_k_is_the_share_of_draws_that_all_succeed(
    trials: int, data: st.DataObject
) -> None:
    successes = data.draw(st.integers(0, trials))
    k = data.draw(st.integers(1, trials))
    draws = list(combinations([True] * successes + [False] * (trials - successes), k))
    assert pass_hat_k(successes, trials, k) == pytest.approx(sum(map(all, draws)) / len(draws))


def test_pass_hat_k_is_unbiased() -> None:
    random, share, runs = Random(0), 0.7, 4000
    found = [pass_hat_k(sum(random.random() < share for _ in range(4)), 4, 3) for _ in range(runs)]
    assert sum(found) / runs == pytest.approx(share**3, abs=0.02)


@pytest.mark.parametrize("k", [0, 3])
def test_pass_hat_k_needs_k_trials(k: int) -> None:
    with pytest.raises(ValueError, match="needs at least"):
        pass_hat_k(1, 2, k)


def test_the_bootstrap_covers_the_mean_as_often_as_it_says() -> None:
    random, covered, runs = Random(1), 0, 200
    for _ in range(runs):
        values = [float(random.random() < 0.5) for _ in range(60)]
        low, high = bootstrap_mean(values, resamples=200)
        covered += low <= 0.5 <= high
    assert 0.89 <= covered / runs <= 0.99


def test_the_bootstrap_gives_the_same_interval_again() -> None:
    values = [0.0, 1.0, 1.0, 0.5]
    assert bootstrap_mean(values) == bootstrap_mean(values)
    assert bootstrap_mean([0.4] * 5) == (pytest.approx(0.4), pytest.approx(0.4))
    assert bootstrap_mean([]) == (0.0, 1.0)


def test_percentiles() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert [percentile(values, share) for share in (0.0, 0.5, 0.95, 1.0)] == [1, 50, 95, 100]
    assert percentile([], 0.5) == 0
