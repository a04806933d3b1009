"""What a person reads: tools, conversations, changes and tasks as lines.

Place in the flow: the seats print what these functions return.

What it does not do: no decision, no input, nothing of the episode is changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agent_env.domain import Domain
from agent_env.env import ToolEnv
from agent_env.tool_spec import ToolSpec
from agent_env.types import Effect, Message, Task
from agent_env.world import Diff
from parsers import ParsedMessage, ParseStatus, parse

_NOTHING = object()
_LONGEST_VALUE = 160
_SPEAKERS = {"user": "customer", "assistant": "agent"}


def changes(diff: Diff) -> dict[str, str]:
    """What became of each place, such as `{"orders #W1 status": '"pending" -> "cancelled"'}`."""
    found: dict[str, str] = {}
    for table, rows in diff.items():
        for key, fields in rows.items():
            if fields is None:
                found[f"{table} {key}"] = "deleted"
                continue
            for field, sides in fields.items():
                before, after = (sides.get(side, _NOTHING) for side in ("before", "after"))
                found |= _compare(f"{table} {key} {field}", before, after)
    return found


def _compare(place: str, before: Any, after: Any) -> dict[str, str]:
    """As deep as both sides have the same shape, for a whole row would hide what changed in it."""
    parts: list[tuple[str, Any, Any]] = []
    if isinstance(before, dict) and isinstance(after, dict):
        names = dict.fromkeys((*before, *after))
        parts = [
            (f"{place}.{name}", before.get(name, _NOTHING), after.get(name, _NOTHING))
            for name in names
        ]
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        parts = [(f"{place}[{number}]", *pair) for number, pair in pairs]
    if not parts:
        return {place: f"{_value(before)} -> {_value(after)}"}
    found: dict[str, str] = {}
    for inner, old, new in parts:
        if old is _NOTHING or new is _NOTHING or old != new:
            found |= _compare(inner, old, new)
    return found


def _value(value: Any) -> str:
    if value is _NOTHING:
        return "(nothing)"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


def change_lines(found: Mapping[str, str]) -> str:
    """All changes, a line each."""
    return "\n".join(f"  {place}: {what}" for place, what in found.items()) or "  nothing changed"


def new_changes(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """What is another change than before, a line each, and what is none any more."""
    lines = [f"  {place}: {what}" for place, what in after.items() if before.get(place) != what]
    return "\n".join(lines + [f"  {place}: as it was" for place in before if place not in after])


def tool_lines(tools: Sequence[ToolSpec]) -> str:
    """Each tool with its arguments, those that may be left out in brackets."""
    lines = []
    for spec in tools:
        properties: Mapping[str, Any] = spec.parameters.get("properties", {})
        required = spec.parameters.get("required", ())
        shown = [f"{name}: {type_name(schema)}" for name, schema in properties.items()]
        shown = [
            text if name in required else f"[{text}]"
            for name, text in zip(properties, shown, strict=True)
        ]
        effect = "" if spec.effect is Effect.READ else f"  ({spec.effect.value})"
        lines.append(f"{spec.name}({', '.join(shown)}){effect}\n    {spec.description}")
    return "\n".join(lines)


def type_name(schema: Mapping[str, Any]) -> str:
    """A JSON Schema's type in a word or two."""
    if "enum" in schema:
        return " | ".join(json.dumps(value, ensure_ascii=False) for value in schema["enum"])
    kind = schema.get("type")
    if kind == "array":
        return f"list of {type_name(schema.get('items', {}))}"
    if isinstance(kind, list):
        return " | ".join(map(str, kind))
    choices = schema.get("anyOf") or schema.get("oneOf")
    return str(kind) if kind else " | ".join(map(type_name, choices)) if choices else "anything"


def schema_text(spec: ToolSpec) -> str:
    """The whole schema of a tool, as JSON."""
    return json.dumps(spec.to_openai()["function"], indent=2, ensure_ascii=False)


def message_line(message: Message) -> str:
    """Who says what."""
    return f"{_SPEAKERS.get(message['role'], message['role'])}> {message['content']}"


def turn_line(parsed: ParsedMessage) -> str:
    """An agent's turn as the customer may see it: what it says, or that it does something."""
    if parsed.status is ParseStatus.MESSAGE:
        return f"agent> {parsed.content}"
    if parsed.status is ParseStatus.MALFORMED:
        return "  (the agent wrote what nobody can read)"
    return "\n".join(
        f"  (the agent calls {call.name} {json.dumps(call.arguments, ensure_ascii=False)})"
        for call in parsed.calls
    )


def conversation(messages: Sequence[Message], domain: Domain) -> Iterator[str]:
    """What was said and done, without what only the agent reads."""
    for message in messages:
        if message["role"] == "assistant":
            yield turn_line(parse(message["content"], domain.schemas))
        elif message["role"] == "user":
            yield message_line(message)


def wish_text(task: Task) -> str:
    """What the customer wants and knows."""
    known = [f"  {name}: {value}" for name, value in task.slots.items()]
    return "\n".join([task.instruction or task.opening, *known])


def task_text(task: Task) -> str:
    """The task with its answer."""
    calls = [f"  {name} {json.dumps(given)}" for name, given in task.gold_calls]
    facts = [f"  {name}: {value}" for name, value in task.facts.items()] or ["  nothing"]
    wanted: Diff = dict(task.gold_diff)
    parts = [f"{task.id}  {task.kind}", wish_text(task), "calls:", *calls, "must be told:", *facts]
    return "\n".join([*parts, "must be changed:", change_lines(changes(wanted))])


def reward_line(components: Mapping[str, float]) -> str:
    """What a turn earned; "" for nothing."""
    earned = ", ".join(f"{name} {value:+.2f}" for name, value in components.items() if value)
    return f"  reward: {earned}" if earned else ""


def end_line(env: ToolEnv) -> str:
    """How the episode ended."""
    if env.infra_error is not None:
        return f"The environment failed: {env.infra_error['message']}"
    counts = env.metrics()
    verdict = "solved" if counts["reward/success"] else "not solved"
    why = env.stop_reason.value if env.stop_reason else "left"
    return f"\n{verdict} ({why}), reward {counts['reward/total']:+.2f}"
