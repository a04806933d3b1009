"""Phi-4-mini and Firefunction 2: `functools[{"name": "…", "arguments": {…}}]`, one array.

The word alone is no mark: it only opens calls in front of an array of objects, and entries that
hold no arguments at all are text. The special token `<|tool_call|>` may stand in front.
Source: chat template of microsoft/Phi-4-mini-instruct, read 2026-11.
"""

from __future__ import annotations

import json

from ..drafts import MISSING, Pairs, Reading, WireFormat
from ..tagged import examples_of, tagged_json

_read = tagged_json("functools[", "")


def read(text: str, start: int, payload: int) -> Reading | None:
    """The calls of the array behind the word."""
    reading = _read(text, start, text.index("[", start))
    if reading is not None:
        reading.bare = all(
            draft.arguments is MISSING and draft.fault is None for draft in reading.drafts
        )
    return reading


def render(calls: Pairs) -> str:
    """One array behind the word."""
    entries = [{"name": name, "arguments": arguments} for name, arguments in calls]
    return f"functools{json.dumps(entries, ensure_ascii=False)}"


FORMAT = WireFormat(
    name="phi4",
    markers=("<|tool_call|>functools[",),
    closers=("<|/tool_call|>",),
    patterns=(r"functools\[(?=\s*\{)",),
    rank=80,
    read=read,
    render=render,
    examples=examples_of(render, '{"city": "Paris", "days": 3}'),
)
