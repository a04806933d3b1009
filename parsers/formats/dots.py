"""dots: `<invoke name="…"><parameter name="…">…</parameter></invoke>` in `<dots_function_call>`.

Grammar: as MiniMax M2 but for the wrapper, which may also hold one JSON object with `name` and
`arguments`. Values are text as they stand; the tool's schema gives them a type.
Source: the dots parser of vLLM 0.33.0 and its tests, read 2026-11.
"""

from __future__ import annotations

from dataclasses import replace

from ..dialects import invoke_dialect
from ..drafts import Reading
from ..field_formats import Layout, field_format
from ..tagged import tagged_json

_OPEN, _CLOSE = "<dots_function_call>", "</dots_function_call>"
_FIELDS = field_format(
    "dots",
    invoke_dialect(outer=("dots_function_call",)),
    Layout(
        open=_OPEN,
        call='<invoke name="{name}">',
        field='<parameter name="{key}">{value}</parameter>',
        end="</invoke>",
        close=_CLOSE,
    ),
    (_OPEN,),
)
_json = tagged_json(_OPEN, _CLOSE)


def read(text: str, start: int, payload: int) -> Reading | None:
    """The calls of one wrapper, in either form."""
    return _FIELDS.read(text, start, payload) or _json(text, start, payload)


FORMAT = replace(_FIELDS, read=read)
