"""Calls written as Python: literals only, nothing evaluated, named repairs, good siblings kept."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import FaultKind, ParseStatus, parse, render

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)  # fmt: skip


def read(source: str) -> dict[str, Any]:
    (call,) = parse(f"<|tool_call_start|>[f(a={source})]<|tool_call_end|>").calls
    found: dict[str, Any] = call.arguments
    return found


@given(values)
def test_every_python_literal_reads_as_python_reads_it(value: Any) -> None:
    source = repr(value)
    assert json.dumps(read(source)["a"]) == json.dumps(ast.literal_eval(source))


@pytest.mark.parametrize(
    ("source", "value", "repair"),
    [
        ("07", 7, "leading_zeros"),
        ("{'x', 'y'}", ["x", "y"], "python_container"),
        ("(1, 2)", [1, 2], "python_container"),
        ("true", True, "json_literal"),
        ("'two\nlines'", "two\nlines", "raw_control"),
        ("'it's fine'", "it's fine", "unescaped_quotes"),
        ("'sed -n '1,5p' /a/b.py'", "sed -n '1,5p' /a/b.py", "unescaped_quotes"),
        ("'it's " + "don't " * 2000 + "'", "it's " + "don't " * 2000, "unescaped_quotes"),
        (r"'it's f(\'x\')] or so'", "it's f('x')] or so", "unescaped_quotes"),
    ],
)
def test_repairs_are_named(source: str, value: Any, repair: str) -> None:
    (call,) = parse(f"<|tool_call_start|>[f(a={source})]<|tool_call_end|>").calls
    assert call.arguments == {"a": value}
    assert [one.kind for one in call.repairs] == [repair]


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("'a' 'b'", "ab"),
        ("(5)", 5),
        ("0x1F", 31),
        ("-1_000", -1000),
        ("'''x'y'''", "x'y"),
        (r"r'\d'", r"\d"),
        (r"'\x41\u00e9\,'", "A\u00e9\\,"),
        ("{'a': {'b': [1, {}]},}", {"a": {"b": [1, {}]}}),
        ("[],", []),
    ],
)
def test_forms_that_python_allows_need_no_repair(source: str, value: Any) -> None:
    assert read(source) == {"a": value}


@pytest.mark.parametrize(
    "source",
    [
        "os.environ",
        "__import__('os').system('x')",
        "'a' + 'b'",
        "[x for x in y]",
        "f'{x}'",
        "1 if x else 2",
        "b'a'",
        "nan",
        "1e999",
        "9" * 5000,
        "[" * 200 + "]" * 200,
        "'a', 5",
        "1, a=2",
        "{1: 2}",
        "{'a': 1, 'b'}",
    ],
    ids=lambda source: source[:20],
)
def test_what_is_no_literal_is_never_run(source: str) -> None:
    turn = parse(f"<|tool_call_start|>[f(a={source})]<|tool_call_end|>")
    assert turn.calls == ()
    assert [fault.kind for fault in turn.faults] == [FaultKind.BAD_ARGUMENTS]


def test_a_bad_call_does_not_take_the_good_ones_with_it(tools: Any) -> None:
    good, bad = "get_weather(city='Rome')", "get_weather(city=home)"
    for text in (
        f"[{bad}, {good}]",
        f"[{good}, {bad}]",
        f"<function_calls>\n{bad}\n{good}\n</function_calls>",
        f"<|tool_call_start|>[{good}, {bad}]<|tool_call_end|>",
    ):
        turn = parse(text, tools)
        assert [call.arguments for call in turn.calls] == [{"city": "Rome"}], text
        assert [fault.kind for fault in turn.faults] == [FaultKind.BAD_ARGUMENTS]


@pytest.mark.parametrize("name", ["pythonic", "lfm2", "olmo3"])
def test_a_call_that_is_cut_anywhere_is_never_run_in_part(name: str, tools: Any) -> None:
    arguments = {"city": "it's Paris", "days": 3}
    text = render([("get_weather", arguments)], name)
    for end in range(1, len(text)):
        turn = parse(text[:end], tools)
        assert all(call.arguments == arguments for call in turn.calls), text[:end]


def test_python_in_an_answer_is_only_text(tools: Any) -> None:
    for text in (
        "See [get_weather(city='a')](https://example.com).",
        "It calls [get_weather(city='a')] and then waits.",
        "```python\nimport x\nget_weather(city='a')\n```",
        "```python\nprint(x)\n```",
        "Use `[get_weather(city='a')]` for that, ok?",
        "[later()]",
    ):
        assert parse(text, tools).status is ParseStatus.MESSAGE, text


def test_a_fence_of_calls_is_a_call(tools: Any) -> None:
    for fence in ("python", "tool_code"):
        turn = parse(f"```{fence}\nget_weather(city='Rome')\n```", tools)
        assert [call.arguments for call in turn.calls] == [{"city": "Rome"}]
        assert turn.content == ""


def test_the_list_needs_no_marker_if_it_names_an_offered_tool(tools: Any) -> None:
    turn = parse("One moment.\n[get_weather(city='Rome')]\nDone.", tools)
    assert [call.arguments for call in turn.calls] == [{"city": "Rome"}]
    assert parse("[fly(to='Rome')]", tools).faults[0].kind is FaultKind.UNKNOWN_TOOL


def test_a_misquoted_argument_is_looked_for_only_so_far() -> None:
    near, far = (
        f"<|tool_call_start|>[f(a='it's {'x' * n}')]<|tool_call_end|>" for n in (9_000, 99_000)
    )
    assert parse(near).calls[0].arguments == {"a": "it's " + "x" * 9_000}
    assert parse(far).calls == ()
