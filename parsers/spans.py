"""Stretches of the original text: joining, cutting out, and the fences that belong to a call.

Every span is a half-open pair of offsets into the text that was given to `parse`; nothing here
builds a shortened copy in which offsets would mean something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .types import Span

QUOTES = frozenset("`'\"\u201c\u2018")
"""What stands in front of a mark that is spoken of."""

_FENCE_OPEN = re.compile(r"(?:\A|(?<=\n))[ \t]*```[ \t]*[\w+-]{0,20}[ \t]*\n?[ \t\n]*\Z")
_FENCE_CLOSE = re.compile(r"\s*```(?=\s|\Z)")
_FENCE_REACH = 64
"""Characters before a call in which its opening fence is looked for: one line, no document."""


def with_fence(text: str, span: Span) -> Span:
    """The span, grown over a code fence that holds nothing else."""
    start, end = span
    low = max(0, start - _FENCE_REACH)
    if text.rfind("```", low, start) < 0:
        return span
    opener = _FENCE_OPEN.search(text[low:start])
    if opener is None:
        return span
    closer = _FENCE_CLOSE.match(text, end)
    if closer is None and text[end:].strip():
        return span
    return low + opener.start(), closer.end() if closer else len(text)


def rstripped(text: str, end: int) -> int:
    """Offset behind the last character of text[:end] that is not blank."""
    while end:
        low = max(0, end - 256)
        end = low + len(text[low:end].rstrip())
        if end > low:
            break
    return end


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same stretches in order, overlapping and touching ones joined."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def without(text: str, removed: Iterable[Span], stop: int) -> str:
    """The text up to `stop` without the removed stretches and the line breaks that framed them."""
    holes = merged(removed)
    if stop == len(text):
        if not holes:
            return text
        if holes[0] == (0, stop):
            return ""
    kept: list[str] = []
    pos = 0
    for start, end in [*holes, (stop, stop)]:
        piece = text[pos : min(start, stop)]
        if pos and (not kept or kept[-1].endswith("\n")):
            piece = piece.lstrip("\r\n")
        if piece.strip() or (piece and kept):
            kept.append(piece)
        pos = max(pos, end)
    content = "".join(kept).rstrip("\r\n")
    return content if content.strip() else ""
