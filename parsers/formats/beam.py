"""Beam: `<rfl:parameter name="…">` fields behind a harmony header that names the tool.

Grammar: parts with the headers of `channels.py`; a part for a tool is `to=NAME`, a channel,
`<|constrain|>xml<|message|>`, then the fields and `<|call|>`, or `<|end|>` between calls. One line
break on each side of a value belongs to the format; the schema gives types.
Source: the beam parser of vLLM 0.33.0 and its tests, read 2026-11.
"""

from __future__ import annotations

from dataclasses import replace

from ..channels import MARKERS, STARTS, close_part, read_header
from ..dialects import invoke_dialect
from ..drafts import Pairs, Reading, WireFormat
from ..field_formats import Layout, field_examples
from ..lenient_json import skip_space
from ..xml_params import FieldReader

_FIELD = '<rfl:parameter name="'
_DIALECT = replace(
    invoke_dialect("rfl:", framed=True, compact=True, unclosed=True),
    call_start=r"<\|start\|>",
    call_rest="(?!)",
    call_end="<|call|>",
    outer_end=("<|end|>", "<|eot|>", "<|return|>"),
)
_READER = FieldReader(_DIALECT)


def read(text: str, start: int, payload: int) -> Reading | None:
    """The call of one part, or None when its body is another format's."""
    header = read_header(text, start)
    if header is None or not header.calls:
        return None
    if not text.startswith(_FIELD, skip_space(text, header.end)):
        return None
    draft = _READER.read_body(text, start, header.end, header.recipient)
    return close_part(text, draft, start, draft.span[1])


_LAYOUT = Layout(
    call=" to={name}<|channel|>analysis <|constrain|>xml<|message|>",
    field='<rfl:parameter name="{key}">\n{value}\n</rfl:parameter>',
    end="<|call|>",
)


def render(calls: Pairs) -> str:
    """One part for each call."""
    parts = [f"<|start|>assistant{_LAYOUT.render([call])}" for call in calls]
    return "".join(part.replace("<|call|>", "<|end|>") for part in parts[:-1]) + parts[-1]


FORMAT = WireFormat(
    name="beam",
    markers=MARKERS,
    starts=STARTS,
    rank=36,
    typed=False,
    read=read,
    render=render,
    examples=field_examples(render, _DIALECT.value_end),
)
