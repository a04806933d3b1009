"""Typing and checking of arguments, and the refusal of wrong schemas."""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import FaultKind, ParseStatus, parse
from parsers.schema import coerce, mismatches
from parsers.tools import toolbox


def typed(value: Any, schema: dict[str, Any]) -> tuple[Any, int]:
    notes: list[str] = []
    return coerce(value, schema, lambda path, message: notes.append(message)), len(notes)


@pytest.mark.parametrize(
    ("value", "schema", "result"),
    [
        ("3", {"type": "integer"}, 3),
        (" -3 ", {"type": "integer"}, -3),
        ("3", {"type": "number"}, 3),
        ("3.5", {"type": "number"}, 3.5),
        ("True", {"type": "boolean"}, True),
        ("null", {"type": ["integer", "null"]}, None),
        ("null", {"type": "integer", "nullable": True}, None),
        ('["a"]', {"type": "array"}, ["a"]),
        ('{"a": "1"}', {"type": "object", "properties": {"a": {"type": "integer"}}}, {"a": 1}),
        ("5", {"anyOf": [{"type": "integer"}, {"type": "null"}]}, 5),
        ("5", {"type": "int"}, 5),
    ],
)
def test_text_becomes_what_it_says(value: str, schema: dict[str, Any], result: Any) -> None:
    read, notes = typed(value, schema)
    assert (read, type(read)) == (result, type(result))
    assert notes >= 1


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ("three", {"type": "integer"}),
        ("3.0", {"type": "integer"}),
        ("007", {"type": "integer"}),
        ("1e999", {"type": "number"}),
        ("9" * 30, {"type": "integer"}),
        ("yes", {"type": "boolean"}),
        ("[1", {"type": "array"}),
        ("{} {}", {"type": "object"}),
        ("5", {"type": "string"}),
        ("5", {"type": ["string", "integer"]}),
        ("5", {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        (5, {"type": "string"}),
        ("5", {}),
        ("5", True),
    ],
)
def test_everything_else_stays_as_it_came(value: Any, schema: Any) -> None:
    assert typed(value, schema) == (value, 0)


@given(number=st.integers(-(10**17), 10**17))
def test_every_integer_survives_its_text(number: int) -> None:
    assert typed(str(number), {"type": "integer"})[0] == number


def test_each_mismatch_has_its_path() -> None:
    schema = {
        "type": "object",
        "required": ["a", "z"],
        "additionalProperties": False,
        "properties": {
            "a": {"type": "array", "items": {"type": "object", "properties": {"b": {"const": 1}}}},
            "z": {"enum": ["x", "y"]},
        },
    }
    found = list(mismatches({"a": [{"b": 1}, {"b": 2}], "q": 0}, schema))
    assert {mismatch.path for mismatch in found} == {("a", 1, "b"), ("z",), ("q",)}
    assert list(mismatches({"a": [], "z": "x"}, schema)) == []
    assert [mismatch.path for mismatch in mismatches(True, {"type": "integer"})] == [()]


def offered(part: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"function": {"name": "f", "parameters": {"type": "object", "properties": {"a": part}}}}
    ]


def test_rare_keywords_are_checked_by_the_library() -> None:
    text = '{"name": "f", "arguments": {"a": 7}}'
    (call,) = parse(text, offered({"type": "integer", "maximum": 5})).calls
    assert [fault.kind for fault in call.faults] == [FaultKind.INVALID_ARGUMENTS]
    assert "a of f" in call.faults[0].message
    assert parse(text, offered({"type": "integer", "maximum": 8})).calls[0].faults == ()


def test_without_the_library_the_common_keywords_still_count(monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    text = '{"name": "f", "arguments": {"a": "x"}}'
    (call,) = parse(text, offered({"type": "integer", "maximum": 6})).calls
    assert call.faults[0].kind is FaultKind.INVALID_ARGUMENTS


def test_a_schema_that_cannot_be_checked_is_a_fault_and_no_exception() -> None:
    text = '{"name": "f", "arguments": {"a": "x"}}'
    for part in ({"pattern": "("}, {"$ref": "#/nowhere"}):
        turn = parse(text, offered(part))
        assert turn.status is ParseStatus.CALLS
        assert "cannot be checked" in turn.calls[0].faults[0].message


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"type": "text"}, "type"),
        ({"type": 5}, "type"),
        ({"required": [5]}, "required"),
        ({"enum": 5}, "enum"),
        ({"properties": [5]}, "properties"),
        ({"items": 5}, "items"),
        ({"anyOf": [5]}, "anyOf[0]"),
        (5, ""),
    ],
)
def test_a_wrong_schema_raises_with_its_path(schema: Any, path: str) -> None:
    where = f"tools[0].function.parameters.properties.a{'.' * bool(path)}{path}"
    with pytest.raises(ValueError, match=re.escape(where)):
        toolbox(offered(schema))


def test_tools_are_recognised_again_by_their_entries() -> None:
    tools = offered({"type": "integer"})
    assert toolbox(tools) is toolbox(list(tools))
    assert toolbox(tools) is not toolbox(offered({"type": "integer"}))
    with pytest.raises(ValueError, match="offered twice"):
        toolbox([*tools, *tools])
