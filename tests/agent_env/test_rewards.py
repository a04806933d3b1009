from __future__ import annotations

from dataclasses import fields

import pytest

from agent_env import RewardWeights
from agent_env.rewards import COMPONENTS, TurnEvents, score

QUIET = TurnEvents(is_malformed=False, is_first_lookup=False, progress_frac=0.0, is_success=False)


def test_every_component_has_a_weight() -> None:
    assert set(COMPONENTS) == {weight.name for weight in fields(RewardWeights)}


@pytest.mark.parametrize(
    ("events", "name", "value"),
    [
        (QUIET._replace(is_success=True), "outcome", 1.0),
        (QUIET._replace(is_malformed=True), "parse", -0.5),
        (QUIET._replace(is_first_lookup=True), "lookup", 0.15),
        (QUIET._replace(progress_frac=0.5), "progress", 0.075),
    ],
)
def test_each_event_moves_its_own_component(events: TurnEvents, name: str, value: float) -> None:
    assert score(events, RewardWeights()) == {**dict.fromkeys(COMPONENTS, 0.0), name: value}


def test_nothing_is_never_minus_zero() -> None:
    assert [str(value) for value in score(QUIET, RewardWeights()).values()] == ["0.0"] * len(
        COMPONENTS
    )


@pytest.mark.parametrize(
    "weights", [{"outcome": float("nan")}, {"lookup": float("inf")}, {"parse": 0.1}]
)
def test_weights_that_cannot_train_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"RewardWeights.{next(iter(weights))} is"):
        RewardWeights(**weights)
