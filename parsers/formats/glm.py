"""GLM: `<tool_call>NAME<arg_key>KEY</arg_key><arg_value>VALUE</arg_value></tool_call>`.

Grammar: one tag for each call, pairs of keys and values, blanks between the elements (GLM 4.5 and
Ling 3 write a line break, 4.7 nothing). A value is text as it stands; the schema gives it a type.
A call without arguments is the bare name. Emitted by GLM 4.5 to 4.7, Ling 3, Poolside, Spark 2.5.
Source: chat templates of zai-org/GLM-4.5 and GLM-4.7, read 2026-11.
"""

from __future__ import annotations

from ..dialects import Dialect
from ..field_formats import Layout, field_format

NAME = r"(?!(?:user|User|human|Human)\b)(?P<name>[^\s<>{}\[\]\"'`]{1,200})"
DIALECT = Dialect(
    call_start="<tool_call>",
    # A blank on the same line and no arguments: the tags are spoken of in a sentence.
    call_rest=rf"(?![ \t][^<\n]*</tool_call>)\s*{NAME}\s*(?=<arg_key>|</tool_call>)",
    call_end="</tool_call>",
    key_start="<arg_key>",
    key_rest=r"(?P<key>[^\n]{1,200}?)</arg_key>\s*<arg_value>",
    value_end="</arg_value>",
    shared=True,
    cut=rf"\s*{NAME}\s*(?:<[arg_key>]{{0,7}})?\Z",
)
FORMAT = field_format(
    "glm",
    DIALECT,
    Layout(
        call="<tool_call>{name}\n",
        field="<arg_key>{key}</arg_key>\n<arg_value>{value}</arg_value>\n",
        end="</tool_call>",
        joint="\n",
    ),
    ("<tool_call>",),
    rank=60,
)
