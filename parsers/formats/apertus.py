"""Apertus: `<|tools_prefix|>[{"get_weather": {…}}]<|tools_suffix|>`; the name is the key.

Source: chat template of swiss-ai/Apertus-8B-Instruct-2509, read 2026-11.
"""

from __future__ import annotations

import json
import re
from typing import Any

from ..drafts import Draft, Pairs, WireFormat, faulty
from ..json_calls import MAX_CALLS, Document, entry_draft
from ..lenient_json import NotJsonError, decode
from ..tagged import examples_of, tagged_json
from ..types import FaultKind, Repair, Span

_KEY = re.compile(r'[\s,\[{\]}]*"([^"\\\n]{1,200})"\s*:\s*(?=\{)')
_CLOSERS = re.compile(r"[\s\]}]*")
_OPEN, _CLOSE = "<|tools_prefix|>", "<|tools_suffix|>"


def _document(text: str, pos: int, primary: str) -> Document:
    """The calls of the array at `pos`."""
    try:
        value = decode(text, pos)
    except NotJsonError as error:
        return _damaged(text, pos, error)
    span = (pos, value.end)
    entries = value.value if isinstance(value.value, list) else [value.value]
    drafts = [_draft(entry, span, primary) for entry in entries]
    for draft in drafts:
        draft.repairs.extend(value.repairs)
    return Document(drafts=drafts, end=value.end)


def _damaged(text: str, pos: int, error: NotJsonError) -> Document:
    """The calls that stand intact in an array whose brackets are damaged, up to the first fault."""
    drafts: list[Draft] = []
    at = pos
    while (key := _KEY.match(text, at)) and len(drafts) <= MAX_CALLS:
        try:
            value = decode(text, key.end())
        except NotJsonError as inner:
            kind = FaultKind.TRUNCATED if inner.cut else FaultKind.BAD_ARGUMENTS
            message = f"cannot read the arguments of {key[1]}: {inner.reason}"
            drafts.append(faulty(kind, (key.start(), max(inner.pos, key.end())), message, key[1]))
            at = max(inner.pos, key.end())
            return Document(drafts=drafts, end=at, damaged=True, cut=inner.cut)
        draft = Draft(name=key[1], arguments=value.value, span=(key.start(), value.end))
        message = "read past missing, extra or misplaced closing brackets"
        damage = Repair(kind="bracket_damage", span=(value.end, value.end), message=message)
        draft.repairs.extend((*value.repairs, damage))
        drafts.append(draft)
        at = value.end
    rest = _CLOSERS.match(text, at)
    return Document(
        drafts=drafts,
        end=max(rest.end() if rest and drafts else error.pos, pos + 1),
        damaged=True,
        cut=error.cut,
    )


def _draft(entry: Any, span: Span, primary: str) -> Draft:
    """The call of one entry; the form of the other families is accepted too."""
    if isinstance(entry, dict) and len(entry) == 1:
        ((name, arguments),) = entry.items()
        return Draft(name=name, arguments=arguments, span=span)
    message = 'expected {"name": {…}} for each call'
    return entry_draft(entry, span, primary) or faulty(FaultKind.MALFORMED_CALL, span, message)


def render(calls: Pairs) -> str:
    """One array; each entry has the call's name as its only key."""
    entries = [{name: arguments} for name, arguments in calls]
    return f"{_OPEN}{json.dumps(entries, ensure_ascii=False)}{_CLOSE}"


FORMAT = WireFormat(
    name="apertus",
    markers=(_OPEN,),
    closers=(_CLOSE,),
    rank=40,
    read=tagged_json(_OPEN, _CLOSE, document=_document),
    render=render,
    examples=examples_of(render, '{"city": "Paris", "days": 3}'),
)
