"""The words for the model: every kind has its advice, and the caret stands under the fault."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import Fault, FaultKind, parse
from parsers.faults import RIGHT, excerpt, feedback


def fault(start: int, end: int, kind: FaultKind = FaultKind.BAD_ARGUMENTS) -> Fault:
    return Fault(kind=kind, span=(start, end), message="something is wrong")


def test_every_kind_says_what_would_have_been_right() -> None:
    assert set(RIGHT) == set(FaultKind)
    assert len(set(RIGHT.values())) == len(RIGHT)


def test_the_caret_is_as_wide_as_the_fault() -> None:
    text = "call f with {city is P} please"
    line, caret = excerpt(text, fault(12, 23)).split("\n")
    assert line[caret.index("^") : caret.rindex("^") + 1] == "{city is P}"


@given(st.text(max_size=200), st.integers(-5, 210), st.integers(-5, 210))
def test_an_excerpt_is_two_short_lines_or_nothing(text: str, start: int, end: int) -> None:
    shown = excerpt(text, fault(start, end))
    assert shown == "" or (shown.count("\n") == 1 and len(shown) < 200)
    assert all(char.isprintable() or char == "\n" for char in shown)


def test_the_third_fault_is_told_and_the_rest_counted() -> None:
    bad = "".join(f'<tool_call>{{"name": "x{i}", "arguments": {{}}}}</tool_call>' for i in range(5))
    said = parse(bad, []).feedback()
    assert said.count("^") > 3
    assert "'x2'" in said
    assert "'x3'" not in said
    assert "(2 more faults.)" in said
    assert said.endswith("Nothing was run.")


@pytest.mark.parametrize(
    "text", ["Hello.", '<tool_call>{"name": "f", "arguments": {}}</tool_call>']
)
def test_nothing_wrong_is_nothing_said(text: str) -> None:
    assert feedback(parse(text)) == ""
