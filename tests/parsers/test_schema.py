"""Typing and checking of arguments, and the refusal of wrong schemas."""

from __future__ import annotations

import sys
from typing import Any

import jsonschema
import pytest

from parsers import FaultKind, parse
from parsers.schema import fits, mismatches, needs_library
from parsers.tools import toolbox


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


def test_tools_are_recognised_again_by_their_entries() -> None:
    tools = offered({"type": "integer"})
    assert toolbox(tools) is toolbox(list(tools))
    assert toolbox(tools) is not toolbox(offered({"type": "integer"}))
    with pytest.raises(ValueError, match="offered twice"):
        toolbox([*tools, *tools])


@pytest.mark.parametrize(
    ("value", "schema", "right"),
    [
        (True, {"enum": [0, 1]}, False),
        (1, {"const": True}, False),
        ([1], {"const": [True]}, False),
        (1.0, {"enum": [1]}, True),
        ({"x_a": "s"}, {"patternProperties": {"^x_": {"type": "integer"}}}, False),
        (
            {"x_a": 1},
            {"patternProperties": {"^x_": {}}, "additionalProperties": False},
            True,
        ),
        ({"y": 1}, {"patternProperties": {"^x_": {}}, "additionalProperties": False}, False),
        ([1, "a"], {"prefixItems": [{"type": "integer"}], "items": {"type": "string"}}, True),
        (["a"], {"prefixItems": [{"type": "integer"}]}, False),
        (5, {"allOf": [{"type": "integer"}, {"enum": [6]}]}, False),
        ({"a": 1}, {"properties": {"a": False}}, False),
    ],
)
def test_common_keywords_mean_what_the_standard_says(
    value: Any, schema: dict[str, Any], right: bool
) -> None:
    assert fits(value, schema) is right
    assert jsonschema.Draft202012Validator(schema).is_valid(value) is right
    assert not needs_library(schema)


def test_a_value_too_deep_for_the_library_is_a_fault_and_no_exception() -> None:
    part = {"type": "object", "minProperties": 1, "properties": {"a": {"$ref": "#/$defs/Deep"}}}
    tools = offered({"$ref": "#/$defs/Deep"})
    tools[0]["function"]["parameters"]["$defs"] = {"Deep": part}
    deep = '{"a": ' * 100 + "{}" + "}" * 100
    (call,) = parse(f'{{"name": "f", "arguments": {{"a": {deep}}}}}', tools).calls
    assert [fault.kind for fault in call.faults][:1] == [FaultKind.INVALID_ARGUMENTS]
