"""Python in the open: `[name(key='value', …), …]`, as Llama 4, Llama 3.2 and ToolACE write it.

Grammar: a list of calls with keyword arguments that are literals, alone on its lines or at the end
of the turn, maybe between `<|python_start|>` and `<|python_end|>`; also calls without the list as
the only thing in a `python` or `tool_code` fence. Without a marker it counts only if it names an
offered tool, or if no tools are given and it has arguments or is all there is.
Source: chat templates of meta-llama/Llama-4-Scout-17B-16E-Instruct and Llama-3.2, read 2026-11.
"""

from __future__ import annotations

import re

from ..drafts import Pairs, Reading, WireFormat
from ..python_calls import (
    NAME,
    python_examples,
    read_calls,
    render_calls,
    tagged_python,
)
from ..python_literals import NotPythonError, skip

_OPEN, _CLOSE = "<|python_start|>", "<|python_end|>"
_tagged = tagged_python(_OPEN, _CLOSE)
_LINE_START = re.compile(r"(?:\A|[\n>])[ \t]*\Z")
_LINE_END = re.compile(r"[ \t]*(?:\n|<|```|\Z)")
_LAST = re.compile(r"(?:\s|<[|/]?\w[\w|]{0,30}>){0,64}\Z")
"""Blanks and end tokens, and nothing for a person."""
_FENCE_END = re.compile(r"\s*(?:```|\Z)")
_REACH = 64


def read(text: str, start: int, payload: int) -> Reading | None:
    """The calls of a marker, of a fence or of a list in the open."""
    if text.startswith(_OPEN, start):
        return _tagged(text, start, payload)
    if text.startswith("`", start):
        return _fenced(text, start, payload)
    return _in_the_open(text, start)


def _fenced(text: str, start: int, payload: int) -> Reading | None:
    """The calls of a fence that holds nothing else."""
    try:
        drafts, end = read_calls(text, skip(text, payload), payload)
    except NotPythonError:
        return None
    if any(draft.fault for draft in drafts) or not _FENCE_END.match(text, end):
        return None
    return Reading(drafts=drafts, span=(drafts[0].span[0], end), bare=True, named_only=True)


def _in_the_open(text: str, start: int) -> Reading | None:
    """A list of calls that is no part of a sentence."""
    line_end = text.find("\n", start)
    try:
        drafts, end = read_calls(text, start, line_end if line_end >= 0 else len(text))
    except NotPythonError:
        return None
    if drafts and drafts[-1].fault is not None and end < len(text):
        line_end = text.find("\n", end)
        end = line_end if line_end >= 0 else len(text)
    on_its_lines = _LINE_START.search(text, max(0, start - _REACH), start) is not None
    last = _LAST.match(text, end) is not None
    if not drafts or not (on_its_lines or last) or not _LINE_END.match(text, end):
        return None
    said_little = not any(draft.arguments and draft.fault is None for draft in drafts)
    return Reading(drafts=drafts, span=(start, end), bare=True, named_only=said_little)


def render(calls: Pairs) -> str:
    """All calls in one list."""
    return f"[{', '.join(render_calls(calls))}]"


FORMAT = WireFormat(
    name="pythonic",
    markers=(_OPEN,),
    closers=(_CLOSE,),
    patterns=(
        rf"\[(?=\s*{NAME}[ \t]*\()",
        rf"\`\`\`(?:python|py|tool_code)[ \t]*\n(?=\s*{NAME}[ \t]*\()",
    ),
    rank=80,
    read=read,
    render=render,
    examples=python_examples(render, _CLOSE),
)
