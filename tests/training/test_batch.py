"""From what was played to what is trained: treatment before credit, and records that say both."""

from collections.abc import Mapping
from typing import Any

import pytest

from training.batch import Batch, Played, make_batch
from training.credit import ESTIMATORS, returns_to_go
from training.doctor import DoctorError
from training.generations import Generation
from training.turns import turn_metrics

LOOP = "again and again, "
TEXTS = {"short": "ok", "long": "I looked the order up for you.", "loop": "So: " + LOOP * 60}


def decode(ids: Any) -> str:
    return "".join(map(chr, ids))


def played(
    session: str,
    *turns: tuple[str, str, float],
    group: str = "t",
    infra: float = 0.0,
    forfeits: Mapping[int, float] | None = None,
) -> Played:
    """Turns as (text, stop reason, reward); a token a character, one observed token between."""
    taken = forfeits or {}
    ids: list[int] = []
    mask: list[int] = []
    rewards: list[float] = []
    for text, _, reward in turns:
        if ids:
            ids, mask, rewards = [*ids, 0], [*mask, 0], [*rewards, 0.0]
        ids += map(ord, text)
        mask += [0 if infra else 1] * len(text)
        rewards += [0.0] * (len(text) - 1) + [reward]
    record = [
        {"text": text, "status": "message", "components": {"outcome": taken.get(place, 0.0)}}
        for place, (text, _, _) in enumerate(turns)
    ]
    return Played(
        session=session,
        group=group,
        counts={"infra_error": infra},
        trajectory={"turns": record, "messages": []},
        generations=[
            Generation(prompt_tokens=50, response_tokens=len(text), stop_reason=stop)
            for text, stop, _ in turns
        ],
        ids=ids,
        loss_mask=mask,
        rewards=rewards,
        least_reward=-0.5,
        wants_code=False,
    )


def made(*episodes: Played, estimator: str = "turn_loo", gamma: float = 1.0) -> Batch:
    return make_batch(episodes, decode=decode, estimator=estimator, gamma=gamma)


PLAIN = (
    played("a", ("one turn", "stop", 0.25), ("and two", "stop", 1.0)),
    played("b", ("first", "stop", 0.0)),
    played("c", ("alone", "stop", 0.5), group="u"),
)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_what_is_clean_passes_unchanged_and_is_credited(estimator: str) -> None:
    batch = made(*PLAIN, estimator=estimator, gamma=0.5)
    assert [row.loss_mask for row in batch.rows] == [list(one.loss_mask) for one in PLAIN]
    assert [row.rewards for row in batch.rows] == [list(one.rewards) for one in PLAIN]
    rewards = [[0.25, 1.0], [0.0], [0.5]]
    assert [one.rewards for one in batch.episodes] == rewards
    assert batch.advantages == ESTIMATORS[estimator](rewards, ["t", "t", "u"], 0.5)
    for episode, earned, values in zip(batch.episodes, rewards, batch.advantages, strict=True):
        assert [turn.advantage for turn in episode.turns] == values
        assert [turn.return_to_go for turn in episode.turns] == returns_to_go(earned, 0.5)


def test_rewards_are_credited_as_the_tensors_hold_them() -> None:
    batch = made(played("a", ("x", "stop", 0.1)), played("b", ("x", "stop", 0.3)))
    assert batch.episodes[0].rewards[0] != 0.1
    assert batch.episodes[0].rewards[0] == pytest.approx(0.1)


def test_a_truncated_turn_is_not_trained_but_others_are_compared_with_it() -> None:
    batch = made(
        played("a", (TEXTS["long"], "length", -0.5), ("then", "stop", 0.5)),
        played("b", ("fine", "stop", 1.0)),
    )
    cut, after = batch.episodes[0].turns
    assert (cut.reward, cut.return_to_go, cut.trained_tokens) == (0.0, 0.5, 0)
    assert (after.reward, after.trained_tokens) == (0.5, 4)
    assert batch.advantages == [[-0.5, 0.5], [0.5]]


def test_fraud_in_a_truncated_turn_keeps_nothing_of_what_was_earned() -> None:
    """A program that deceives takes back what the episode earned, however its turn ended."""
    cheat = (TEXTS["long"], "length", -1.5)
    batch = made(
        played("a", ("good", "stop", 1.5), cheat, forfeits={1: -1.5}),
        played("b", ("fine", "stop", 1.0)),
    )
    assert batch.episodes[0].rewards == [1.5, -1.5]
    assert batch.episodes[0].turns[1].trained_tokens == 0
    assert batch.advantages[0][0] == -1.0


def test_a_loop_is_trained_as_far_as_its_second_copy() -> None:
    batch = made(played("a", (TEXTS["loop"], "length", 0.0)), played("b", ("x", "stop", 0.0)))
    turn = batch.episodes[0].turns[0]
    assert turn.reward == -0.5
    assert turn.trained_tokens == sum(batch.rows[0].loss_mask)
    assert len(LOOP) < turn.trained_tokens <= 4 + 2 * len(LOOP)
    assert batch.advantages == [[-0.5], [0.5]]


def test_aborts_and_failed_environments_are_in_nothing_and_counted_apart() -> None:
    batch = made(
        played("a", ("fine", "stop", 1.0), ("par", "abort", 0.0)),
        played("b", ("fine", "stop", 1.0), infra=1.0),
        played("c", ("fine", "stop", 0.25)),
    )
    assert batch.advantages == [[], [], [0.25]]
    assert not any(batch.rows[0].loss_mask)
    assert [one.counts["infra_error"] for one in batch.episodes] == [1.0, 1.0, 0.0]
    assert [turn.advantage for turn in batch.episodes[0].turns] == [None, None]
    metrics = turn_metrics(batch.episodes, max_turns=2, gamma=1.0)
    assert metrics["infra/env_error_rate"] == pytest.approx(2 / 3)
    assert metrics["infra/aborted_rate"] == pytest.approx(1 / 3)
    assert metrics["treated/aborted"] == 1
    assert metrics["turn_1/n"] == 1


def test_generations_that_nobody_noted_are_unknown_and_trained() -> None:
    one = played("a", ("fine", "stop", 1.0))
    bare = Played(**{name: getattr(one, name) for name in one.__slots__} | {"generations": []})
    turn = made(bare).episodes[0].turns[0]
    assert turn.generation.stop_reason == "unknown"
    assert turn.trained_tokens == 4


def test_other_turns_than_the_masks_are_refused() -> None:
    one = played("a", ("fine", "stop", 1.0), ("more", "stop", 1.0))
    joined = [1] * len(one.loss_mask)
    wrong = Played(**{name: getattr(one, name) for name in one.__slots__} | {"loss_mask": joined})
    with pytest.raises(DoctorError, match="episode a: 2 turns were played but 1 are trained"):
        made(wrong)


def test_metrics_of_a_batch_worked_out_by_hand() -> None:
    batch = made(
        played("a", ("12345", "stop", 0.25), ("123", "stop", 1.0)),
        played("b", (TEXTS["loop"], "length", 0.0)),
        played("c", (TEXTS["long"], "length", -0.5)),
        gamma=0.5,
    )
    batch.episodes[0].counts["parse/kind/unfinished_reasoning"] = 1.0
    metrics = turn_metrics(batch.episodes, max_turns=3, gamma=0.5)
    expected = {
        "response/think_unclosed_rate": 0.25,
        "return/aggregated/mean": (0.75 - 0.5 + 0) / 3,
        "return/turn_1/mean": (0.75 - 0.5 + 0) / 3,
        "return/turn_2/mean": 1.0,
        "return/turn_3/mean": 0.0,
        "turn_1/reward_mean": (0.25 - 0.5 + 0) / 3,
        "turn_1/n": 3,
        "turn_2/n": 1,
        "turn_3/n": 0,
        "turn_2/response_tokens": 3,
        "turns/mean": 4 / 3,
        "turns/max": 2,
        "treated/truncated": 1,
        "treated/degenerate": 1,
        "response/truncated_rate": 0.25,
        "degenerate/tail_rate": 0.25,
        "degenerate/cleaned_rate": 0.25,
        "warnings/repetition": 1,
        "warnings/empty_fences": 0,
        "advantage/frac_zero": 0,
    }
    assert {key: metrics[key] for key in expected} == pytest.approx(expected)


def test_every_key_is_there_whatever_happened() -> None:
    full = turn_metrics(made(*PLAIN).episodes, max_turns=4, gamma=1.0)
    nothing = turn_metrics([], max_turns=4, gamma=1.0)
    assert full.keys() == nothing.keys()
    assert not any(nothing.values())
