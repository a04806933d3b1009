"""Llama 3 and 4: `<|python_tag|>{"name": "…", "parameters": {…}}`, calls joined by `; `.

Without the tag it is `json.py`'s. Behind the tag there may also be calls in Python, those to
built-in tools as `name.call(query="…")`, or code for the interpreter, which is no call to a tool.
Source: Meta's prompt format pages of Llama 3.1 and 4, read 2026-11.
"""

from __future__ import annotations

import json

from ..drafts import Draft, Pairs, Reading, WireFormat
from ..json_calls import MAX_CALLS
from ..lenient_json import skip_space
from ..python_calls import tagged_python
from ..tagged import examples_of, tagged_json

_TAG = "<|python_tag|>"
_one = tagged_json(_TAG, "", "parameters")
_python = tagged_python(_TAG, "<|eom_id|>")


def read(text: str, start: int, payload: int) -> Reading | None:
    """The calls behind the tag, in either form."""
    return _code(text, start, payload) or _json(text, start, payload)


def _code(text: str, start: int, payload: int) -> Reading | None:
    """Calls in Python."""
    reading = _python(text, start, payload)
    for draft in reading.drafts if reading else ():
        if isinstance(draft.name, str):
            draft.name = draft.name.removesuffix(".call")
    return reading


def _json(text: str, start: int, payload: int) -> Reading | None:
    """The calls behind the tag up to where no `;` goes on."""
    drafts: list[Draft] = []
    at = payload
    for _ in range(MAX_CALLS + 1):
        part = _one(text, start if not drafts else at, at)
        if part is None:
            break
        drafts.extend(part.drafts)
        end = part.span[1]
        at = skip_space(text, end)
        if not text.startswith(";", at) or part.drafts[-1].fault is not None:
            break
        at = skip_space(text, at + 1)
        if not text.startswith("{", at):
            break
    return Reading(drafts=drafts, span=(start, end)) if drafts else None


def render(calls: Pairs) -> str:
    """One tag, then each call."""
    entries = [{"name": name, "parameters": arguments} for name, arguments in calls]
    return _TAG + "; ".join(json.dumps(entry, ensure_ascii=False) for entry in entries)


FORMAT = WireFormat(
    name="llama3_json",
    markers=(_TAG,),
    rank=40,
    read=read,
    render=render,
    examples=examples_of(render, '{"city": "Paris", "days": 3}'),
)
