"""Muse: `<atem:invoke name="…"><atem:parameter name="…">…</atem:parameter>` behind a header.

Grammar: parts with the headers of `channels.py`; a part for a tool (`to=NAME`) holds
`<atem:function_calls>` with its calls. `<|eom|>` stands between parts, `<|eot|>` behind the last.
`to=self` is thinking, `to=user` is for a person. Values are text; the schema gives types.
Source: the muse parser of vLLM 0.33.0 and its tests, read 2026-11.
"""

from __future__ import annotations

from ..channels import END, MARKERS, STARTS, read_header, read_other
from ..dialects import invoke_dialect
from ..drafts import Pairs, Reading, WireFormat
from ..field_formats import Layout, field_examples
from ..lenient_json import skip_space
from ..xml_params import FieldReader

_OPEN, _CALL = "<atem:function_calls>", '<atem:invoke name="'
_DIALECT = invoke_dialect("atem:", outer=("function_calls",))
_READER = FieldReader(_DIALECT)


def read(text: str, start: int, payload: int) -> Reading | None:
    """The calls of one part, or of a wrapper without its header."""
    header = None if text.startswith("<atem:", start) else read_header(text, start)
    if header is None:
        return _READER.read(text, start, payload)
    at = skip_space(text, header.end)
    if not header.calls:
        return read_other(text, start, header)
    if not text.startswith("<atem:", at):
        return None
    reading = _READER.read(text, at, at + len(_OPEN))
    if reading is None:
        return None
    end = END.match(text, skip_space(text, reading.span[1]))
    reading.span = (start, end.end() if end else reading.span[1])
    return reading


_LAYOUT = Layout(
    open=f"{_OPEN}\n",
    call=f'{_CALL}{{name}}">\n',
    field='<atem:parameter name="{key}">{value}</atem:parameter>\n',
    end="</atem:invoke>\n",
    close="</atem:function_calls>",
)


def render(calls: Pairs) -> str:
    """One part for each call."""
    parts = (
        f"<|start|>assistant to={call[0]}<|message|>{_LAYOUT.render([call])}" for call in calls
    )
    return f"{'<|eom|>'.join(parts)}<|eot|>"


FORMAT = WireFormat(
    name="muse",
    markers=(*MARKERS, _OPEN, _CALL),
    closers=(*_DIALECT.outer_end, _DIALECT.call_end),
    starts=STARTS,
    rank=38,
    typed=False,
    read=read,
    render=render,
    examples=field_examples(render, _DIALECT.value_end),
)
