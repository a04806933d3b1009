r"""OpenAI text envelope: `{"tool_calls": [{"function": {"name": "…", "arguments": "{…}"}}]}`.

Grammar: a JSON object with a `tool_calls` array (one object instead of the array is accepted); an
entry has `function.name` and `function.arguments`, or `name` and `arguments` directly; arguments
are a JSON string or an object. Several documents in one turn, and repeated `tool_calls` keys, are
joined. No special tokens needed.
Source: OpenAI chat completions API, message object,
https://platform.openai.com/docs/api-reference/chat, read 2026-11; the text form is what models
write when a prompt asks for that object.
"""

from __future__ import annotations

import json

from ..drafts import Examples, Pairs, Reading, WireFormat, faulty
from ..json_calls import end_of_wreck, read_document
from ..types import FaultKind


def read(text: str, start: int, payload: int) -> Reading | None:
    """The calls of the envelope that starts at `start`."""
    document = read_document(text, start)
    document.end = end_of_wreck(text, document)
    drafts = document.drafts or []
    if not drafts and document.damaged:
        kind = FaultKind.TRUNCATED if document.cut else FaultKind.MALFORMED_CALL
        message = (
            "the turn ends inside tool_calls" if document.cut else "tool_calls is no readable JSON"
        )
        drafts = [faulty(kind, (start, document.end), message)]
    return Reading(
        drafts=drafts,
        span=(start, document.end),
        bare=document.drafts is None,
        invented=document.invented,
    )


def render(calls: Pairs) -> str:
    """The envelope of these calls, arguments as strings as the API has them."""
    entries = [
        {"function": {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)}}
        for name, arguments in calls
    ]
    return json.dumps({"tool_calls": entries}, ensure_ascii=False)


_HEAD = '{"tool_calls": [{"function": {"name": "get_weather", "arguments": '
_ONE = _HEAD + r'"{\"city\": \"Paris\", \"days\": 3}"}}]}'
FORMAT = WireFormat(
    name="openai",
    patterns=(r'\{(?=[\s"])\s*"tool_calls"\s*:',),
    rank=10,
    read=read,
    render=render,
    examples=Examples(
        none="The forecast for Paris is on its way.",
        one=_ONE,
        two=_HEAD + '{"city": "Paris", "days": 3}}}, '
        '{"function": {"name": "set_alarm", "arguments": "{\\"time\\": \\"07:30\\"}"}}]}',
        reasoning="<think>\nThey want the weather.\n</think>\n\n" + _ONE,
        nested='{"tool_calls": [{"function": {"name": "send", "arguments": '
        '{"mail": {"to": ["a@example.com"], "body": "a } and a ] in text"}}}}]}',
        truncated=_HEAD + r'"{\"city\": \"Par',
        malformed=_HEAD + "{city is Paris}}}]}",
    ),
)
