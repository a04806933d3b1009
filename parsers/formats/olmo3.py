"""OLMo 3: Python calls in `<function_calls>`, one on each line.

Grammar: the tag, calls with keyword arguments that are literals of Python or JSON, the closing tag.
Source: chat template of allenai/Olmo-3-7B-Instruct and vLLM 0.33.0's tests, read 2026-11.
"""

from __future__ import annotations

from ..drafts import Pairs, WireFormat
from ..python_calls import python_examples, render_calls, tagged_python

_OPEN, _CLOSE = "<function_calls>", "</function_calls>"


def render(calls: Pairs) -> str:
    """All calls in one tag, a line for each."""
    return "\n".join([_OPEN, *render_calls(calls), _CLOSE])


FORMAT = WireFormat(
    name="olmo3",
    markers=(_OPEN,),
    closers=(_CLOSE,),
    rank=40,
    read=tagged_python(_OPEN, _CLOSE),
    render=render,
    examples=python_examples(render, _CLOSE),
)
