"""Gemma's brace notation: quotes of its own, bare values, and the schema's last word."""

from __future__ import annotations

from typing import Any

import pytest

from parsers import FaultKind, parse, render

Q = '<|"|>'


def call(inside: str, tools: Any = None) -> Any:
    return parse(f"<|tool_call>call:{inside}<tool_call|>", tools)


@pytest.mark.parametrize(
    ("inside", "arguments"),
    [
        (f"f{{a:{Q}x }}, y] {{ z:{Q}}}", {"a": "x }, y] { z:"}),
        (f'f{{a:{Q}say "hi" \\ <|" {Q}}}', {"a": 'say "hi" \\ <|" '}),
        (f"f{{a:[{Q}b, c{Q},1,true,null,[]],d:{{}}}}", {"a": ["b, c", 1, True, None, []], "d": {}}),
        (f"f{{{Q}odd key{Q}:word,b:-1.5}}", {"odd key": "word", "b": -1.5}),
        (f"f{{a:{Q}{Q}}}", {"a": ""}),
        (f"f{{a:{Q}one {Q} more{Q}}}", {"a": f"one {Q} more"}),
        ("f{}", {}),
        ('f{a:"json, {string}"}', {"a": "json, {string}"}),
    ],
)
def test_values(inside: str, arguments: dict[str, Any]) -> None:
    (found,) = call(inside).calls
    assert (found.arguments, found.repairs) == (arguments, ())


def test_the_schema_decides_about_bare_values(tools: Any) -> None:
    (found,) = call("get_weather{city:75000,days:3}", tools).calls
    assert (found.arguments, found.faults) == ({"city": "75000", "days": 3}, ())
    assert call("get_weather{city:75000,days:3}").calls[0].arguments["city"] == 75000
    assert call("get_weather{city:a,days:5.0}", tools).calls[0].arguments["days"] == 5


def test_functiongemma_quotes_numbers_too(tools: Any) -> None:
    e = "<escape>"
    text = (
        f"<start_function_call>call:get_weather{{city:{e}Rome{e},days:{e}3{e}}}<end_function_call>"
    )
    (found,) = parse(text, tools).calls
    assert (found.arguments, found.repairs) == ({"city": "Rome", "days": 3}, ())


@pytest.mark.parametrize(
    "inside", ["f no brace", "f{a b}", "f{a:}", "f{a:1}]", "f{a:1}then", "f{a:[1}"]
)
def test_what_does_not_read_is_a_fault_and_the_next_call_is_read(inside: str) -> None:
    turn = parse(f"<|tool_call>call:{inside}<tool_call|><|tool_call>call:g{{x:1}}<tool_call|>")
    assert [(one.name, one.arguments) for one in turn.calls] == [("g", {"x": 1})]
    assert [fault.kind for fault in turn.faults] == [FaultKind.BAD_ARGUMENTS]


@pytest.mark.parametrize("name", ["gemma4", "functiongemma"])
def test_a_call_that_is_cut_anywhere_is_never_run_in_part(name: str, tools: Any) -> None:
    arguments = {"city": "Paris", "days": 3}
    text = render([("get_weather", arguments)], name)
    for end in range(1, len(text)):
        turn = parse(text[:end], tools)
        assert all(one.arguments == arguments for one in turn.calls), text[:end]


def test_a_missing_closer_is_a_repair(tools: Any) -> None:
    (found,) = parse(f"<|tool_call>call:get_weather{{city:{Q}Rome{Q}}}", tools).calls
    assert [repair.kind for repair in found.repairs] == ["missing_closer"]


def test_nesting_is_capped() -> None:
    deep = "f{a:" + "[" * 150 + "]" * 150 + "}"
    assert [fault.kind for fault in call(deep).faults] == [FaultKind.BAD_ARGUMENTS]
