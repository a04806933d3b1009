"""DeepSeek DSML: `<|DSML|invoke name="…">` with `<|DSML|parameter name="…" string="true">`.

Here | stands for the full-width bar U+FF5C. Grammar: a wrapper (`function_calls` in V3.2,
`tool_calls` in V4, ` calls` in V4.1, which puts a blank in front of every element), calls in it, a
parameter with `string="true"` for text and "false" for JSON. The wrapper may be missing. A lone
parameter `arguments` that holds an object is the whole of them, unless the tool has such a
parameter. Nothing is framed or escaped. Exporters that write the plain bar are read with a repair.
Source: chat encoding of deepseek-ai/DeepSeek-V3.2 and V4, and vLLM 0.33.0's tests, read 2026-11.
"""

from __future__ import annotations

import json
import re
from typing import Any

from ..dialects import invoke_dialect
from ..drafts import Examples, Pairs, Reading, WireFormat
from ..literals import stated
from ..xml_params import FieldReader

_WRAPPING = ("arguments", "input")
_WRAPPERS = ("function_calls", "tool_calls", "toolcalls", "tool", "calls")


_PLAIN_KEY = re.compile(r'[^"<>\s]{1,200}')


def _value(text: str, string: str) -> Any:
    return stated(text) if string == "false" else text


def _reader(prefix: str) -> FieldReader:
    note = None
    if "|" in prefix:
        note = ("normalised_marker", "read | in the markers as the full-width bar")
    return FieldReader(
        invoke_dialect(
            prefix, outer=_WRAPPERS, value=_value, wrapping=_WRAPPING, repair=note, spoken=True
        )
    )


_READERS = {
    prefix: _reader(prefix)
    for bar in ("\uff5c", "|")
    for prefix in (f"{bar}DSML{bar} ", f"{bar}DSML{bar}")
}


def read(text: str, start: int, payload: int) -> Reading | None:
    """The calls of one wrapper or one bare call."""
    for prefix, reader in _READERS.items():
        if text.startswith(prefix, start + 1):
            return reader.read(text, start, payload)
    return None


def render(calls: Pairs) -> str:
    """All calls in one V4 wrapper; texts as they are, everything else as JSON."""
    tag = "\uff5cDSML\uff5c"
    lines = [f"<{tag}tool_calls>"]
    for name, arguments in calls:
        fields = arguments
        lone = len(arguments) == 1 and next(iter(arguments)) in _WRAPPING
        if lone or not all(map(_PLAIN_KEY.fullmatch, arguments)):
            fields = {"arguments": arguments}
        lines.append(f'<{tag}invoke name="{name}">')
        for key, value in fields.items():
            text = isinstance(value, str) and "DSML" not in value
            shown = value if text else json.dumps(value, ensure_ascii="DSML" in str(value))
            head = f'<{tag}parameter name="{key}" string="{str(text).lower()}">'
            lines.append(f"{head}{shown}</{tag}parameter>")
        lines.append(f"</{tag}invoke>")
    return "\n".join([*lines, f"</{tag}tool_calls>"])


_ONE = render([("get_weather", {"city": "Paris", "days": 3})])
FORMAT = WireFormat(
    name="dsml",
    markers=tuple(
        opener
        for prefix, reader in _READERS.items()
        for opener in (*reader.dialect.outer, f'<{prefix}invoke name="')
    ),
    closers=tuple(
        closer
        for reader in _READERS.values()
        for closer in (*reader.dialect.outer_end, reader.dialect.call_end)
    ),
    rank=30,
    read=read,
    render=render,
    examples=Examples(
        none="I can look up the weather for you.",
        one=_ONE,
        two=render([("get_weather", {"city": "Paris"}), ("set_alarm", {"time": "07:30"})]),
        reasoning="<think>\nThey want the weather.\n</think>\n\n" + _ONE,
        nested=render([("send", {"mail": {"to": ["a@example.com"], "body": "</x> in text"}})]),
        truncated=_ONE[: _ONE.index("ris")],
        malformed=_ONE.replace('"get_weather">', '"get_weather"> and then'),
    ),
)
