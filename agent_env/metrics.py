"""What is watched: counts per episode, and rates pooled over episodes.

Place in the flow: an episode counts into `Counts` as it goes; `ToolEnv.metrics()` returns them,
every key in every episode, so that a batch can be summed whatever its episodes did. `pool` sums and
derives the rates, one function a rate, each from sums and never from a mean of means.

Keys: `parse/...` and `tool/...` count turns and calls, `consent/...` writes, `stop/<reason>` is a
one-hot, `reward/...` holds the episode's sums with `reward/outcome` apart from `reward/shaping`. A
domain with a referee has keys and rates of its own beside these. An episode that failed for
`infra_error` has that flag and is left out of every sum and rate.

What it does not do: no logging, no smoothing, no judgement of what is good.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping
from functools import cache
from typing import TypeAlias

from agent_env.customers.user import UserReply
from agent_env.referee import Rate
from agent_env.rewards import COMPONENTS
from agent_env.types import CallOutcome, CallResult, StopReason
from parsers import FaultKind, ParsedMessage, ParseStatus, list_formats

Counts: TypeAlias = dict[str, float]

NO_LAYER = "none"
"""The layer of a turn that no layer won."""


UNFINISHED = "stop/unfinished"
"""Set when the caller dropped the episode before its end, such as for a full context."""


USER_KEYS = (
    "user/replies",
    "user/regenerated",
    "user/leaks",
    "user/role_flips",
    "user/retries",
    "user/prompt_tokens",
    "user/completion_tokens",
)
"""What a customer counts: all but the replies are 0 unless a model plays it."""


@cache
def layers() -> tuple[str, ...]:
    """Every value that `parse/layer/<layer>` can end in: the formats, plain messages, and none."""
    return tuple(dict.fromkeys((*list_formats(), "message", NO_LAYER)))


@cache
def episode_keys() -> tuple[str, ...]:
    """The keys of every episode's metrics, in order."""
    return (
        "episodes",
        "infra_error",
        "parse/turns",
        "parse/malformed",
        "parse/strict_lost",
        "parse/call_turns",
        "parse/message_turns",
        "parse/calls",
        "parse/repaired_calls",
        *(f"parse/kind/{kind.value}" for kind in FaultKind),
        *(f"parse/layer/{layer}" for layer in layers()),
        "tool/calls",
        *(f"tool/{outcome.value}" for outcome in CallOutcome),
        "tool/unknown",
        "consent/writes",
        "consent/agreed",
        *USER_KEYS,
        *(f"stop/{reason.value}" for reason in StopReason),
        UNFINISHED,
        "reward/success",
        "reward/zero",
        "reward/total",
        "reward/shaping",
        *(f"reward/{name}" for name in COMPONENTS),
    )


def new_counts() -> Counts:
    """The counts of an episode in which nothing has happened yet; what has no key is 0."""
    return defaultdict(float, episodes=1.0)


@cache
def _layer_keys() -> Mapping[str, str]:
    return {layer: f"parse/layer/{layer}" for layer in layers()}


def layer_of(parsed: ParsedMessage) -> str:
    """The layer that a turn counts for."""
    return parsed.format if parsed.format in _layer_keys() else NO_LAYER


_NO_LAYER_KEY = f"parse/layer/{NO_LAYER}"


_STATUS_KEYS = {
    ParseStatus.MALFORMED: "parse/malformed",
    ParseStatus.CALLS: "parse/call_turns",
    ParseStatus.MESSAGE: "parse/message_turns",
}


def count_turn(counts: Counts, parsed: ParsedMessage, strict_lost: bool) -> None:
    """Adds what the parser found in one turn."""
    counts["parse/turns"] += 1
    counts[_STATUS_KEYS[parsed.status]] += 1
    if strict_lost:
        counts["parse/strict_lost"] += 1
    for call in parsed.calls:
        counts["parse/calls"] += 1
        if call.repairs:
            counts["parse/repaired_calls"] += 1
    for fault in parsed.faults:
        counts[f"parse/kind/{fault.kind.value}"] += 1
        if fault.kind is FaultKind.UNKNOWN_TOOL:
            counts["tool/unknown"] += 1
    counts[_layer_keys().get(parsed.format, _NO_LAYER_KEY)] += 1


_OUTCOME_KEYS = {outcome: f"tool/{outcome.value}" for outcome in CallOutcome}


def count_call(counts: Counts, result: CallResult) -> None:
    """Adds one call that the environment took up."""
    counts["tool/calls"] += 1
    counts[_OUTCOME_KEYS[result.outcome]] += 1


def count_write(counts: Counts, agreed: bool) -> None:
    """Adds one write that the customer is to be asked about."""
    counts["consent/writes"] += 1
    counts["consent/agreed"] += agreed


def is_all_agreed(counts: Counts) -> bool:
    """Whether the customer had agreed to every write."""
    return counts["consent/agreed"] == counts["consent/writes"]


def count_user(counts: Counts, reply: UserReply) -> None:
    """Adds one message of the customer and what producing it cost.

    Raises:
        KeyError: The customer counts something that is not in USER_KEYS.
    """
    counts["user/replies"] += 1
    for key, value in reply.counts.items():
        if key not in USER_KEYS:
            raise KeyError(f"a customer counts {key!r}; it may count {', '.join(USER_KEYS)}")
        counts[key] += value


def count_ruling(counts: Counts, given: Mapping[str, float], keys: Container[str]) -> None:
    """Adds what a referee counted in one turn.

    Raises:
        KeyError: It counts something that is not among its keys.
    """
    for key, value in given.items():
        if key not in keys:
            raise KeyError(f"a referee counts {key!r}, which is none of its keys")
        counts[key] += value


_REWARD_KEYS = {name: f"reward/{name}" for name in COMPONENTS}


def count_reward(counts: Counts, components: Mapping[str, float]) -> None:
    """Adds one turn's weighted components."""
    for name, value in components.items():
        if value:
            counts[_REWARD_KEYS[name]] += value
            counts["reward/total"] += value
            counts["reward/shaping"] += 0.0 if name == "outcome" else value


def count_stop(counts: Counts, reason: StopReason, success: bool) -> None:
    """Adds the end of an episode; a failure of the environment has no reward, not a zero one."""
    counts[f"stop/{reason.value}"] = 1.0
    failed = reason is StopReason.INFRA_ERROR
    counts["infra_error"] = float(failed)
    counts["reward/success"] = float(success and not failed)
    counts["reward/zero"] = float(not failed and not counts.get("reward/outcome"))


@cache
def _zeros(extra: tuple[str, ...]) -> Counts:
    return dict.fromkeys((*episode_keys(), *extra), 0.0)


def as_of_now(counts: Counts, done: bool, extra: tuple[str, ...] = ()) -> Counts:
    """An episode's counts with every key; one that is not over is unfinished.

    Args:
        counts: What was counted.
        done: Whether the episode is over.
        extra: Keys of its domain's own.
    """
    now = _zeros(extra) | counts
    if done:
        return now
    return now | {UNFINISHED: 1.0, "reward/zero": float(not now["reward/outcome"])}


def parse_failure_rate(sums: Mapping[str, float]) -> float:
    """Turns of which nothing could be made, per assistant turn."""
    return _ratio(sums["parse/malformed"], sums["parse/turns"])


def strict_failure_rate(sums: Mapping[str, float]) -> float:
    """Turns whose call a whole-body JSON parser would have lost, per assistant turn."""
    return _ratio(sums["parse/strict_lost"], sums["parse/turns"])


def lost_call_rate(sums: Mapping[str, float]) -> float:
    """Turns of which nothing could be made, per turn that attempted an action."""
    return _ratio(sums["parse/malformed"], sums["parse/malformed"] + sums["parse/call_turns"])


def tool_error_rate(sums: Mapping[str, float]) -> float:
    """Calls that a tool refused or whose arguments did not fit, per call taken up."""
    return _ratio(sums["tool/tool_error"] + sums["tool/invalid_arguments"], sums["tool/calls"])


def consent_rate(sums: Mapping[str, float]) -> float:
    """Writes that the customer had agreed to, per write that it is to be asked about."""
    return _ratio(sums["consent/agreed"], sums["consent/writes"])


def zero_reward_rate(sums: Mapping[str, float]) -> float:
    """Episodes without any outcome reward, per episode that ran; says nothing about parsing."""
    return _ratio(sums["reward/zero"], sums["episodes"])


def success_rate(sums: Mapping[str, float]) -> float:
    """Episodes that reached the goal, per episode that ran."""
    return _ratio(sums["reward/success"], sums["episodes"])


RATES: tuple[Callable[[Mapping[str, float]], float], ...] = (
    parse_failure_rate,
    strict_failure_rate,
    lost_call_rate,
    tool_error_rate,
    consent_rate,
    zero_reward_rate,
    success_rate,
)


def pool(episodes: Iterable[Mapping[str, float]], rates: Iterable[Rate] = ()) -> Counts:
    """The sums over episodes that ran, and the rates by the names of their functions.

    `infra_error` counts the episodes that were left out, `episodes` the ones that were not. Without
    any episode all is 0.

    Args:
        episodes: What `ToolEnv.metrics()` returned, one an episode.
        rates: Those of the episodes' domain, `Domain.rates`.
    """
    sums = dict.fromkeys(episode_keys(), 0.0)
    for episode in episodes:
        if episode["infra_error"]:
            sums["infra_error"] += 1
            continue
        for key, value in episode.items():
            sums[key] = sums.get(key, 0.0) + value
    named = {rate.name: rate.of(sums) for rate in rates}
    return sums | {rate.__name__: rate(sums) for rate in RATES} | named


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
