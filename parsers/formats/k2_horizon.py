"""K2-Horizon: `<ifm|tool_call>{"name": "…", "arguments": {…}}</ifm|tool_call>`, or pairs.

Grammar: calls in `<ifm|tool_calls>` … `</ifm|tool_calls>`, one tag each, blanks between them. In a
tag stands a JSON object, or the name and for each argument `<ifm|arg_key>`, maybe
`<ifm|arg_type>`, and `<ifm|arg_value>`, each with its closer; a call without arguments is the bare
name. Values of the second form are text that the schema types.
Source: the k2_horizon parser of vLLM 0.33.0 and its tests, read 2026-11.
"""

from __future__ import annotations

import json
import re

from ..dialects import Dialect
from ..drafts import Draft, Pairs, Reading, WireFormat
from ..json_calls import MAX_CALLS
from ..tagged import examples_of, tagged_json
from ..xml_params import FieldReader

_OPEN, _CLOSE = "<ifm|tool_call>", "</ifm|tool_call>"
_WRAP, _WRAP_END = "<ifm|tool_calls>", "</ifm|tool_calls>"
_NEXT = re.compile(r"\s*<ifm\|tool_call>(?=\s*\{)")
_END = re.compile(r"\s*</ifm\|tool_calls>")
_json = tagged_json(_OPEN, _CLOSE)
_pairs = FieldReader(
    Dialect(
        call_start=re.escape(_OPEN),
        call_rest=r"\s*(?P<name>[^\s<>{}\[\]\"'`]{1,200})\s*(?=<ifm\|arg_key>|</ifm\|tool_call>)",
        call_end=_CLOSE,
        key_start=re.escape("<ifm|arg_key>"),
        key_rest=(
            r"(?P<key>[^\n<]{1,200})</ifm\|arg_key>\s*"
            r"(?:<ifm\|arg_type>[a-z]{0,20}</ifm\|arg_type>\s*)?<ifm\|arg_value>"
        ),
        value_end="</ifm|arg_value>",
        outer=(_WRAP,),
        outer_end=(_WRAP_END,),
    )
)


def read(text: str, start: int, payload: int) -> Reading | None:
    """The calls of one wrapper in either form, or of one tag outside of a wrapper."""
    at = start if text.startswith(_OPEN, start) else payload
    drafts: list[Draft] = []
    while (opener := _NEXT.match(text, at)) and len(drafts) <= MAX_CALLS:
        part = _json(text, opener.end() - len(_OPEN), opener.end())
        if part is None:
            break
        drafts.extend(part.drafts)
        at = part.span[1]
    if not drafts:
        return _pairs.read(text, start, payload)
    end = _END.match(text, at)
    return Reading(drafts=drafts, span=(start, end.end() if end else at))


def render(calls: Pairs) -> str:
    """One wrapper, JSON in each tag."""
    entries = ({"name": name, "arguments": arguments} for name, arguments in calls)
    tags = (f"{_OPEN}{json.dumps(entry, ensure_ascii=False)}{_CLOSE}" for entry in entries)
    return f"{_WRAP}{''.join(tags)}{_WRAP_END}"


FORMAT = WireFormat(
    name="k2_horizon",
    markers=(_WRAP, _OPEN),
    closers=(_WRAP_END, _CLOSE),
    rank=40,
    read=read,
    render=render,
    examples=examples_of(render, '{"city": "Paris", "days": 3}'),
)
