"""PLaMo 3: name and arguments each between tokens of their own, calls in one section.

    <|plamo:begin_tool_requests:plamo|><|plamo:begin_tool_request:plamo|>
    <|plamo:begin_tool_name:plamo|>NAME<|plamo:end_tool_name:plamo|>
    <|plamo:begin_tool_arguments:plamo|><|plamo:constrain|>json<|plamo:msg|>{…}
    <|plamo:end_tool_arguments:plamo|><|plamo:end_tool_request:plamo|><|plamo:end_tool_requests:plamo|>

There are no line breaks between the tokens.
Source: the plamo3 parser of vLLM 0.33.0 and its tests, read 2026-11.
"""

from __future__ import annotations

import json
import re

from ..drafts import Pairs, Reading, WireFormat
from ..outside import Shape, read_call, read_section
from ..tagged import examples_of


def _token(name: str) -> str:
    return f"<|plamo:{name}:plamo|>"


_SECTION, _SECTION_END = _token("begin_tool_requests"), _token("end_tool_requests")
_OPEN, _CLOSE = _token("begin_tool_request"), _token("end_tool_request")
_NAME, _NAME_END = _token("begin_tool_name"), _token("end_tool_name")
_ARGUMENTS, _ARGUMENTS_END = _token("begin_tool_arguments"), _token("end_tool_arguments")
_TYPE = "<|plamo:constrain|>json<|plamo:msg|>"
_SHAPE = Shape(
    header=re.compile(
        rf"\s*{re.escape(_NAME)}(?P<name>[^<\n]{{1,200}}){re.escape(_NAME_END)}\s*"
        rf"{re.escape(_ARGUMENTS)}(?:{re.escape(_TYPE)})?"
    ),
    opener=re.compile(re.escape(_OPEN)),
    closer=re.compile(rf"(?:{re.escape(_ARGUMENTS_END)})?\s*{re.escape(_CLOSE)}"),
    section_end=re.compile(re.escape(_SECTION_END)),
)


def read(text: str, start: int, payload: int) -> Reading | None:
    """The calls of a section, or one call that stands outside of one."""
    if text.startswith(_SECTION, start):
        return read_section(text, start, payload, _SHAPE)
    call = read_call(text, start, payload, _SHAPE)
    return Reading(drafts=[call[0]], span=(start, call[1])) if call else None


def render(calls: Pairs) -> str:
    """One section."""
    blocks = (
        f"{_OPEN}{_NAME}{name}{_NAME_END}{_ARGUMENTS}{_TYPE}"
        f"{json.dumps(arguments, ensure_ascii=False)}{_ARGUMENTS_END}{_CLOSE}"
        for name, arguments in calls
    )
    return f"{_SECTION}{''.join(blocks)}{_SECTION_END}"


FORMAT = WireFormat(
    name="plamo3",
    markers=(_SECTION, _OPEN),
    closers=(_SECTION_END, _CLOSE, _ARGUMENTS_END),
    rank=40,
    read=read,
    render=render,
    examples=examples_of(render, '{"city": "Paris", "days": 3}'),
)
