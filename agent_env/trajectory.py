"""The record of a turn, as JSON-able data.

Place in the flow: the environment keeps one record a turn and joins them in `ToolEnv.trajectory`;
training writes them to disk, reports read them.

What it does not do: no files; the raw text is never shortened or cleaned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from agent_env.metrics import layer_of
from agent_env.types import CallResult
from parsers import ParsedMessage


def turn_record(
    text: str,
    parsed: ParsedMessage,
    strict_lost: bool,
    results: Iterable[CallResult],
    components: Mapping[str, float],
) -> dict[str, Any]:
    """What the model wrote, what was read in it, what came of it and what it earned.

    `faults` and `repairs` have spans into `text`; `calls` lists what was taken up; `reward` is the
    components' sum.
    """
    return {
        "text": text,
        "layer": layer_of(parsed),
        "status": parsed.status.value,
        "strict_lost": strict_lost,
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
            for result in results
        ],
        "reward": sum(components.values()),
        "components": dict(components),
    }
