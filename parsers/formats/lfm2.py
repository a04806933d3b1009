"""LFM2: `<|tool_call_start|>[name(key='value', …)]<|tool_call_end|>`, a Python list of calls.

Grammar: one pair of tokens, in it a list of calls with keyword arguments that are literals; numbers
with leading zeros and set literals occur. A JSON array of calls may stand there instead.
Source: chat template of LiquidAI/LFM2-1.2B and vLLM 0.33.0's tests, read 2026-11.
"""

from __future__ import annotations

from ..drafts import Pairs, Reading, WireFormat
from ..python_calls import python_examples, render_calls, tagged_python
from ..tagged import tagged_json

_OPEN, _CLOSE = "<|tool_call_start|>", "<|tool_call_end|>"
_python = tagged_python(_OPEN, _CLOSE)
_json = tagged_json(_OPEN, _CLOSE)


def read(text: str, start: int, payload: int) -> Reading | None:
    """The calls of one pair of tokens, in either form."""
    return _python(text, start, payload) or _json(text, start, payload)


def render(calls: Pairs) -> str:
    """All calls in one list."""
    return f"{_OPEN}[{', '.join(render_calls(calls))}]{_CLOSE}"


FORMAT = WireFormat(
    name="lfm2",
    markers=(_OPEN,),
    closers=(_CLOSE,),
    rank=40,
    read=read,
    render=render,
    examples=python_examples(render, _CLOSE),
)
