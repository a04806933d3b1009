"""The words for the model: every kind has its advice, and the caret stands under the fault."""

from __future__ import annotations

from typing import Any

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


XML = "<tool_call>\n<function=get_weather>\n{}</function>\n</tool_call>"


def test_advice_is_in_the_format_that_the_model_used(tools: Any) -> None:
    said = parse(XML.format("Paris\n"), tools).feedback()
    assert "<function=tool>\n<parameter=key>\nvalue\n</parameter>" in said
    assert "JSON" not in said
    said = parse("[get_weather(city=)]", tools).feedback()
    assert "A call is written like this:\n[tool(key='value')]" in said.replace('"', "'")
    said = parse('<tool_call>{"name": "get_weather", "arguments": {x}}</tool_call>', tools)
    assert "as one JSON object" in said.feedback()


def test_the_name_of_an_argument_keeps_its_case(tools: Any) -> None:
    said = parse(XML.format("<parameter=city>\nParis")[:60], tools).feedback()
    assert said.startswith("city of get_weather")


def test_a_fault_of_the_whole_is_not_told_beside_that_of_its_part(tools: Any) -> None:
    for text in ('[{"name": "get_weather", "argu', '{"name": "get_weather", "argu'):
        said = parse(text, tools).feedback()
        assert said.startswith("The arguments of get_weather are missing."), said
        assert said.count("^\n") == 1
