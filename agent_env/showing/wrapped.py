"""A raw text as rows of a terminal, with marks under stretches of it.

Place in the flow: `page` shows what a model wrote with it. Every character is seen: what a terminal
would obey or swallow (escapes, tabs, lone surrogates) is spelt out, so no recorded text can paint
on the screen. Rows break at blanks where there are any.

What it does not do: no colours but the ones it is given, and nothing is left out.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence

Span = tuple[int, int]
Cell = tuple[int, str, int]
"""Offset in the text, what is printed for the character, and its columns."""


def wrapped(
    text: str, width: int, marks: Sequence[Span] = (), paint: Callable[[str], str] = str
) -> Iterator[str]:
    """The rows of the text, each marked one followed by a row of `^` under what is marked.

    Args:
        text: Anything.
        width: Columns of a row; at least 1.
        marks: Half-open offsets into the text; an empty one marks where it begins.
        paint: Given what is marked within a row; what it returns is printed in its place.
    """
    reached = [(start, max(end, start + 1)) for start, end in marks]
    for row in _rows(text, max(1, width)):
        is_marked = [any(start <= at < end for start, end in reached) for at, _, _ in row]
        if not any(is_marked):
            yield "".join(shown for _, shown, _ in row)
            continue
        yield _painted(row, is_marked, paint)
        yield "".join(
            ("^" if marked else " ") * columns
            for (_, _, columns), marked in zip(row, is_marked, strict=True)
        ).rstrip()


def visible(text: str) -> str:
    """The text in one row, with all that does not print spelt out."""
    return "".join(_cell(0, char)[1] for char in text)


def _painted(row: Sequence[Cell], is_marked: Sequence[bool], paint: Callable[[str], str]) -> str:
    """The row, each of its marked stretches painted as a whole."""
    parts, stretch = [], ""
    for (_, shown, _), marked in zip(row, is_marked, strict=True):
        if marked:
            stretch += shown
            continue
        parts += [paint(stretch), shown] if stretch else [shown]
        stretch = ""
    return "".join([*parts, paint(stretch) if stretch else ""]).rstrip("\n")


def _rows(text: str, width: int) -> Iterator[list[Cell]]:
    """The rows as cells; a line break and the end of the text are cells of one blank."""
    row: list[Cell] = []
    columns = blank = 0  # blank: cells of the row up to behind its last blank
    for at, char in enumerate(text):
        if char == "\n":
            yield [*row, (at, " ", 1)]
            row, columns, blank = [], 0, 0
            continue
        cell = _cell(at, char)
        if columns + cell[2] > width and row:
            cut = blank or len(row)
            yield row[:cut]
            row = row[cut:]
            columns, blank = sum(one[2] for one in row), 0
        row.append(cell)
        columns += cell[2]
        blank = len(row) if char == " " else blank
    yield [*row, (len(text), " ", 1)]


def _cell(at: int, char: str) -> Cell:
    if not char.isprintable():
        spelt = char.encode("unicode_escape", "surrogatepass").decode("ascii")
        return (at, spelt, len(spelt))
    if unicodedata.combining(char):
        return (at, char, 0)
    return (at, char, 2 if unicodedata.east_asian_width(char) in "WF" else 1)
