"""Functionary 3.1 and custom tools of Llama 3.1: `<function=NAME>{…}</function>`.

The opener is shared with the XML form of Qwen3-Coder, whose payload is no JSON object.
Source: Meta's prompt format page of Llama 3.1 and MeetKai's functionary 3.1, read 2026-11.
"""

from __future__ import annotations

import json
import re

from ..drafts import Pairs, Reading, WireFormat
from ..outside import Shape, read_call
from ..tagged import examples_of

_OPEN, _CLOSE = "<function=", "</function>"
_SHAPE = Shape(
    header=re.compile(r"(?P<name>[^<>\n]{1,200})>(?=\s*\{)"),
    opener=re.compile(_OPEN),
    closer=re.compile(_CLOSE),
    section_end=re.compile(r"(?!)"),
)


def read(text: str, start: int, payload: int) -> Reading | None:
    """The call of one tag, or None when what stands in it is no object."""
    call = read_call(text, start, payload, _SHAPE)
    return Reading(drafts=[call[0]], span=(start, call[1])) if call else None


def render(calls: Pairs) -> str:
    """One tag for each call."""
    return "".join(
        f"{_OPEN}{name}>{json.dumps(arguments, ensure_ascii=False)}{_CLOSE}"
        for name, arguments in calls
    )


FORMAT = WireFormat(
    name="functionary31",
    markers=(_OPEN,),
    closers=(_CLOSE,),
    rank=25,
    read=read,
    render=render,
    examples=examples_of(render, '{"city": "Paris", "days": 3}'),
)
