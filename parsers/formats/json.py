r"""Bare JSON calls, in the open or fenced: `{"name": "…", "arguments": {…}}`, or an array of them.

Grammar: an object with a name and arguments (`parameters`, `args`, `input` are accepted), or an
array of such objects; several in a row may be joined by `;` or blank space. No marker says that it
is a call, so it only counts if it can be meant as nothing else: `scan.py` asks whether the name is
offered. Emitted by xLAM, Llama 3 without its tag, and by any model now and then.
Source: Salesforce xLAM model cards and Meta's Llama 3.1 prompt format page, read 2026-11.
"""

from __future__ import annotations

import json

from ..drafts import Draft, Examples, Pairs, Reading, WireFormat
from ..json_calls import end_of_wreck, read_document
from ..types import Span

_REPORTED = frozenset(("result", "results", "output", "response", "tool_response", "observation"))
"""Keys beside the arguments that say what the call gave, which only the tool can say."""


def read(text: str, start: int, payload: int) -> Reading | None:
    """The calls of the document at `start`; an empty reading passes over JSON that is no call."""
    document = read_document(text, start)
    document.end = end_of_wreck(text, document)
    drafts = document.drafts or []
    broken = ""
    if document.damaged and not document.call_like:
        broken = "cut" if document.cut else "damaged"
    elif not document.call_like:
        drafts = []
    return Reading(
        drafts=drafts,
        span=(start, document.end),
        bare=not document.envelope,
        broken=broken,
        invented=document.invented or _reported(drafts),
    )


def _reported(drafts: list[Draft]) -> Span | None:
    """The first call that tells its own result, if there is one."""
    return next((one.span for one in drafts if not _REPORTED.isdisjoint(one.beside)), None)


def render(calls: Pairs) -> str:
    """One object for one call, an array for several."""
    entries = [{"name": name, "arguments": arguments} for name, arguments in calls]
    return json.dumps(entries[0] if len(entries) == 1 else entries, ensure_ascii=False)


_ONE = '{"name": "get_weather", "arguments": {"city": "Paris", "days": 3}}'
FORMAT = WireFormat(
    name="json",
    patterns=(r"\{\{?(?=[\s\"'])\s*[\"']", r"\[(?=[\s{])\s*\{\s*[\"']"),
    rank=90,
    read=read,
    render=render,
    examples=Examples(
        none='The record is {"city": "Paris", "days": 3}, as you asked.',
        one=_ONE,
        two="[" + _ONE + ', {"name": "set_alarm", "arguments": {"time": "07:30"}}]',
        reasoning="<think>\nThey want the weather.\n</think>\n\n```json\n" + _ONE + "\n```",
        nested='{"name": "send", "arguments": {"mail": {"to": ["a@example.com"], '
        '"body": "a } and a ] in text"}}}',
        truncated='{"name": "get_weather", "arguments": {"city": "Par',
        malformed='{"name": "get_weather", "arguments": {city is Paris}}',
    ),
)
