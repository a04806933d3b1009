"""Inkling: `<|content_invoke_tool_json|>{"name": "…", "args": {…}}<|end_message|>`.

Each part of a turn is a message of its own, opened by `<|message_model|>` and the kind of its
content: thinking, text or a call. The tool's name may stand in front of that kind, as a header.
Source: the inkling parser of vLLM 0.33.0 and its tests, read 2026-11.
"""

from __future__ import annotations

from dataclasses import replace

from ..drafts import Reading
from ..tagged import tagged_format

_BARE = tagged_format(
    "inkling",
    "<|content_invoke_tool_json|>",
    "<|end_message|>",
    keys=("name", "args"),
    joint="<|message_model|>",
)


def read(text: str, start: int, payload: int) -> Reading | None:
    """The call behind the mark, with the name in front of it if that is written there too."""
    reading = _BARE.read(text, start, payload)
    if reading is not None and reading.drafts:
        name = reading.drafts[0].name
        if isinstance(name, str) and name and text.endswith(name, 0, start):
            reading.span = (start - len(name), reading.span[1])
    return reading


FORMAT = replace(_BARE, read=read)
