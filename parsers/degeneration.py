"""Tells a turn that ends in a loop from one that merely repeats itself.

A text whose tail has period p is found with the Z-function of the reversed tail, in time linear in
its window; a cheap necessary condition keeps normal text from paying for it. How often a period
must recur was chosen so that real code and JSON are never flagged (0 of 97,104 texts from 8,092
files of the Python standard library, torch, transformers and kernel benchmarks). It reads text and
changes nothing; training tokens stay raw.
"""

from __future__ import annotations

from dataclasses import dataclass

WINDOW = 4096
"""Characters at the end that are looked at."""
LEAST_COVERED = 320
"""Characters that a loop must cover."""
_PROBE = 40
"""Characters that must recur before the window is analysed; every loop repeats more than these."""
_NEEDED = ((1, 256), (2, 96), (4, 64), (8, 32), (16, 16), (32, 10), (128, 6), (512, 5), (WINDOW, 4))
"""Copies that a loop needs, by the longest period they hold for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """A periodic tail: text[start:end] repeats its first `period` characters `repeats` times."""

    start: int
    end: int
    period: int
    repeats: int


def find_loop(text: str, end: int) -> Loop | None:
    """The loop in which text[:end] ends, or None.

    Args:
        text: The turn.
        end: Offset behind the last character that counts, such as in front of end tokens.
    """
    if end < LEAST_COVERED:
        return None
    low = max(0, end - WINDOW)
    if text.find(text[end - _PROBE : end], low, end - 1) < 0:
        return None
    tail = text[low:end][::-1]
    for period, matched in enumerate(_z_function(tail)):
        covered = period + matched
        if not period or covered < LEAST_COVERED:
            continue
        if covered // period >= next(copies for longest, copies in _NEEDED if period <= longest):
            start = _extended(text, end - covered, period)
            return Loop(start=start, end=end, period=period, repeats=(end - start) // period)
    return None


def _z_function(text: str) -> list[int]:
    """For each offset, how many characters from there equal the beginning of the text."""
    length = len(text)
    matched = [0] * length
    left = right = 0
    for offset in range(1, length):
        size = min(right - offset, matched[offset - left]) if offset < right else 0
        while offset + size < length and text[size] == text[offset + size]:
            size += 1
        if offset + size > right:
            left, right = offset, offset + size
        matched[offset] = size
    return matched


def _extended(text: str, start: int, period: int) -> int:
    """The begin of a loop that reaches further left than the window."""
    # Doubling steps while they fit, then halving ones: slices are compared in C, and together
    # they are a small multiple of the loop.
    step = period
    growing = True
    while step:
        low = start - step
        if low >= 0 and text[low:start] == text[low + period : start + period]:
            start = low
            # A halved step may fit twice: halves are rounded, so one each would miss the begin.
            step = step * 2 if growing else step
        else:
            growing = False
            step //= 2
    return start
