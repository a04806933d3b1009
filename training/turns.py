"""A turn as it was trained on: its credit, its tokens, and what was found in it.

Place in the flow: generator -> here -> ``rollouts.jsonl`` (``TurnRecord.to_dict`` goes beside the
turn's trajectory) and the batch's metrics (``turn_metrics``). Pure.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from training.credit import aggregated_return
from training.generations import Generation
from training.hygiene import WARNINGS, Look, Treatment

UNKNOWN = Generation(prompt_tokens=0, response_tokens=0, stop_reason="unknown")
"""Of a turn whose generation nobody noted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRecord:
    """One assistant turn as the trainer gets it.

    Attributes:
        generation: What it cost and how it ended.
        look: What hygiene found.
        reward: What it earned, after hygiene; None when its episode was dropped.
        return_to_go: Its reward and the discounted later ones; None as above.
        advantage: What it is trained with; None as above.
        trained_tokens: Tokens that the loss sees.
    """

    generation: Generation
    look: Look
    reward: float | None = None
    return_to_go: float | None = None
    advantage: float | None = None
    trained_tokens: int = 0

    def to_dict(self) -> dict[str, Any]:
        """JSON data that goes beside the environment's record of the turn."""
        return {
            "trained_reward": self.reward,
            "return": self.return_to_go,
            "advantage": self.advantage,
            "prompt_tokens": self.generation.prompt_tokens,
            "response_tokens": self.generation.response_tokens,
            "trained_tokens": self.trained_tokens,
            "generation_stop": self.generation.stop_reason,
            "treatment": self.look.treatment.value,
            "warnings": list(self.look.warnings),
        }


class EpisodeLike(Protocol):
    """What is measured; see ``training.generator.Episode``."""

    @property
    def counts(self) -> Mapping[str, float]:
        """``ToolEnv.metrics()``."""

    @property
    def trajectory(self) -> Mapping[str, Any]:
        """``ToolEnv.trajectory``."""

    @property
    def turns(self) -> Sequence[TurnRecord]:
        """One for each turn of the trajectory."""


def turn_metrics(
    episodes: Sequence[EpisodeLike], *, max_turns: int, gamma: float
) -> dict[str, float]:
    """Returns, advantages, tokens and hygiene of a batch, every key whatever happened.

    Args:
        episodes: The batch.
        max_turns: Turns that get keys of their own.
        gamma: Discount of the aggregated return.
    """
    kept = [one for one in episodes if not one.counts["infra_error"]]
    metrics = _credit(kept, gamma) | _tokens(kept) | _degeneration(kept) | _treated(episodes)
    metrics["infra/env_error_rate"] = _share(len(episodes) - len(kept), len(episodes))
    metrics["turns/mean"] = _mean([len(one.turns) for one in kept])
    metrics["turns/max"] = float(max((len(one.turns) for one in kept), default=0))
    for number in range(max_turns):
        metrics |= _of_turn(kept, number)
    return metrics


def _credit(episodes: Sequence[EpisodeLike], gamma: float) -> dict[str, float]:
    totals = [aggregated_return(_rewards(one), gamma) for one in episodes]
    advantages = [
        turn.advantage for one in episodes for turn in one.turns if turn.advantage is not None
    ]
    return {
        "return/aggregated/mean": _mean(totals),
        "advantage/mean": _mean(advantages),
        "advantage/abs_mean": _mean([abs(value) for value in advantages]),
        "advantage/frac_zero": _mean([float(abs(value) < 1e-9) for value in advantages]),
    }


def _tokens(episodes: Sequence[EpisodeLike]) -> dict[str, float]:
    sizes = sorted(turn.generation.response_tokens for one in episodes for turn in one.turns)
    unclosed = sum(one.counts.get("parse/kind/unfinished_reasoning", 0.0) for one in episodes)
    return {
        "response/think_unclosed_rate": _share(unclosed, len(sizes)),
        "response/tokens_mean": _mean(sizes),
        "response/tokens_p95": float(sizes[int(0.95 * (len(sizes) - 1))]) if sizes else 0.0,
    }


def _degeneration(episodes: Sequence[EpisodeLike]) -> dict[str, float]:
    looks = [turn.look for one in episodes for turn in one.turns]
    ratios = [look.zlib_frac for look in looks if look.zlib_frac is not None]
    removed = [look.removed_chars for look in looks]
    return {
        "degenerate/tail_rate": _mean([float(look.loop is not None) for look in looks]),
        "degenerate/drift_rate": _mean([float(look.drifts) for look in looks]),
        "degenerate/zlib_mean": _mean(ratios),
        "degenerate/dup_fence_rate": _mean([float(look.has_twin_fences) for look in looks]),
        "degenerate/cleaned_rate": _mean([float(chars > 0) for chars in removed]),
        "degenerate/chars_removed_mean": _mean(removed),
        **{
            f"warnings/{name}": float(sum(name in look.warnings for look in looks))
            for name in WARNINGS
        },
    }


def _treated(episodes: Sequence[EpisodeLike]) -> dict[str, float]:
    """How many turns each treatment befell; an abort befalls its whole episode."""
    treated = [[turn.look.treatment for turn in one.turns] for one in episodes]
    every = [treatment for of_one in treated for treatment in of_one]
    aborted = sum(Treatment.ABORTED in of_one for of_one in treated)
    truncated = sum(treatment is Treatment.TRUNCATED for treatment in every)
    return {
        "response/truncated_rate": _share(truncated, len(every)),
        "treated/truncated": float(truncated),
        "treated/degenerate": float(sum(one is Treatment.DEGENERATE for one in every)),
        "treated/aborted": float(aborted),
        "infra/aborted_rate": _share(aborted, len(episodes)),
    }


def _of_turn(episodes: Sequence[EpisodeLike], number: int) -> dict[str, float]:
    """The keys of one turn, counted from 1 in their names."""
    turns = [one.turns[number] for one in episodes if len(one.turns) > number]
    statuses = [
        one.trajectory["turns"][number]["status"] for one in episodes if len(one.turns) > number
    ]
    returns = [turn.return_to_go for turn in turns if turn.return_to_go is not None]
    name = f"turn_{number + 1}"
    return {
        f"return/{name}/mean": _mean(returns),
        f"{name}/reward_mean": _mean([turn.reward for turn in turns if turn.reward is not None]),
        f"{name}/parse_fail_rate": _share(statuses.count("malformed"), len(statuses)),
        f"{name}/response_tokens": _mean([turn.generation.response_tokens for turn in turns]),
        f"{name}/n": float(len(turns)),
    }


def _rewards(episode: EpisodeLike) -> list[float]:
    return [turn.reward for turn in episode.turns if turn.reward is not None]


def _mean(values: Sequence[float]) -> float:
    return statistics.fmean(values) if values else 0.0


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
