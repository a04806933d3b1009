"""Typing of texts: only what says just that, in a copy, through every way to write a type."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import parse
from parsers.coercion import coerce


def typed(value: Any, schema: Any) -> tuple[Any, int]:
    notes: list[str] = []
    return coerce(value, schema, lambda path, message: notes.append(message)), len(notes)


@pytest.mark.parametrize(
    ("value", "schema", "result"),
    [
        ("3", {"type": "integer"}, 3),
        (" -3 ", {"type": "integer"}, -3),
        ("3", {"type": "number"}, 3),
        ("3.5", {"type": "number"}, 3.5),
        ("1.50e1", {"type": "number"}, 15.0),
        ("True", {"type": "boolean"}, True),
        ("null", {"type": ["integer", "null"]}, None),
        ("null", {"type": "integer", "nullable": True}, None),
        ('["a"]', {"type": "array"}, ["a"]),
        ('{"a": "1"}', {"type": "object", "properties": {"a": {"type": "integer"}}}, {"a": 1}),
        ("5", {"anyOf": [{"type": "integer"}, {"type": "null"}]}, 5),
        ("5", {"type": "int"}, 5),
        ("2", {"enum": [1, 2]}, 2),
        ("1", {"const": 1}, 1),
        ("true", {"enum": ["auto", True]}, True),
        ("5", {"allOf": [{"type": "integer"}, {"minimum": 1}]}, 5),
        ({"x": "1"}, {"additionalProperties": {"type": "integer"}}, {"x": 1}),
        ({"x": "1"}, {"patternProperties": {"^x": {"type": "integer"}}}, {"x": 1}),
        (["1", "2"], {"prefixItems": [{"type": "integer"}]}, [1, "2"]),
        (
            {"x": "1"},
            {"properties": {"x": {"type": "integer"}}, "anyOf": [{"required": ["x"]}]},
            {"x": 1},
        ),
    ],
)
def test_text_becomes_what_it_says(value: Any, schema: dict[str, Any], result: Any) -> None:
    before = copy.deepcopy(value)
    read, notes = typed(value, schema)
    assert (read, type(read)) == (result, type(result))
    assert notes >= 1
    assert value == before


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ("three", {"type": "integer"}),
        ("3.0", {"type": "integer"}),
        ("007", {"type": "integer"}),
        ("1e999", {"type": "number"}),
        ("1e-999", {"type": "number"}),
        ("123456789012345678.5", {"type": "number"}),
        ("9" * 30, {"type": "integer"}),
        ("yes", {"type": "boolean"}),
        ("[1", {"type": "array"}),
        ("{} {}", {"type": "object"}),
        ('{"a": 1, "a": 2}', {"type": "object"}),
        ("5", {"type": "string"}),
        ("5", {"type": ["string", "integer"]}),
        ("5", {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        ("1", {"enum": ["1", 1]}),
        ("1.0", {"enum": [1]}),
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


@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_only_if_its_text_says_just_that(number: float) -> None:
    text = repr(number)
    assert typed(text, {"type": "number"})[0] in (number, text)


KINDS = [
    {
        "properties": {"kind": {"const": "x"}, "a": {"type": "integer"}},
        "required": ["kind"],
    },
    {
        "properties": {"kind": {"const": "y"}, "a": {"type": "string"}, "n": {"type": "integer"}},
        "required": ["kind"],
    },
]


def test_a_form_that_does_not_fit_leaves_no_trace() -> None:
    value = {"kind": "y", "a": "7", "n": "5"}
    assert typed(value, {"anyOf": KINDS}) == ({"kind": "y", "a": "7", "n": 5}, 1)
    nowhere = {"kind": "z", "a": "7", "n": "5"}
    assert typed(nowhere, {"oneOf": KINDS}) == (nowhere, 0)


def test_repairs_list_all_that_was_typed() -> None:
    parameters = {"type": "object", "properties": {"v": {"anyOf": KINDS}, "w": {"enum": [1, 2]}}}
    text = '{"name": "f", "arguments": {"v": {"kind": "y", "a": "7", "n": "5"}, "w": "2"}}'
    (call,) = parse(text, [{"name": "f", "parameters": parameters}]).calls
    assert call.arguments == {"v": {"kind": "y", "a": "7", "n": 5}, "w": 2}
    assert [repair.message.split(":")[0] for repair in call.repairs] == ["v.n", "w"]
    assert not call.faults
