from __future__ import annotations

from typing import Any

import pytest

from agent_env import load_domain
from agent_env.play.shown import change_lines, changes, new_changes, tool_lines, type_name
from agent_env.tool_spec import ToolSpec
from agent_env.types import Effect


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        (None, {"t k": "deleted"}),
        ({"f": {"before": 1, "after": 2}}, {"t k f": "1 -> 2"}),
        ({"f": {"after": "x"}}, {"t k f": '(nothing) -> "x"'}),
        ({"f": {"before": "x"}}, {"t k f": '"x" -> (nothing)'}),
        (
            {"f": {"before": {"a": [1, 2], "b": 3}, "after": {"a": [1, 5], "b": 3, "c": 4}}},
            {"t k f.a[1]": "2 -> 5", "t k f.c": "(nothing) -> 4"},
        ),
        ({"f": {"before": [1], "after": [1, 2]}}, {"t k f": "[1] -> [1, 2]"}),
        ({"f": {"before": [], "after": {}}}, {"t k f": "[] -> {}"}),
    ],
)
def test_a_diff_is_told_place_by_place(fields: Any, lines: dict[str, str]) -> None:
    assert changes({"t": {"k": fields}}) == lines


def test_a_long_value_is_cut() -> None:
    (line,) = changes({"t": {"k": {"f": {"after": "x" * 999}}}}).values()
    assert len(line) < 200
    assert line.endswith("...")


def test_only_news_is_told_after_a_turn() -> None:
    assert change_lines({}) == "  nothing changed"
    assert new_changes({"a": "1 -> 2", "b": "x"}, {"a": "1 -> 3", "c": "y"}) == (
        "  a: 1 -> 3\n  c: y\n  b: as it was"
    )


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        ({"type": "string"}, "string"),
        ({"type": "array", "items": {"type": "integer"}}, "list of integer"),
        ({"type": "array"}, "list of anything"),
        ({"type": ["string", "null"]}, "string | null"),
        ({"anyOf": [{"type": "number"}, {"enum": ["a", 1]}]}, 'number | "a" | 1'),
        ({}, "anything"),
    ],
)
def test_a_type_in_a_word(schema: dict[str, Any], name: str) -> None:
    assert type_name(schema) == name


def test_a_tool_says_what_it_takes_and_whether_it_changes_anything() -> None:
    spec = ToolSpec(
        name="dim",
        description="Dim the light.",
        parameters={
            "properties": {"room": {"type": "string"}, "level": {"type": "integer"}},
            "required": ["room"],
        },
        effect=Effect.WRITE,
        function=lambda state, **_: None,
    )
    shown = "dim(room: string, [level: integer])  (write)\n    Dim the light."
    assert tool_lines([spec]) == shown
    lines = tool_lines(load_domain("retail").tools)
    assert "list of string" in lines
    assert "get_order(order_id: string)\n" in lines
