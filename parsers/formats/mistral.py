"""Mistral: `[TOOL_CALLS]NAME[ARGS]{…}`, before v11 `[TOOL_CALLS][{"name", "arguments"}]`.

Grammar: the mark is repeated for each call; `[CALL_ID]` and an id may stand in front of `[ARGS]`,
`[ARGS]` may be missing, and so may the arguments of a tool that has none. An object right behind
the mark has no name, so it is no call unless it states one itself.
Source: mistralai/mistral-common, tokenizers v3 to v13, read 2026-11.
"""

from __future__ import annotations

import json
import re

from ..drafts import MISSING, Draft, Pairs, Reading, WireFormat, faulty
from ..outside import read_arguments
from ..tagged import examples_of, tagged_json
from ..types import FaultKind

_MARK = "[TOOL_CALLS]"
_HEADER = re.compile(
    r"\s*(?P<name>[^\[\]{}<>\n\"]{1,200}?)\s*"
    r"(?:\[CALL_ID\](?P<id>[^\[\]{}\s]{0,64})\s*)?(?P<args>\[ARGS\])?\s*(?P<next>\{|\[TOOL_CALLS\]|</s>|\Z)"
)
_NEXT = re.compile(re.escape(_MARK))
_CLOSED = re.compile("")
_array = tagged_json(_MARK, "")


def read(text: str, start: int, payload: int) -> Reading | None:
    """The array behind the mark, or the one call that is named there."""
    listed = _array(text, start, payload)
    if listed is not None:
        return listed
    header = _HEADER.match(text, payload)
    if header is None or " " in header["name"]:
        return None
    at = header.start("next")
    if header["args"] and at >= len(text):
        message = f"the turn ends in front of the arguments of {header['name']}"
        fault = faulty(FaultKind.TRUNCATED, (start, at), message, header["name"])
        return Reading(drafts=[fault], span=(start, at))
    draft = Draft(name=header["name"], arguments=MISSING, span=(start, at), id=header["id"] or "")
    draft.open_end = at >= len(text)
    end = read_arguments(text, draft, at, _NEXT, _CLOSED) if header["next"] == "{" else at
    draft.span = (start, end)
    return Reading(drafts=[draft], span=draft.span)


def render(calls: Pairs) -> str:
    """One mark for each call, as tokenizer v11 has them."""
    return "".join(
        f"{_MARK}{name}[ARGS]{json.dumps(arguments, ensure_ascii=False)}"
        for name, arguments in calls
    )


FORMAT = WireFormat(
    name="mistral",
    markers=(_MARK,),
    rank=40,
    read=read,
    render=render,
    examples=examples_of(render, '{"city": "Paris", "days": 3}'),
)
