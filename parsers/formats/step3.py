"""Step3: `<steptml:invoke name="…"><steptml:parameter name="…">…` in two tokens.

Here | stands for the full-width bar U+FF5C. Grammar: `<|tool_calls_begin|>`, for each call
`<|tool_call_begin|>function<|tool_sep|>`, the call, `<|tool_call_end|>`, then `<|tool_calls_end|>`.
All but the call itself may be missing. Values are text as they stand; the schema gives types.
Source: chat template of stepfun-ai/step3 and vLLM 0.33.0's tests, read 2026-11.
"""

from __future__ import annotations

from dataclasses import replace

from ..dialects import invoke_dialect
from ..field_formats import Layout, field_format


def _token(name: str) -> str:
    return f"<\uff5c{name}\uff5c>"


_BEGIN, _CALL = _token("tool_calls_begin"), _token("tool_call_begin")
_END, _CALL_END = _token("tool_calls_end"), _token("tool_call_end")
_SEP = _token("tool_sep")
_GAP = rf"(?:\s|<[be]os>|{_CALL_END}|{_CALL}(?:function{_SEP})?|function{_SEP}){{0,64}}"
_HEAD = f"{_CALL}function{_SEP}"
FORMAT = field_format(
    "step3",
    replace(invoke_dialect("steptml:", gap=_GAP), outer=(_BEGIN, _CALL), outer_end=(_END,)),
    Layout(
        open=f"{_BEGIN}\n",
        call=f'{_HEAD}<steptml:invoke name="{{name}}">\n',
        field='<steptml:parameter name="{key}">{value}</steptml:parameter>\n',
        end=f"</steptml:invoke>{_CALL_END}\n",
        close=_END,
    ),
    (_BEGIN, _CALL, '<steptml:invoke name="'),
    closers=(_CALL_END,),
)
