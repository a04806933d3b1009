"""Kimi K3: `<|open|>call tool="…"<|sep|>` with `<|open|>argument key="…" type="…"<|sep|>` in it.

Grammar: every element opens with `<|open|>NAME ATTRIBUTES<|sep|>` and closes with
`<|close|>NAME<|sep|>`. A turn holds `think`, `response` and `tools`; calls stand in the last one.
Arguments carry a type: a string is text as it stands, anything else is JSON. Attributes are escaped
as in XML, values are not.
Source: the kimi-k3 parser of vLLM 0.33.0 and its tests, read 2026-11.
"""

from __future__ import annotations

import json
from typing import Any

from ..dialects import Dialect
from ..drafts import Pairs, WireFormat
from ..field_formats import field_examples
from ..literals import stated
from ..xml_params import FieldReader

_SEP = r"\s*<\|sep\|>"


def _value(text: str, kind: str) -> Any:
    return stated(text) if kind != "string" else text


_READER = FieldReader(
    Dialect(
        call_start=r"<\|open\|>\s*call ",
        call_rest=rf'\s*tool="(?P<name>[^"]{{1,300}})"(?:\s+index="[^"]{{0,20}}")?{_SEP}',
        call_end="<|close|>call<|sep|>",
        key_start=r"<\|open\|>\s*argument ",
        key_rest=rf'\s*key="(?P<key>[^"]{{1,300}})"(?:\s+type="(?P<type>\w*)")?{_SEP}',
        value_end="<|close|>argument<|sep|>",
        outer=("<|open|>tools<|sep|>",),
        outer_end=("<|close|>tools<|sep|>",),
        value=_value,
        escaped=True,
    )
)
_ESCAPES = (("&", "&amp;"), ('"', "&quot;"))


def _escaped(name: str) -> str:
    for char, entity in _ESCAPES:
        name = name.replace(char, entity)
    return name


_TYPES = {str: "string", bool: "boolean", int: "number", float: "number", dict: "object"}


def render(calls: Pairs) -> str:
    """All calls in one `tools` element; texts as they are, everything else as JSON."""
    parts = ["<|open|>tools<|sep|>"]
    for index, (name, arguments) in enumerate(calls, 1):
        parts.append(f'<|open|>call tool="{_escaped(name)}" index="{index}"<|sep|>')
        for key, value in arguments.items():
            kind = "null" if value is None else _TYPES.get(type(value), "array")
            text = kind == "string" and "<|" not in value
            kind = kind if text or kind != "string" else "json"
            shown = value if text else json.dumps(value, ensure_ascii=False)
            shown = shown if text else shown.replace("<|", "\\u003c|")
            head = f'<|open|>argument key="{_escaped(key)}" type="{kind}"<|sep|>'
            parts.append(f"{head}{shown}<|close|>argument<|sep|>")
        parts.append("<|close|>call<|sep|>")
    return "".join([*parts, "<|close|>tools<|sep|>"])


FORMAT = WireFormat(
    name="kimi_k3",
    markers=("<|open|>tools<|sep|>", "<|open|>call "),
    closers=(
        "<|close|>tools<|sep|>",
        "<|close|>call<|sep|>",
        "<|open|>response<|sep|>",
        "<|close|>response<|sep|>",
        "<|open|> response <|sep|>",
        "<|close|> response <|sep|>",
    ),
    rank=40,
    read=_READER.read,
    render=render,
    examples=field_examples(render, "</argument>"),
)
