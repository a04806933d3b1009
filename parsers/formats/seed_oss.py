"""Seed-OSS: Qwen3-Coder's XML in `<seed:tool_call>`.

Grammar: as `qwen_xml`, other wrapper. One line break on each side of a value belongs to the format.
Source: chat template of ByteDance-Seed/Seed-OSS-36B-Instruct, read 2026-11.
"""

from __future__ import annotations

from dataclasses import replace

from ..field_formats import field_format
from .qwen_xml import DIALECT, LAYOUT

_OPEN, _CLOSE = "<seed:tool_call>", "</seed:tool_call>"
FORMAT = field_format(
    "seed_oss",
    replace(DIALECT, outer=(_OPEN,), outer_end=(_CLOSE,)),
    replace(LAYOUT, call=LAYOUT.call.replace("<", "<seed:", 1), end=f"</function>\n{_CLOSE}"),
    (_OPEN,),
)
