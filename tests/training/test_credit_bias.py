"""Every estimator against the exactly enumerated gradient: exact expectations, nothing sampled."""

import itertools
import math
from dataclasses import replace

import pytest

from training.credit import ESTIMATORS
from training.credit.baselines import leave_one_out
from training.credit.tabular import (
    Process,
    compare,
    episodes,
    exact_gradient,
    expected_flat,
    expected_tree,
    make_process,
)

GAMMA, GROUP = 0.4, 4
FIXED, EARLY = make_process(1), make_process(10, early_stop=True)
PROCESSES = {"fixed length": FIXED, "early stop": EARLY}


def expected_return(process: Process, gamma: float) -> float:
    return sum(
        one.chance * gamma**turn * reward
        for one in episodes(process)
        for turn, reward in enumerate(one.rewards)
    )


@pytest.mark.parametrize("process", PROCESSES.values(), ids=PROCESSES)
@pytest.mark.parametrize("gamma", [1.0, GAMMA])
def test_the_enumerated_gradient_is_the_slope_of_the_expected_return(
    process: Process, gamma: float
) -> None:
    """By finite differences of each logit; with a discount that is the aggregated objective."""
    slopes = []
    for state, action in (
        (s, a) for s, shares in process.policy.items() for a in range(len(shares))
    ):
        moved = []
        for step in (1e-5, -1e-5):
            raised = [
                share * math.exp(step if other == action else 0)
                for other, share in enumerate(process.policy[state])
            ]
            shares = tuple(value / sum(raised) for value in raised)
            policy = {**process.policy, state: shares}
            moved.append(expected_return(replace(process, policy=policy), gamma))
        slopes.append((moved[0] - moved[1]) / 2e-5)
    assert exact_gradient(process, gamma, aggregated=True) == pytest.approx(slopes, abs=1e-8)
    if gamma == 1:
        assert exact_gradient(process, gamma) == pytest.approx(slopes, abs=1e-8)


def test_the_processes_are_what_they_are_meant_to_be() -> None:
    for process in PROCESSES.values():
        assert sum(one.chance for one in episodes(process)) == pytest.approx(1)
    assert {len(one.actions) for one in episodes(FIXED)} == {3}
    assert {len(one.actions) for one in episodes(EARLY)} == {1, 2, 3}


@pytest.mark.parametrize("process", PROCESSES.values(), ids=PROCESSES)
@pytest.mark.parametrize(
    ("name", "gamma"),
    [("turn_loo", GAMMA), ("turn_loo", 1.0), ("trajectory_loo", 1.0), ("aggregated_loo", 1.0)],
)
def test_what_is_documented_as_unbiased_is(process: Process, name: str, gamma: float) -> None:
    found = compare(
        expected_flat(process, ESTIMATORS[name], GROUP, gamma), exact_gradient(process, gamma)
    )
    assert found.cosine >= 0.999
    assert found.scale == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "fixed", "early"),
    [
        ("aggregated_loo", 0.8364, 0.9269),
        ("trajectory_loo", 0.9087, 0.9595),
        ("turn_mean", 1.0, 0.9922),
        ("turn_mean_std", 0.9099, 0.9672),
        ("pooled_mean", 0.9945, 0.9995),
        ("pooled_mean_std", 0.9881, 0.9982),
    ],
)
def test_what_is_documented_as_biased_is_by_this_much(
    name: str, fixed: float, early: float
) -> None:
    for process, cosine in ((FIXED, fixed), (EARLY, early)):
        estimate = expected_flat(process, ESTIMATORS[name], GROUP, GAMMA)
        assert compare(estimate, exact_gradient(process, GAMMA)).cosine == pytest.approx(
            cosine, abs=0.0002
        )


def test_a_baseline_that_holds_the_value_itself_only_shrinks_turns_that_all_reach() -> None:
    estimate = expected_flat(FIXED, ESTIMATORS["turn_mean"], GROUP, GAMMA)
    assert compare(estimate, exact_gradient(FIXED, GAMMA)).scale == pytest.approx(0.75)


@pytest.mark.parametrize("process", PROCESSES.values(), ids=PROCESSES)
def test_the_aggregated_return_is_unbiased_for_an_objective_of_its_own(process: Process) -> None:
    estimate = expected_flat(process, ESTIMATORS["aggregated_loo"], GROUP, GAMMA)
    own = compare(estimate, exact_gradient(process, GAMMA, aggregated=True))
    assert own.cosine >= 0.999
    assert own.scale == pytest.approx(1, abs=1e-6)
    assert compare(estimate, exact_gradient(process, GAMMA)).scale < 0.8


@pytest.mark.parametrize("process", PROCESSES.values(), ids=PROCESSES)
def test_trees_weighted_by_their_nodes_are_unbiased_and_equal_weights_are_not(
    process: Process,
) -> None:
    exact = exact_gradient(process, GAMMA)
    weighted = compare(expected_tree(process, 2, GAMMA), exact)
    assert weighted.cosine >= 0.999
    assert weighted.scale == pytest.approx(1, abs=1e-6)
    equal = compare(expected_tree(process, 2, GAMMA, "equal"), exact)
    assert 0.90 < equal.cosine < 0.93
    assert equal.scale > 1.1


def test_stopping_at_the_siblings_mean_changes_what_is_learned() -> None:
    stopped = expected_tree(EARLY, 2, GAMMA, mean_stop=0.6)
    assert compare(stopped, exact_gradient(EARLY, GAMMA)).cosine < 0.8


def test_a_lone_turn_keeps_its_value_because_dropping_it_is_biased() -> None:
    """In a pair, where others often end before."""

    def lone_is_nothing(rewards, groups, gamma):
        values = ESTIMATORS["turn_loo"](rewards, groups, gamma)
        reached = list(itertools.zip_longest(*rewards))
        for turn, column in enumerate(reached):
            if sum(value is not None for value in column) == 1:
                values[next(i for i, value in enumerate(column) if value is not None)][turn] = 0.0
        return values

    exact = exact_gradient(EARLY, GAMMA)
    assert compare(expected_flat(EARLY, lone_is_nothing, 2, GAMMA), exact).cosine < 0.999
    assert compare(expected_flat(EARLY, ESTIMATORS["turn_loo"], 2, GAMMA), exact).cosine >= 0.999
    assert leave_one_out([0.7]) == [0.7]
