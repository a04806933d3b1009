r"""Functionary 3.2: `>>>NAME`, a line break, `{…}`; the first `>>>` often lies in the prompt.

What is meant for a person stands behind `>>>all`. Without the mark it only counts at the beginning
of the turn and has to name an offered tool, because the shape alone says too little.
Source: MeetKai's functionary prompt template v3.llama3 (3.2), read 2026-11.
"""

from __future__ import annotations

import json
import re

from ..drafts import MISSING, Draft, Pairs, Reading, WireFormat
from ..json_calls import read_document
from ..outside import read_arguments
from ..tagged import examples_of

_MARK = ">>>"
_HEADER = re.compile(r"([A-Za-z_][\w.-]{0,199})[ \t]*\n")
_FOR_PEOPLE = "all"
_NEXT = re.compile(r">>>(?=[A-Za-z_])")
_CLOSED = re.compile(r"\s*(?=>>>|<\||\Z)")


def read(text: str, start: int, payload: int) -> Reading | None:
    """The call whose name stands at `payload`."""
    header = _HEADER.match(text, payload)
    if header is None:
        return None
    if header[1] == _FOR_PEOPLE:
        return Reading(drafts=[], span=(start, header.end()))
    if not text.startswith("{", header.end()):
        return None
    bare = not text.startswith(_MARK, start)
    if bare and read_document(text, header.end()).call_like:
        return None  # a word, and below it a call that says its own name
    draft = Draft(name=header[1], arguments=MISSING, span=(start, header.end()))
    end = read_arguments(text, draft, header.end(), _NEXT, _CLOSED)
    draft.span = (start, end)
    return Reading(drafts=[draft], span=draft.span, bare=bare, named_only=bare)


def render(calls: Pairs) -> str:
    """One mark for each call."""
    return "".join(
        f"{_MARK}{name}\n{json.dumps(arguments, ensure_ascii=False)}" for name, arguments in calls
    )


FORMAT = WireFormat(
    name="functionary32",
    patterns=(r"\>>>(?=[A-Za-z_][\w.-]{0,199}[ \t]*\n)",),
    starts=(r"\s*(?=[A-Za-z_][\w.-]{0,199}[ \t]*\n\{)",),
    rank=85,
    read=read,
    render=render,
    examples=examples_of(render, '{"city": "Paris", "days": 3}'),
)
