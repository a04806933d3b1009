"""Hunyuan V3: GLM's pairs behind `NAME<tool_sep>`, all calls in `<tool_calls>`.

Grammar: `<tool_calls>`, for each call `<tool_call>NAME<tool_sep>`, pairs as in `glm`
and `</tool_call>`, then `</tool_calls>`, which may be missing like its opener. A value is text as
it stands; the schema gives it a type.
Source: the hunyuan V3 parser of vLLM 0.33.0 and its tests, read 2026-11.
"""

from __future__ import annotations

from dataclasses import replace

from ..field_formats import Layout, field_format
from .glm import DIALECT, NAME

FORMAT = field_format(
    "hy_v3",
    replace(
        DIALECT,
        call_rest=rf"\s*{NAME}\s*<tool_sep>",
        outer=("<tool_calls>",),
        outer_end=("</tool_calls>",),
        cut="(?!)",
    ),
    Layout(
        open="<tool_calls>\n",
        call="<tool_call>{name}<tool_sep>\n",
        field="<arg_key>{key}</arg_key>\n<arg_value>{value}</arg_value>\n",
        end="</tool_call>\n",
        close="</tool_calls>",
    ),
    ("<tool_calls>", "<tool_call>"),
    rank=55,
)
