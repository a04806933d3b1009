"""Harmony (gpt-oss): `<|channel|>commentary to=functions.NAME …json<|message|>{…}<|call|>`.

Headers and parts are those of `channels.py`: the recipient stands behind the channel or in the role
header in front of it, `<|constrain|>` is optional, and `<|start|>assistant` often lies in the
prompt. The analysis channel is thinking. A call's body is one JSON object.
Source: OpenAI's harmony response format guide, cookbook.openai.com, read 2026-11.
"""

from __future__ import annotations

import json
import re

from ..channels import MARKERS, STARTS, close_part, read_header, read_other
from ..drafts import MISSING, Draft, Pairs, Reading, WireFormat
from ..lenient_json import skip_space
from ..outside import read_arguments
from ..tagged import examples_of

_NEXT = re.compile(r"<\|start\|>|<\|channel\|>")
_CLOSED = re.compile(r"<\|(?:call|end|return)\|>|(?=<\|start\|>|<\|channel\|>)|\Z")


def read(text: str, start: int, payload: int) -> Reading | None:
    """The part whose header stands at `start`, or None when its body is another format's."""
    header = read_header(text, start)
    if header is None:
        return None
    if not header.calls:
        return read_other(text, start, header)
    at = skip_space(text, header.end)
    if text.startswith("<", at) and not _CLOSED.match(text, at):
        return None
    draft = Draft(name=header.recipient, arguments=MISSING, span=(start, header.end))
    end = read_arguments(text, draft, header.end, _NEXT, _CLOSED)
    return close_part(text, draft, start, end)


def render(calls: Pairs) -> str:
    """One part for each call."""
    return "<|start|>assistant".join(
        f"<|channel|>commentary to=functions.{name} <|constrain|>json<|message|>"
        f"{json.dumps(arguments, ensure_ascii=False)}<|call|>"
        for name, arguments in calls
    )


FORMAT = WireFormat(
    name="harmony",
    markers=MARKERS,
    starts=STARTS,
    rank=40,
    read=read,
    render=render,
    examples=examples_of(render, '{"city": "Paris", "days": 3}'),
)
