"""ReAct: `Action: NAME`, then on the next line `Action Input: {…}`.

What stands in front, such as a line with a `Thought:`, is prose. An `Observation:` line behind it
is the tool's to write, never the model's.
Source: Yao et al., ReAct, arXiv:2210.03629, as prompted by LangChain's agents, read 2026-11.
"""

from __future__ import annotations

import json
import re

from ..drafts import MISSING, Draft, Pairs, Reading, WireFormat, faulty
from ..outside import read_arguments
from ..tagged import examples_of
from ..types import FaultKind

_OPENER = (
    r"Action:[ \t]*`?[A-Za-z_][\w./-]{0,199}`?[ \t]*\n+[ \t]*"
    r"(?:Action[ _]Input:|A[A-Za-z _]{0,11}\Z)"
)
_CUT = re.compile(r"Action:[ \t]*`?(?P<name>[\w./-]+)`?\s*A[A-Za-z _]{0,11}\Z")
_HEADER = re.compile(r"Action:[ \t]*`?(?P<name>[\w./-]+)`?\s*Action[ _]Input:[ \t]*\n?")
_NEXT = re.compile(r"\nAction:")
_CLOSED = re.compile(r"[ \t]*(?=\n|<\||\Z)")


def read(text: str, start: int, payload: int) -> Reading | None:
    """The call of the two lines at `start`."""
    header = _HEADER.match(text, start)
    if header is None:
        return _cut(text, start)
    draft = Draft(name=header["name"], arguments=MISSING, span=(start, header.end()))
    end = read_arguments(text, draft, header.end(), _NEXT, _CLOSED)
    draft.span = (start, end)
    return Reading(drafts=[draft], span=draft.span)


def _cut(text: str, start: int) -> Reading | None:
    """The call that the end of the turn cut off in front of its input, if it names a tool."""
    header = _CUT.match(text, start)
    if header is None:
        return None
    span = (start, len(text))
    message = f"the turn ends in front of the input of {header['name']}"
    draft = faulty(FaultKind.TRUNCATED, span, message, header["name"])
    return Reading(drafts=[draft], span=span, bare=True, named_only=True)


def render(calls: Pairs) -> str:
    """Two lines for each call."""
    return "\n".join(
        f"Action: {name}\nAction Input: {json.dumps(arguments, ensure_ascii=False)}"
        for name, arguments in calls
    )


FORMAT = WireFormat(
    name="react",
    patterns=(_OPENER,),
    rank=86,
    read=read,
    render=render,
    examples=examples_of(render, '{"city": "Paris", "days": 3}'),
)
