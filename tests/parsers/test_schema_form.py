"""Wrong schemas raise at once with their path; dialects become JSON Schema's own words."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import jsonschema
import pytest

from parsers import FaultKind, parse
from parsers.schema_form import check_schema, in_own_words
from parsers.tools import toolbox


def offered(part: Any) -> list[dict[str, Any]]:
    parameters = {"type": "object", "properties": {"a": part}}
    return [{"function": {"name": "f", "parameters": parameters}}]


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"type": "text"}, "type"),
        ({"type": 5}, "type"),
        ({"type": [["x"]]}, "type"),
        ({"required": [5]}, "required"),
        ({"enum": 5}, "enum"),
        ({"enum": {}}, "enum"),
        ({"enum": "abc"}, "enum"),
        ({"properties": [5]}, "properties"),
        ({"properties": {1: {}}}, "properties"),
        ({"items": 5}, "items"),
        ({"anyOf": [5]}, "anyOf[0]"),
        ({"pattern": "("}, "pattern"),
        ({"pattern": 5}, "pattern"),
        ({"minimum": "a"}, "minimum"),
        ({"maxLength": -1}, "maxLength"),
        ({"minItems": float("inf")}, "minItems"),
        ({"multipleOf": 0}, "multipleOf"),
        ({"uniqueItems": "yes"}, "uniqueItems"),
        ({"not": 3}, "not"),
        ({"additionalProperties": 3}, "additionalProperties"),
        ({"patternProperties": {"(": {}}}, "patternProperties"),
        ({"properties": {"b": {"if": {"$ref": 3}}}}, "properties.b.if.$ref"),
        ({"$defs": {"X": {"type": "text"}}}, "$defs.X.type"),
        (5, ""),
    ],
)
def test_a_wrong_schema_raises_with_its_path(schema: Any, path: str) -> None:
    where = f"tools[0].function.parameters.properties.a{'.' * bool(path)}{path}: "
    with pytest.raises(ValueError, match=re.escape(where)):
        toolbox(offered(schema))


def test_no_schema_is_too_deep_to_be_refused_in_words() -> None:
    deep: dict[str, Any] = {}
    for _ in range(3_000):
        deep = {"items": deep}
    with pytest.raises(ValueError, match="at most 64 levels"):
        toolbox(offered(deep))


@pytest.mark.parametrize("parameters", [True, False])
def test_parameters_are_an_object(parameters: bool) -> None:
    with pytest.raises(ValueError, match=r"tools\[0\]\.parameters: expected a JSON Schema object"):
        toolbox([{"name": "f", "parameters": parameters}])


@pytest.mark.parametrize(
    ("part", "good", "bad"),
    [
        ({"type": "float", "minimum": 0}, 2.5, -1),
        ({"type": "list", "minItems": 1}, [1], []),
        ({"type": ["int", "null"], "minimum": 0}, None, -1),
        ({"type": "integer", "nullable": True, "minimum": 1}, None, 0),
        ({"enum": ["x"], "type": "string", "nullable": True, "maxLength": 3}, None, "y"),
        ({"const": 5, "nullable": True}, None, 6),
        ({"anyOf": [{"type": "str"}], "nullable": True, "maxLength": 1}, None, 5),
        ({"enum": None, "anyOf": None, "type": "string", "maxLength": 3}, "abc", "abcd"),
        ({"items": [{"type": "integer"}], "additionalItems": False}, [1], [1, 2]),
        ({"minimum": 0, "exclusiveMinimum": True}, 1, 0),
        ({"maximum": 9, "exclusiveMaximum": False}, 9, 10),
        ({"type": "object", "properties": [], "minProperties": 1}, {"b": 1}, {}),
    ],
)
def test_a_dialect_is_checked_as_what_it_means(part: dict[str, Any], good: Any, bad: Any) -> None:
    plain = in_own_words({"properties": {"a": part}})
    jsonschema.Draft202012Validator.check_schema(plain)
    for value, faults in ((good, 0), (bad, 1)):
        (call,) = parse(f'{{"name": "f", "arguments": {json(value)}}}', offered(part)).calls
        assert len(call.faults) == faults, value
        assert all(fault.kind is FaultKind.INVALID_ARGUMENTS for fault in call.faults)
        assert "cannot be checked" not in str(call.faults)


def json(value: Any) -> str:
    import json as library

    return library.dumps({"a": value})


def test_data_in_a_schema_is_left_alone() -> None:
    data = {"type": "int", "nullable": True, "x": None}
    plain = in_own_words({"enum": [data], "default": data, "properties": {"type": {"type": "int"}}})
    assert plain == {
        "enum": [data],
        "default": data,
        "properties": {"type": {"type": "integer"}},
    }


def test_true_and_false_are_schemas() -> None:
    check_schema({"type": "object", "properties": {"a": True, "b": False}}, "x")


def test_checking_a_schema_needs_no_library() -> None:
    program = """
import sys
from parsers.tools import toolbox
part = {"type": "string", "pattern": "^a", "minLength": 1, "not": {"const": "b"}}
toolbox([{"name": "f", "parameters": {"properties": {"a": part}}}])
assert "jsonschema" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.stderr == b""
