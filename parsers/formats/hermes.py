r"""Hermes: `<tool_call>\n{"name": "…", "arguments": {…}}\n</tool_call>`, one tag for each call.

Grammar: opener, a JSON object (an array of them is seen too), closer. The closer may be missing if
the JSON is closed; text between the JSON and the closer is dropped. Emitted by Hermes 2 and 3,
Qwen 2.5 and 3, QwQ, Granite 4, ERNIE 4.5. The tags are special tokens in some tokenizers: decode
without skipping them.
Source: NousResearch/Hermes-Function-Calling and the Qwen3 chat template, read 2026-11.
"""

from __future__ import annotations

import json

from ..drafts import Examples, Pairs, WireFormat
from ..tagged import tagged_json

OPEN, CLOSE = "<tool_call>", "</tool_call>"


def render(calls: Pairs) -> str:
    """One tag for each call."""
    return "\n".join(
        f"{OPEN}\n{json.dumps({'name': name, 'arguments': arguments}, ensure_ascii=False)}\n{CLOSE}"
        for name, arguments in calls
    )


_ONE = (
    '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris", "days": 3}}\n</tool_call>'
)
FORMAT = WireFormat(
    name="hermes",
    markers=(OPEN,),
    closers=(CLOSE,),
    rank=20,
    read=tagged_json(OPEN, CLOSE),
    render=render,
    examples=Examples(
        none="I can look up the weather for you.",
        one=_ONE,
        two=_ONE
        + '\n<tool_call>\n{"name": "set_alarm", "arguments": {"time": "07:30"}}\n</tool_call>',
        reasoning="<think>\nThey want the weather.\n</think>\n\n" + _ONE,
        nested='<tool_call>\n{"name": "send", "arguments": {"mail": {"to": ["a@example.com"], '
        '"body": "ends with </tool_call>"}}}\n</tool_call>',
        truncated='<tool_call>\n{"name": "get_weather", "arguments": {"city": "Par',
        malformed='<tool_call>\n{"name": "get_weather", "arguments": {city is P}}\n</tool_call>',
    ),
)
