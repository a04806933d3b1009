"""ReAct: `Action: NAME`, then on the next line `Action Input: {…}`.

What stands in front, such as a line with a `Thought:`, is prose. An `Observation:` line behind it
is the tool's to write, never the model's.
Source: Yao et al., ReAct, arXiv:2210.03629, as prompted by LangChain's agents, read 2026-11.
"""

from __future__ import annotations

import json
import re

from ..drafts import MISSING, Draft, Pairs, Reading, WireFormat
from ..outside import read_arguments
from ..tagged import examples_of

_OPENER = r"Action:[ \t]*`?[A-Za-z_][\w./-]{0,199}`?[ \t]*\n+[ \t]*Action[ _]Input:"
_HEADER = re.compile(r"Action:[ \t]*`?(?P<name>[\w./-]+)`?\s*Action[ _]Input:[ \t]*\n?")
_NEXT = re.compile(r"\nAction:")
_CLOSED = re.compile(r"[ \t]*(?=\n|<\||\Z)")


def read(text: str, start: int, payload: int) -> Reading | None:
    """The call of the two lines at `start`."""
    header = _HEADER.match(text, start)
    if header is None:
        return None
    draft = Draft(name=header["name"], arguments=MISSING, span=(start, header.end()))
    end = read_arguments(text, draft, header.end(), _NEXT, _CLOSED)
    draft.span = (start, end)
    return Reading(drafts=[draft], span=draft.span)


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
