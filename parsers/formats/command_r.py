"""Command R and R+: `Action:` and a fenced array of `{"tool_name": "…", "parameters": {…}}`.

The pseudo tool `directly_answer` says that no tool is called.
Source: the tool-use template of CohereLabs/c4ai-command-r-plus, read 2026-11.
"""

from __future__ import annotations

import json
import re

from ..drafts import Pairs, Reading, WireFormat
from ..json_calls import end_of_wreck, read_document
from ..tagged import examples_of

_HEADER = re.compile(r"Action:\s*```[a-z]{0,10}\s*(?=[\[{])")
_FENCE_END = re.compile(r"\s*```")
_NO_CALL = ("directly_answer", "directly-answer")  # no set: a model may write an object as name


def read(text: str, start: int, payload: int) -> Reading | None:
    """The calls in the fence behind the word."""
    header = _HEADER.match(text, start)
    if header is None:
        return None
    document = read_document(text, header.end(), "parameters")
    if document.drafts is None:
        return None
    end = end_of_wreck(text, document)
    fence = _FENCE_END.match(text, end)
    drafts = [draft for draft in document.drafts if draft.name not in _NO_CALL]
    broken = "" if document.drafts else "cut" if document.cut else "damaged"
    return Reading(drafts=drafts, span=(start, fence.end() if fence else end), broken=broken)


def render(calls: Pairs) -> str:
    """One fenced array."""
    entries = [{"tool_name": name, "parameters": arguments} for name, arguments in calls]
    return f"Action:\n```json\n{json.dumps(entries, ensure_ascii=False)}\n```"


FORMAT = WireFormat(
    name="command_r",
    patterns=(r"Action:\s*```",),
    rank=84,
    read=read,
    render=render,
    examples=examples_of(render, '{"city": "Paris", "days": 3}'),
)
