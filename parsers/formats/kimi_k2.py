"""Kimi K2: `<|tool_call_begin|>functions.NAME:0<|tool_call_argument_begin|>{…}<|tool_call_end|>`.

Grammar: a section between `<|tool_calls_section_begin|>` and `…_end|>` (the opener may be missing)
holds one such call after another; blank space may surround the id. The id is the tool's name, often
with the namespace `functions.`, and behind a colon the number of the call. The model may call
straight from a thought that it never closes: with these tokens the call is real.
Source: docs/tool_call_guidance.md of moonshotai/Kimi-K2-Instruct, read 2026-11.
"""

from __future__ import annotations

import json
import re

from ..drafts import Pairs, Reading, WireFormat
from ..outside import Shape, read_call, read_section
from ..tagged import examples_of

_SECTION, _SECTION_END = "<|tool_calls_section_begin|>", "<|tool_calls_section_end|>"
_OPEN, _ARGUMENTS, _CLOSE = (
    "<|tool_call_begin|>",
    "<|tool_call_argument_begin|>",
    "<|tool_call_end|>",
)
_SHAPE = Shape(
    header=re.compile(
        r"\s*(?P<id>(?P<name>[^<\n]{1,200}?)(?::\d{1,6})?)\s*<\|tool_call_argument_begin\|>"
    ),
    opener=re.compile(re.escape(_OPEN)),
    closer=re.compile(re.escape(_CLOSE)),
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
        f"{_OPEN}functions.{name}:{index}{_ARGUMENTS}"
        f"{json.dumps(arguments, ensure_ascii=False)}{_CLOSE}"
        for index, (name, arguments) in enumerate(calls)
    )
    return f"{_SECTION}{''.join(blocks)}{_SECTION_END}"


FORMAT = WireFormat(
    name="kimi_k2",
    markers=(_SECTION, _OPEN),
    closers=(_SECTION_END, _CLOSE),
    ends_thought=(_SECTION, _OPEN),
    rank=40,
    read=read,
    render=render,
    examples=examples_of(render, '{"city": "Paris", "days": 3}'),
)
