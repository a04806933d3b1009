"""MiniMax M3's nested elements: what nesting says and what only the schema does."""

from __future__ import annotations

from typing import Any

import pytest

from parsers import FaultKind, parse, render

P = "]<]minimax[>["


def read(inside: str, properties: dict[str, Any] | None = None) -> Any:
    schema = {"type": "object", "properties": properties or {}}
    tools = [{"type": "function", "function": {"name": "f", "parameters": schema}}]
    marked = inside.replace("<", f"{P}<")
    text = f'{P}<tool_call>\n{P}<invoke name="f">{marked}{P}</invoke>\n{P}</tool_call>'
    return parse(text, tools if properties is not None else None)


ITEMS = "<a><item>x</item><item>y</item></a>"


@pytest.mark.parametrize(
    ("inside", "properties", "arguments"),
    [
        ("<a><b><c>x</c></b></a>", None, {"a": {"b": {"c": "x"}}}),
        (ITEMS, None, {"a": ["x", "y"]}),
        (ITEMS, {"a": {"type": "object"}}, {"a": {"item": ["x", "y"]}}),
        (ITEMS, {"a": {"type": "array"}}, {"a": ["x", "y"]}),
        ("<a></a>", {"a": {"type": "array"}}, {"a": []}),
        ("<a></a>", {"a": {"type": "object"}}, {"a": {}}),
        ("<a></a>", {"a": {"type": "string"}}, {"a": ""}),
        ("<a> 7 </a>", {"a": {"type": "integer"}}, {"a": 7}),
        (
            "<a><item><n>1</n></item></a>",
            {"a": {"items": {"properties": {"n": {"type": "integer"}}}}},
            {"a": [{"n": 1}]},
        ),
        ("<a><tool_call>v</tool_call><invoke>w</invoke></a>", None,
         {"a": {"tool_call": "v", "invoke": "w"}}),
        ("<a>x</a><a>y</a>", None, {"a": ["x", "y"]}),
        ("", None, {}),
    ],
)  # fmt: skip
def test_arguments(inside: str, properties: Any, arguments: dict[str, Any]) -> None:
    (call,) = read(inside, properties).calls
    assert (call.arguments, call.faults, call.repairs) == (arguments, (), ())


@pytest.mark.parametrize(
    "inside", ["<a>x</b>", "<a>x", "x<a>y</a>", "<a>" * 140 + "</a>" * 140, "</a>"]
)
def test_tags_that_do_not_nest_are_a_fault(inside: str) -> None:
    turn = read(inside)
    assert turn.calls == ()
    assert [fault.kind for fault in turn.faults] == [FaultKind.BAD_ARGUMENTS]


def test_markup_in_a_text_is_text() -> None:
    pair = [("f", {"a": "<b>&amp;</b>\n ]<] </invoke>\n", "c": {"d": ["x", "<e>"]}})]
    (call,) = parse(render(pair, "minimax_m3")).calls
    assert [(call.name, call.arguments)] == pair
