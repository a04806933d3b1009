"""References inside a tool's schema give types as if they were written out."""

from __future__ import annotations

from typing import Any

import pytest

from parsers import FaultKind, parse
from parsers.schema_refs import linked

PLACE = {"type": "object", "properties": {"city": {"type": "string"}, "zip": {"type": "integer"}}}


def tool(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, **more}
    return {"type": "function", "function": {"name": "ship", "parameters": parameters}}


def call(value: str) -> str:
    return (
        "<tool_call>\n<function=ship>\n<parameter=to>\n"
        f"{value}\n</parameter>\n</function>\n</tool_call>"
    )


@pytest.mark.parametrize(
    "reference", [{"$ref": "#/$defs/Place"}, {"allOf": [{"$ref": "#/$defs/Place"}]}]
)
def test_a_referenced_type_is_read_and_checked_as_one_that_is_written_out(
    reference: dict[str, Any],
) -> None:
    tools = [tool({"to": reference}, **{"$defs": {"Place": PLACE}})]
    turn = parse(call('{"city": "Oslo", "zip": 150}'), tools)
    assert turn.calls[0].arguments == {"to": {"city": "Oslo", "zip": 150}}
    assert not turn.calls[0].faults
    turn = parse(call('{"city": "Oslo", "zip": "x"}'), tools)
    assert turn.calls[0].faults[0].kind is FaultKind.INVALID_ARGUMENTS


def test_a_type_that_contains_itself_ends() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}
    tools = [tool({"to": {"$ref": "#/$defs/Node"}}, **{"$defs": {"Node": node}})]
    assert parse(call('{"next": {"next": {}}}'), tools).calls[0].arguments == {
        "to": {"next": {"next": {}}}
    }


def test_a_type_that_contains_itself_is_typed_and_checked_at_every_level() -> None:
    node = {
        "type": "object",
        "properties": {
            "value": {"type": "integer"},
            "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
        },
    }
    tools = [tool({"to": {"$ref": "#/$defs/Node"}}, **{"$defs": {"Node": node}})]
    (read,) = parse(call('{"value": "1", "next": {"value": "2", "next": null}}'), tools).calls
    assert read.arguments["to"] == {"value": 1, "next": {"value": 2, "next": None}}
    assert not read.faults
    (read,) = parse(call('{"value": 1, "next": {"value": "two"}}'), tools).calls
    assert [fault.kind for fault in read.faults] == [FaultKind.INVALID_ARGUMENTS]


def test_definitions_that_double_stay_small() -> None:
    definitions = {
        f"D{number}": {
            "type": "object",
            "properties": {side: {"$ref": f"#/$defs/D{number + 1}"} for side in ("left", "right")},
        }
        for number in range(400)
    }
    definitions["D400"] = {"type": "integer"}
    tools = [tool({"to": {"$ref": "#/$defs/D0"}}, **{"$defs": definitions})]
    value = '{"left": ' * 20 + '"x"' + "}" * 20
    assert parse(call(value), tools).calls[0].faults


def test_forms_that_contain_each_other_take_no_exponential_time() -> None:
    both = [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}]
    definitions = {
        name: {"type": "object", "required": ["in"], "properties": {"in": {"anyOf": both}}}
        for name in ("A", "B")
    }
    tools = [tool({"to": {"$ref": "#/$defs/A"}}, **{"$defs": definitions})]
    deep = '{"in": ' * 60 + "5" + "}" * 60
    text = f'{{"name": "ship", "arguments": {{"to": {deep}}}}}'
    assert parse(text, tools).calls[0].faults


def test_what_stands_beside_a_reference_counts_too() -> None:
    schema = {
        "properties": {"a": {"$ref": "#/$defs/N", "description": "x"}, "b": {"$ref": "#/$defs/M"}},
        "$defs": {
            "N": {"type": "integer", "description": "y"},
            "M": {"$ref": "#/$defs/N", "type": "number"},
        },
    }
    found = linked(schema, "")["properties"]
    assert found["a"] == {"type": "integer", "description": "x"}
    assert found["b"] == {"allOf": [found["b"]["allOf"][0], {"type": "number"}]}
    assert found["b"]["allOf"][0]["type"] == "integer"


def test_what_has_no_reference_stays() -> None:
    plain = {"type": "object", "properties": {"to": PLACE, "$ref": {"type": "string"}}}
    assert linked(plain, "") is plain


@pytest.mark.parametrize(
    ("to", "definitions", "said"),
    [
        ({"$ref": "#/$defs/Gone"}, {}, "nothing stands at '#/$defs/Gone'"),
        ({"$ref": "https://example.com/s"}, {}, "a reference into the same schema"),
        ({"$ref": 3}, {}, "a reference into the same schema"),
        ({"$ref": "#/$defs/A"}, {"A": {"$ref": "#/$defs/A"}}, "leads back to itself"),
        ({}, {"A": {"allOf": [{"$ref": "#/$defs/A"}]}}, "contains itself without end"),
        ({}, {"A": {"anyOf": [{}, {"anyOf": [{"$ref": "#/$defs/A"}]}]}}, "contains itself"),
    ],
)
def test_a_reference_that_cannot_be_followed_raises_at_once(
    to: dict[str, Any], definitions: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match="parameters") as caught:
        parse("Hi.", [tool({"to": to}, **{"$defs": definitions})])
    assert said in str(caught.value)


def test_a_long_chain_of_definitions_is_followed() -> None:
    chain = {
        f"D{number}": {"type": "object", "properties": {"in": {"$ref": f"#/$defs/D{number + 1}"}}}
        for number in range(500)
    }
    chain["D500"] = {"type": "integer"}
    tools = [tool({"to": {"$ref": "#/$defs/D0"}}, **{"$defs": chain})]
    assert parse(call('{"in": {"in": {}}}'), tools).calls[0].faults == ()
