"""The record of a turn, as JSON-able data.

Place in the flow: the environment keeps what each turn was made of; the records are only written
when somebody asks for `ToolEnv.trajectory`. Training writes them to disk, reports read them.

What it does not do: no files; the raw text is never shortened or cleaned.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from agent_env.metrics import layer_of
from agent_env.types import CallResult
from parsers import ParsedMessage


class Turn(NamedTuple):
    """One assistant turn and what came of it.

    Attributes:
        text: What the model wrote.
        parsed: What was read in it.
        strict_lost: See `whole_body`.
        results: What came of its calls.
        components: What it earned.
    """

    text: str
    parsed: ParsedMessage
    strict_lost: bool
    results: tuple[CallResult, ...]
    components: Mapping[str, float]


def turn_record(turn: Turn) -> dict[str, Any]:
    """What the model wrote, what was read in it, what came of it and what it earned.

    `faults` and `repairs` have spans into `text`; `calls` lists what was taken up; `reward` is the
    components' sum.
    """
    parsed = turn.parsed
    return {
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
