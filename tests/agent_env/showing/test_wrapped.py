"""Rows of raw text: nothing is lost, nothing is obeyed, and marks stand under what they mark."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from agent_env.showing.wrapped import visible, wrapped


def columns(row: str) -> int:
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in row
    )


def test_marks_stand_under_what_they_mark() -> None:
    assert list(wrapped('say {"a": 1 now', 40, [(4, 11)])) == [
        'say {"a": 1 now ',
        "    ^^^^^^^",
    ]


def test_a_mark_goes_over_rows_and_lines() -> None:
    rows = list(wrapped("one two three\nfour", 8, [(4, 18)]))
    assert rows == ["one two ", "    ^^^^", "three ", "^^^^^^", "four ", "^^^^"]


def test_an_empty_mark_shows_where_it_begins_at_the_end_too() -> None:
    assert list(wrapped("abc", 9, [(3, 3)])) == ["abc ", "   ^"]
    assert list(wrapped("", 9, [(0, 0)])) == [" ", "^"]


def test_wide_and_unprintable_letters_keep_marks_in_place() -> None:
    assert list(wrapped("语\tx", 20, [(2, 3)])) == ["语\\tx ", "    ^"]
    assert visible("\x1b[31m\ud800\u202e") == "\\x1b[31m\\ud800\\u202e"


def test_paint_goes_around_whole_stretches() -> None:
    assert next(wrapped("abcdef", 20, [(1, 3), (3, 4)], lambda text: f"<{text}>")) == "a<bcd>ef "


@given(st.text(max_size=120), st.integers(1, 30))
def test_every_character_is_shown_in_order_and_rows_are_short(text: str, width: int) -> None:
    rows = list(wrapped(text, width))
    assert "".join(rows).replace(" ", "") == visible(text.replace("\n", "")).replace(" ", "")
    assert all(row.isprintable() for row in rows)
    # The longest spelling of a letter has ten columns; a line break and the end are a blank.
    assert all(columns(row) <= max(width, 10) + 1 for row in rows)


@given(st.text(max_size=60), st.integers(0, 70), st.integers(0, 70), st.integers(1, 30))
def test_any_mark_is_survived(text: str, start: int, end: int, width: int) -> None:
    rows = list(wrapped(text, width, [(start, end)]))
    if start <= len(text):
        assert any(set(row) <= {"^", " "} and "^" in row for row in rows)
