"""Credit: formulas against values worked out by hand, and an exactly enumerated policy gradient."""

import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.credit import leave_one_out, returns_to_go, turn_leave_one_out, turn_spans

REWARDS = st.lists(st.floats(-5, 5), max_size=6)


def test_return_to_go_discounts_later_turns() -> None:
    assert returns_to_go([0.0, 0.0, 2.3], gamma=0.4) == pytest.approx([0.368, 0.92, 2.3])
    assert returns_to_go([]) == []


@given(REWARDS, st.floats(0, 1))
def test_return_to_go_obeys_its_recursion(rewards: list[float], gamma: float) -> None:
    returns = returns_to_go(rewards, gamma)
    for turn, reward in enumerate(rewards):
        later = returns[turn + 1] if turn + 1 < len(rewards) else 0.0
        assert returns[turn] == pytest.approx(reward + gamma * later)


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=9))
def test_leave_one_out_sums_to_zero_and_subtracts_the_others(values: list[float]) -> None:
    advantages = leave_one_out(values)
    assert sum(advantages) == pytest.approx(0, abs=1e-9)
    assert advantages[0] == pytest.approx(values[0] - sum(values[1:]) / (len(values) - 1))


def test_a_lone_value_is_its_own_advantage() -> None:
    assert leave_one_out([0.7]) == [0.7]


def test_turns_are_compared_with_those_of_the_same_task_that_got_as_far() -> None:
    episodes = [[0.0, 1.0], [-0.5], [2.0], []]
    assert turn_leave_one_out(episodes, ["a", "a", "b", "a"]) == [[1.5, 1.0], [-1.5], [2.0], []]


def test_an_episode_left_out_of_the_loss_is_in_no_baseline() -> None:
    kept = [[1.0, 0.5], [0.0, 0.0]]
    assert turn_leave_one_out([*kept, []], ["t"] * 3)[:2] == turn_leave_one_out(kept, ["t"] * 2)


def test_groups_and_episodes_must_match() -> None:
    with pytest.raises(ValueError, match="1 episodes and 0 groups"):
        turn_leave_one_out([[1.0]], [])


@given(st.lists(st.integers(0, 1), max_size=30))
def test_spans_are_exactly_the_runs_of_ones(mask: list[int]) -> None:
    covered = [0] * len(mask)
    spans = turn_spans(mask)
    for start, end in spans:
        assert start < end
        covered[start:end] = [1] * (end - start)
    assert covered == mask
    assert all(left[1] < right[0] for left, right in itertools.pairwise(spans))


def test_the_estimator_points_along_the_enumerated_gradient() -> None:
    """Two turns, one weight per state; a turn ends the episode when it fails, as in ours."""
    weights = {"start": 0.3, "second": -0.2}

    def p(state: str) -> float:
        return 1 / (1 + math.exp(-weights[state]))

    # Exact gradient of the expected return: reward 0.2 for a good first turn, 1 for a good second.
    start, second = p("start"), p("second")
    exact = [start * (1 - start) * (0.2 + second), start * second * (1 - second)]
    rng, total, rounds, size = random.Random(0), [0.0, 0.0], 4000, 4
    for _ in range(rounds):
        actions, episodes = [], []
        for _ in range(size):
            first = rng.random() < start
            then = rng.random() < second
            actions.append([first, then] if first else [first])
            episodes.append([0.2, float(then)] if first else [0.0])
        for taken, values in zip(actions, turn_leave_one_out(episodes, ["t"] * size), strict=True):
            for turn, (action, advantage) in enumerate(zip(taken, values, strict=True)):
                total[turn] += advantage * ((1.0 if action else 0.0) - (start, second)[turn])
    estimate = [value / rounds / size for value in total]
    cosine = sum(a * b for a, b in zip(exact, estimate, strict=True)) / (
        math.hypot(*exact) * math.hypot(*estimate)
    )
    assert cosine > 0.995
    assert math.hypot(*estimate) == pytest.approx(math.hypot(*exact), rel=0.06)
