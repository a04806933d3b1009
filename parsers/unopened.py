"""Finds the end of a thought that nothing in the text opened, where the pass would step over it.

A draft that breaks off, or a turn mark that a thought only quotes, must not hide the end of that
thought: all before it was thinking. `scan.py` asks here before it steps over such a stretch.
Closers inside an argument that was read are text, and pairs that are opened here close themselves.
"""

from __future__ import annotations

import re
from typing import Any

from .drafts import Reading
from .literals import Soft
from .reasoning import CLOSERS, FAMILIES, HARMONY_CLOSER
from .spans import QUOTES
from .types import Span

_ALONE = CLOSERS - {HARMONY_CLOSER}
_MARKS = re.compile("|".join(map(re.escape, sorted({*_ALONE, *FAMILIES}, reverse=True))))
_OWN_TURN = re.compile(
    r"<\|(?:im_start|start_header_id|start|header_start)\|>\s*assistant|<start_of_turn>\s*model"
)


def unopened(text: str, start: int, end: int) -> Span | None:
    """Where the first closer stands that is neither opened in this stretch nor quoted."""
    found = _MARKS.search(text, start, end)
    absent: set[str] = set()
    while found is not None:
        literal, at = found.group(), found.end()
        if text[found.start() - 1 : found.start()] not in QUOTES:
            if literal in _ALONE:
                return found.span()
            closer = FAMILIES[literal]
            close = text.find(closer, at, end) if closer not in absent else -1
            if close >= 0:
                at = close + len(closer)
            else:
                absent.add(closer)
        found = _MARKS.search(text, at, end)
    return None


def behind_turn_mark(text: str, start: int) -> Span | None:
    """Where the thought ends that only quoted the turn mark at `start`.

    A header of the model's own behind the mark says that the closer belongs to that later turn.
    """
    close = unopened(text, start, len(text))
    return None if close is None or _OWN_TURN.search(text, start, close[0]) else close


def exact(reading: Reading) -> bool:
    """Whether all of it was understood as it stands, so that it hides no end of a thought."""
    if reading.thought is not None:
        return True
    for draft in reading.drafts:
        if draft.repairs or draft.fault is not None:
            return False
    return not reading.broken


def passed_over(text: str, reading: Reading, end: int, *, at_stake: bool) -> Span | None:
    """Where a thought ends inside of what a format read without understanding all of it.

    Args:
        text: The whole turn.
        reading: What was read, and not exactly.
        end: Where the pass would go on.
        at_stake: A call was found that is a draft if the thought ends here; else a closer inside
            of an open string is taken for a part of that string.
    """
    start = reading.span[0]
    close = unopened(text, start, end)
    if close is None:
        return None
    literal = text[close[0] : close[1]]
    if text.count(literal, start, end) <= _held(reading, literal):
        return None
    line = text[max(start, close[0] - 80) : close[0]].rstrip(" \t")
    if at_stake or line.endswith("\n"):
        return close
    quotes = text.count('"', start, close[0]) - text.count('\\"', start, close[0])
    return None if quotes % 2 else close


def _held(reading: Reading, literal: str) -> int:
    """How often the arguments that were read hold a literal."""
    count = 0
    rest: list[Any] = [draft.arguments for draft in reading.drafts]
    while rest:
        value = rest.pop()
        if isinstance(value, str):
            count += value.count(literal)
        elif isinstance(value, dict):
            rest.extend((*value, *value.values()))
        elif isinstance(value, list):
            rest.extend(value)
        elif isinstance(value, Soft):
            count += repr(value).count(literal)
    return count
