"""References inside a tool's schema give types as if they were written out."""

from __future__ import annotations

from typing import Any

import pytest

from parsers import FaultKind, parse
from parsers.schema_refs import inlined

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


def test_definitions_that_double_stay_bounded() -> None:
    definitions = {
        f"D{number}": {
            "type": "object",
            "properties": {side: {"$ref": f"#/$defs/D{number + 1}"} for side in ("left", "right")},
        }
        for number in range(40)
    }
    schema = {"type": "object", "properties": {"to": {"$ref": "#/$defs/D0"}}, "$defs": definitions}
    assert len(str(inlined(schema))) < 2_000_000


def test_what_leads_nowhere_and_what_has_no_reference_stays() -> None:
    plain = {"type": "object", "properties": {"to": PLACE}}
    assert inlined(plain) is plain
    lost = {"type": "object", "properties": {"to": {"$ref": "#/$defs/Gone"}}}
    assert inlined(lost) == lost
    elsewhere = {"type": "object", "properties": {"to": {"$ref": "https://example.com/s"}}}
    assert inlined(elsewhere) == elsewhere
