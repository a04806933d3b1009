"""What a turn was made of: for the caller at once, and as a record in JSON-able data.

Place in the flow: the environment keeps what each turn was made of and hands the last one back as a
`StepResult`; the records are only written when somebody asks for `ToolEnv.trajectory`. Training
writes them to disk, reports read them.

What it does not do: no files; the raw text is never shortened or cleaned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from agent_env.metrics import layer_of
from agent_env.types import CallResult, Message, StepResult, StopReason
from parsers import ParsedMessage


class Turn(NamedTuple):
    """One assistant turn and what came of it.

    Attributes:
        text: What the model wrote.
        parsed: What was read in it.
        strict_lost: See `whole_body`.
        results: What came of its calls.
        components: What it earned.
        ruling: What the referee noted of it; None without a referee.
    """

    text: str
    parsed: ParsedMessage
    strict_lost: bool
    results: tuple[CallResult, ...]
    components: Mapping[str, float]
    ruling: Mapping[str, Any] | None = None


def step_result(
    turns: Sequence[Turn],
    answers: Iterable[Message],
    stop_reason: StopReason | None,
    infra_error: Mapping[str, object] | None,
) -> StepResult:
    """What the caller is handed after the last of the turns."""
    turn = turns[-1]
    info: dict[str, Any] = {
        "parsed": turn.parsed,
        "components": dict(turn.components),
        "status": turn.parsed.status.value,
        "strict_lost": turn.strict_lost,
        "turn": len(turns),
    }
    if turn.ruling is not None:
        info["ruling"] = dict(turn.ruling)
    if infra_error is not None:
        info["infra_error"] = infra_error
    return StepResult(
        messages=tuple(map(dict, answers)),
        reward=sum(turn.components.values()),
        done=stop_reason is not None,
        stop_reason=stop_reason,
        info=info,
    )


def course(
    turns: Iterable[Turn], stop_reason: StopReason | None, counts: Mapping[str, float]
) -> dict[str, Any]:
    """What happened in an episode, how it ended and what it earned, as JSON-able data."""
    return {
        "turns": [turn_record(turn) for turn in turns],
        "stop_reason": stop_reason.value if stop_reason else None,
        "success": bool(counts.get("reward/success")),
        "reward": counts.get("reward/total", 0.0),
    }


def turn_record(turn: Turn) -> dict[str, Any]:
    """What the model wrote, what was read in it, what came of it and what it earned.

    `faults` and `repairs` have spans into `text`; `calls` lists what was taken up; `reward` is the
    components' sum; `ruling` is there where a referee ruled.
    """
    parsed = turn.parsed
    record = {
        "text": turn.text,
        "layer": layer_of(parsed),
        "status": parsed.status.value,
        "strict_lost": turn.strict_lost,
        "faults": [
            {"kind": fault.kind.value, "span": list(fault.span), "message": fault.message}
            for fault in parsed.faults
        ],
        "repairs": [
            {"kind": repair.kind, "span": list(repair.span), "message": repair.message}
            for call in parsed.calls
            for repair in call.repairs
        ],
        "calls": [
            {
                "name": result.name,
                "arguments": dict(result.arguments),
                "outcome": result.outcome.value,
            }
            for result in turn.results
        ],
        "reward": sum(turn.components.values()),
        "components": dict(turn.components),
    }
    return record if turn.ruling is None else record | {"ruling": dict(turn.ruling)}
