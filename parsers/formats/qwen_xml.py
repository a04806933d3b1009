"""Qwen3-Coder XML: `<function=NAME><parameter=KEY>VALUE</parameter></function>` in `<tool_call>`.

Grammar: one function in each tag, usually a line for each element; the outer tag is often missing.
A value is text: exactly one line break on each side is framing and nothing is unescaped; the tool's
schema gives it a type. `</function>` may be missing in front of `</tool_call>`; a missing closer of
a parameter is a repair if the next parameter follows. A function that holds JSON is
`functionary31.py`'s. Emitted by Qwen3-Coder, Qwen 3.5, Nemotron 3,
Step 3.5 and MiMo, which writes no line breaks.
Source: tokenizer files of Qwen/Qwen3-Coder-480B-A35B-Instruct, read 2026-11.
"""

from __future__ import annotations

from ..dialects import Dialect
from ..field_formats import Layout, field_format

_NAMED = r"[^<>\n]{1,200}"
DIALECT = Dialect(
    call_start="<function=",
    call_rest=f"(?P<name>{_NAMED})>",
    call_end="</function>",
    key_start="<parameter=",
    key_rest=f"(?P<key>{_NAMED})>",
    value_end="</parameter>",
    outer=("<tool_call>",),
    outer_end=("</tool_call>",),
    framed=True,
    elsewhere=rf"<function={_NAMED}>\s*\{{",
)
LAYOUT = Layout(
    call="<tool_call>\n<function={name}>\n",
    field="<parameter={key}>\n{value}\n</parameter>\n",
    end="</function>\n</tool_call>",
    joint="\n",
)
FORMAT = field_format("qwen_xml", DIALECT, LAYOUT, ("<tool_call>", "<function="), rank=30)
