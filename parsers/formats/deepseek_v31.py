"""DeepSeek V3.1: `<|tool_call_begin|>NAME<|tool_sep|>{…}<|tool_call_end|>`.

Calls stand in a section between `<|tool_calls_begin|>` and `<|tool_calls_end|>`. How the tokens are
really spelled is said in `deepseek.py`.
Source: tokenizer_config.json of deepseek-ai/DeepSeek-V3.1, read 2026-11.
"""

from __future__ import annotations

import json

from ..deepseek import CLOSERS, MARKERS, pattern, read_with, shape, token
from ..drafts import Pairs, Reading, WireFormat
from ..tagged import examples_of

_OTHER = rf"\s*(?!{pattern('tool call end')})<|[^\n{{<]{{1,200}}\n"
_SHAPE = shape(rf"\s*(?P<name>[^<\n]{{1,200}}){pattern('tool sep')}(?!{_OTHER})")


def read(text: str, start: int, payload: int) -> Reading | None:
    """The calls of a section, or one call that stands outside of one."""
    return read_with(text, start, payload, _SHAPE)


def render(calls: Pairs) -> str:
    """One section."""
    blocks = (
        f"{token('tool call begin')}{name}{token('tool sep')}"
        f"{json.dumps(arguments, ensure_ascii=False)}{token('tool call end')}"
        for name, arguments in calls
    )
    return f"{token('tool calls begin')}{''.join(blocks)}{token('tool calls end')}"


FORMAT = WireFormat(
    name="deepseek_v31",
    markers=MARKERS,
    closers=CLOSERS,
    rank=43,
    read=read,
    render=render,
    examples=examples_of(render, '{"city": "Paris", "days": 3}'),
)
