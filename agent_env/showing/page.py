"""One trajectory as lines for people: who said what, what was read in it, and what it earned.

Place in the flow: `command` finds the record; this words it. A record is what `evaluate` or a
training run wrote; what one of them does not know is left out.

What it does not do: it parses and scores nothing again (`rescore` does), and shortens nothing but
the system prompt.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent_env.showing.wrapped import Span, visible, wrapped

_SPEAKERS = {"user": "customer", "assistant": "agent"}
_SYSTEM_ROWS = 6
_INDENT = "  "
_MOST = 1e300


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a page looks.

    Attributes:
        width: Columns.
        is_coloured: Whether a terminal's colours are used.
        is_full: Whether the system prompt is shown whole.
    """

    width: int = 100
    is_coloured: bool = False
    is_full: bool = False

    def red(self, text: str) -> str:
        """What is wrong."""
        return f"\x1b[31m{text}\x1b[0m" if self.is_coloured else text

    def bold(self, text: str) -> str:
        """What heads a paragraph."""
        return f"\x1b[1m{text}\x1b[0m" if self.is_coloured else text

    def faint(self, text: str) -> str:
        """What stands beside the conversation."""
        return f"\x1b[2m{text}\x1b[0m" if self.is_coloured else text


def trajectory_of(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The trajectory in a record: evaluate keeps it under a key, a training run does not."""
    found = record.get("trajectory", record)
    return found if isinstance(found, Mapping) else {}


def page(record: Mapping[str, Any], where: str, look: Look) -> Iterator[str]:
    """The lines.

    Args:
        record: As `shape.SHOWN` wants its trajectory.
        where: Names the record, such as "runs/a.jsonl, line 3".
        look: How it looks.
    """
    trajectory = trajectory_of(record)
    yield look.bold(visible(_title(record, trajectory, where)))
    turns = trajectory["turns"]
    requests = found if isinstance(found := record.get("requests"), list) else []
    number = 0
    for message in trajectory["messages"]:
        yield ""
        role = message["role"]
        if role == "assistant" and number < len(turns):
            request = _mapping(requests[number]) if number < len(requests) else {}
            number += 1
            yield look.bold(f"agent, turn {number} of {len(turns)}")
            yield from _turn(turns[number - 1], request, look)
        else:
            yield look.bold(visible(_SPEAKERS.get(role, role)))
            yield from _said(message["content"], look, whole=look.is_full or role != "system")
    yield ""
    yield from _end(trajectory, look)


def _title(record: Mapping[str, Any], trajectory: Mapping[str, Any], where: str) -> str:
    """Where it stands, and whose it is."""
    task = _mapping(trajectory.get("task"))
    named = [
        f"{name} {record[key]}"
        for key, name in (("step", "step"), ("session", "session"), ("trial", "trial"))
        if key in record
    ]
    return ", ".join([where, *named, f"task {task.get('id', '?')} ({task.get('kind', '?')})"])


def _said(text: str, look: Look, *, whole: bool) -> Iterator[str]:
    rows = list(wrapped(text, look.width - len(_INDENT)))
    shown = rows if whole else rows[:_SYSTEM_ROWS]
    for row in shown:
        yield (_INDENT + row).rstrip()
    if len(shown) < len(rows):
        yield look.faint(f"{_INDENT}({len(rows) - len(shown)} more lines; --full shows them)")


def _turn(turn: Mapping[str, Any], request: Mapping[str, Any], look: Look) -> Iterator[str]:
    """The raw text with its faults pointed at, and what became of it."""
    faults = _mappings(turn.get("faults"))
    marks = [span for one in faults if (span := _span(one)) is not None]
    for row in wrapped(turn["text"], look.width - len(_INDENT), marks, look.red):
        yield (_INDENT + row).rstrip()
    for fault in faults:
        span = _span(fault)
        place = f" at {span[0]}-{span[1]}" if span else ""
        said = f"{fault.get('kind')}{place}: {fault.get('message')}"
        yield look.red(f"{_INDENT}> fault {visible(said)}")
    for line in _outcome(turn):
        yield look.faint(f"{_INDENT}> {visible(line)}")
    for line in _trained(turn, request):
        yield look.faint(f"{_INDENT}> {visible(line)}")


def _outcome(turn: Mapping[str, Any]) -> Iterator[str]:
    """What was read in the turn and what it earned."""
    yield f"read as {turn['status']}, layer {turn.get('layer', '?')}"
    for repair in _mappings(turn.get("repairs")):
        yield f"repaired {repair.get('kind')}: {repair.get('message')}"
    for call in _mappings(turn.get("calls")):
        yield f"call {call.get('name')} {_json(call.get('arguments'))}: {call.get('outcome')}"
    if ruling := turn.get("ruling"):
        yield f"ruling {_json(ruling)}"
    parts = [
        f"{name} {value:+.2f}"
        for name, value in _mapping(turn.get("components")).items()
        if _is_number(value) and value
    ]
    shown = f" ({', '.join(parts)})" if parts else ""
    if _is_number(turn.get("reward")):
        yield f"reward {turn['reward']:+.2f}{shown}"


def _trained(turn: Mapping[str, Any], request: Mapping[str, Any]) -> Iterator[str]:
    """What the generation cost, and what the turn was trained with."""
    asked, answered = (
        turn.get("prompt_tokens", request.get("prompt_tokens")),
        turn.get("response_tokens", request.get("completion_tokens")),
    )
    stop = turn.get("generation_stop", request.get("finish_reason"))
    if asked is not None or answered is not None:
        yield f"{asked} tokens in, {answered} out, stop {stop}"
    if "advantage" in turn:
        worth = ", ".join(
            f"{name} {value:+.3f}" if _is_number(value := turn.get(key)) else f"{name} none"
            for key, name in (
                ("trained_reward", "reward"),
                ("return", "return"),
                ("advantage", "advantage"),
            )
        )
        yield f"trained with {worth}; {turn.get('trained_tokens')} tokens, {turn.get('treatment')}"
    if warned := turn.get("warnings"):
        yield f"warned of {_json(warned)}"


def _end(trajectory: Mapping[str, Any], look: Look) -> Iterator[str]:
    """How the episode ended."""
    error = _mapping(trajectory.get("infra_error"))
    if error:
        yield look.red(visible(f"The environment failed: {error.get('message')}"))
        return
    verdict = "solved" if trajectory.get("success") else "not solved"
    reward = trajectory.get("reward")
    earned = f", reward {reward:+.2f}" if _is_number(reward) else ""
    yield look.bold(visible(f"{verdict} ({trajectory.get('stop_reason') or 'unfinished'}){earned}"))


def _span(fault: Mapping[str, Any]) -> Span | None:
    span = fault.get("span")
    if isinstance(span, Sequence) and len(span) == 2 and all(type(end) is int for end in span):
        return span[0], span[1]
    return None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _is_number(value: object) -> bool:
    """Whether it can be printed as a number; a whole one may be too large for that."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _MOST


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
