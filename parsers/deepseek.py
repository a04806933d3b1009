"""The tokens of DeepSeek V3 and V3.1, whose formats differ only in where the name stands.

The tokens are written with a full-width bar (U+FF5C) and a lower block (U+2581). Exporters and
models replace them by `|` and `_`: such spellings are read too, as a repair.
"""

from __future__ import annotations

import re
from itertools import product

from .drafts import Draft, Reading
from .outside import Shape, read_call, read_section
from .types import Repair

_BAR, _GAP = "\uff5c", "\u2581"


def token(name: str, bar: str = _BAR, gap: str = _GAP) -> str:
    """A token by its words, such as "tool calls begin"."""
    return f"<{bar}{name.replace(' ', gap)}{bar}>"


def pattern(name: str) -> str:
    """A regular expression for all spellings of a token."""
    return f"<[{_BAR}|]{name.replace(' ', f'[{_GAP}_]')}[{_BAR}|]>"


def spellings(*names: str) -> tuple[str, ...]:
    """All spellings of these tokens; of the ASCII one too, which other families share."""
    return tuple(
        token(name, bar, gap) for name in names for bar, gap in product((_BAR, "|"), (_GAP, "_"))
    )


MARKERS = spellings("tool calls begin", "tool call begin")
CLOSERS = spellings("tool calls end", "tool call end")
_SECTION = re.compile(pattern("tool calls begin"))
_CANONICAL = (token("tool calls begin"), token("tool call begin"))


def shape(header: str) -> Shape:
    """The shape of a section with this header in front of the arguments."""
    return Shape(
        header=re.compile(header),
        opener=re.compile(pattern("tool call begin")),
        closer=re.compile(pattern("tool call end")),
        section_end=re.compile(pattern("tool calls end")),
    )


def read_with(text: str, start: int, payload: int, form: Shape) -> Reading | None:
    """The calls of a section, or one call that stands outside of one."""
    if _SECTION.match(text, start):
        reading = read_section(text, start, payload, form)
    else:
        call = read_call(text, start, payload, form)
        reading = Reading(drafts=[call[0]], span=(start, call[1])) if call else None
    if reading is not None and not text.startswith(_CANONICAL, start):
        for draft in reading.drafts:
            _note(draft, (start, payload))
    return reading


def _note(draft: Draft, span: tuple[int, int]) -> None:
    message = "read tokens that were spelled with ASCII characters"
    draft.repairs.append(Repair(kind="marker_spelling", span=span, message=message))
