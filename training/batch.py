"""A batch of played episodes as it is trained on: treated, credited, and told turn by turn.

Place in the flow: ``training/generator.py`` collects what SkyRL's agent loops played -> here ->
SkyRL's batch, metrics and ``rollouts.jsonl``. Hygiene comes first, for what a turn earned enters
credit. Pure: no SkyRL, no files; the sampled ids are only looked at.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from training.credit import ESTIMATORS, returns_to_go, turn_spans
from training.doctor import DoctorError
from training.generations import Generation
from training.hygiene import (
    Look,
    Treated,
    Treatment,
    looked_at,
    taken_back,
    tokens_of,
    treat,
)
from training.turns import UNKNOWN, TurnRecord

Decode = Callable[[Sequence[int]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One finished episode.

    Attributes:
        session: Who it was, within its batch.
        group: Its task.
        counts: ``ToolEnv.metrics()``.
        trajectory: ``ToolEnv.trajectory``.
        rewards: Per turn, as they are trained on.
        turns: One for each turn of the trajectory: its credit, tokens and treatment.
    """

    session: str
    group: str
    counts: dict[str, float]
    trajectory: dict[str, Any]
    rewards: list[float]
    turns: tuple[TurnRecord, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One episode as SkyRL's agent loop left it.

    Attributes:
        session: Who it was, within its batch.
        group: Its task.
        counts: ``ToolEnv.metrics()``.
        trajectory: ``ToolEnv.trajectory``.
        generations: Of each turn; fewer when nobody noted them.
        ids: Tokens behind the prompt.
        loss_mask: Ones on the tokens of turns; all 0 when the environment failed.
        rewards: One per token.
        least_reward: The least that a turn can earn.
        wants_code: Turns were to hold code.
    """

    session: str
    group: str
    counts: Mapping[str, float]
    trajectory: Mapping[str, Any]
    generations: Sequence[Generation]
    ids: Sequence[int]
    loss_mask: Sequence[int]
    rewards: Sequence[float]
    least_reward: float
    wants_code: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The batch, row by row.

    Attributes:
        episodes: What is measured and written down.
        rows: What SkyRL trains on.
        advantages: Of every span of every row.
    """

    episodes: list[Episode]
    rows: list[Treated]
    advantages: list[list[float]]


def make_batch(played: Sequence[Played], *, decode: Decode, estimator: str, gamma: float) -> Batch:
    """The batch, treated and credited.

    Args:
        played: In the order of SkyRL's rows.
        decode: Text of ids, special tokens included.
        estimator: A name of ``training.credit.ESTIMATORS``.
        gamma: Discount per turn.

    Raises:
        DoctorError: An episode has other turns than its mask.
    """
    looks = [_looks(one) for one in played]
    rows = [_treated(one, found, decode) for one, found in zip(played, looks, strict=True)]
    rewards = [[_as_float32(sum(row.rewards[a:b])) for a, b in row.spans] for row in rows]
    advantages = ESTIMATORS[estimator](rewards, [one.group for one in played], gamma)
    episodes = [
        Episode(
            session=one.session,
            group=one.group,
            counts=dict(one.counts) | ({"infra_error": 1.0} if _is_aborted(found) else {}),
            trajectory=dict(one.trajectory),
            rewards=earned,
            turns=_records(one, found, row, earned, values, gamma),
        )
        for one, found, row, earned, values in zip(
            played, looks, rows, rewards, advantages, strict=True
        )
    ]
    return Batch(episodes=episodes, rows=rows, advantages=advantages)


def _looks(one: Played) -> list[Look]:
    return [
        looked_at(turn["text"], generation.stop_reason, wants_code=one.wants_code)
        for turn, generation in zip(one.trajectory["turns"], _generations(one), strict=True)
    ]


def _generations(one: Played) -> list[Generation]:
    """One for each turn; an environment that failed may not have kept its last turn."""
    turns = len(one.trajectory["turns"])
    noted = list(one.generations[:turns])
    return noted + [UNKNOWN] * (turns - len(noted))


def _is_aborted(looks: Sequence[Look]) -> bool:
    return any(look.treatment is Treatment.ABORTED for look in looks)


def _treated(one: Played, looks: Sequence[Look], decode: Decode) -> Treated:
    if one.counts["infra_error"]:
        tokens = len(one.ids)
        return Treated(loss_mask=[0] * tokens, rewards=[0.0] * tokens, spans=[])
    spans = turn_spans(one.loss_mask)

    def kept_tokens(number: int, chars: int) -> int:
        start, end = spans[number]
        return tokens_of(decode, one.ids[start:end], chars)

    try:
        return treat(
            looks,
            spans,
            one.loss_mask,
            one.rewards,
            least_reward=one.least_reward,
            kept_tokens=kept_tokens,
            taken_back=[taken_back(turn["components"]) for turn in one.trajectory["turns"]],
        )
    except ValueError as error:
        raise DoctorError(f"episode {one.session}: {error}") from error


def _records(
    one: Played,
    looks: Sequence[Look],
    row: Treated,
    rewards: Sequence[float],
    advantages: Sequence[float],
    gamma: float,
) -> tuple[TurnRecord, ...]:
    """Of every turn; without credit when the episode was dropped."""
    generations = _generations(one)
    if not row.spans:
        return tuple(
            TurnRecord(generation=generation, look=look)
            for generation, look in zip(generations, looks, strict=True)
        )
    return tuple(
        TurnRecord(
            generation=generation,
            look=look,
            reward=reward,
            return_to_go=worth,
            advantage=advantage,
            trained_tokens=sum(row.loss_mask[start:end]),
        )
        for generation, look, reward, worth, advantage, (start, end) in zip(
            generations,
            looks,
            rewards,
            returns_to_go(rewards, gamma),
            advantages,
            row.spans,
            strict=True,
        )
    )


def _as_float32(value: float) -> float:
    """The value as SkyRL's tensors hold it, so that credit here and there is the same number."""
    return array("f", [value])[0]
