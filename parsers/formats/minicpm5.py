"""MiniCPM5: `<function name="…"><param name="…">…</param></function>`, no wrapper.

Grammar: one element for each call, prose may stand between them. A value is text as it stands, or
one CDATA section that may hold anything; the schema gives it a type. A lone parameter `arguments`
or `properties` that holds an object is the whole of them, unless the tool has such a parameter.
The blank in front of `name` is sometimes lost or left as the byte of the tokenizer.
Source: the minicpm5 parser of vLLM 0.33.0 and its tests, read 2026-11.
"""

from __future__ import annotations

from ..dialects import Dialect
from ..field_formats import Layout, field_format

_BLANK = ("\u0120", "", " ")
FORMAT = field_format(
    "minicpm5",
    Dialect(
        call_start="<function[ \u0120]?name=",
        call_rest=r'"(?P<name>[^"\n]{1,200})"\s*>',
        call_end="</function>",
        key_start="<param[ \u0120]?name=",
        key_rest=r'"(?P<key>[^"\n]{1,200})"\s*>',
        value_end="</param>",
        wrapping=("arguments", "properties"),
        cdata=True,
    ),
    Layout(
        call='<function name="{name}">',
        field='<param name="{key}">{value}</param>',
        end="</function>",
        joint="\n",
    ),
    tuple(f'<function{blank}name="' for blank in _BLANK),
)
