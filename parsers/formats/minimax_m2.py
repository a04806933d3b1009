"""MiniMax M2: `<invoke name="…"><parameter name="…">…</parameter></invoke>` in a wrapper.

Grammar: `<minimax:tool_call>` around all calls, in other models that write such calls
`<function_calls>`; it may be missing. A value is text as it stands,
nothing is framed or unescaped; the tool's schema gives it a type.
Source: chat template of MiniMaxAI/MiniMax-M2, read 2026-11.
"""

from __future__ import annotations

from ..dialects import invoke_dialect
from ..field_formats import Layout, field_format

FORMAT = field_format(
    "minimax_m2",
    invoke_dialect(outer=("minimax:tool_call", "function_calls")),
    Layout(
        open="<minimax:tool_call>\n",
        call='<invoke name="{name}">\n',
        field='<parameter name="{key}">{value}</parameter>\n',
        end="</invoke>\n",
        close="</minimax:tool_call>",
    ),
    ("<minimax:tool_call>", "<function_calls>", '<invoke name="'),
)
