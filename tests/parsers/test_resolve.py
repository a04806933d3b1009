"""From what was written to a call of an offered tool, or to the fault that says why not."""

from __future__ import annotations

from typing import Any

import pytest

from parsers import Fault, FaultKind, ToolCall
from parsers.drafts import MISSING, Draft, faulty
from parsers.resolve import resolve, unknown_tool
from parsers.tools import toolbox

SPAN = (2, 9)


def resolved(tools: Any, name: Any, arguments: Any, layer: str = "hermes", **more: Any) -> Any:
    draft = Draft(name=name, arguments=arguments, span=SPAN, **more)
    return resolve(draft, toolbox(tools), "x" * 40, layer)


def call(result: Any) -> ToolCall:
    assert isinstance(result, ToolCall)
    return result


def kind(result: Any) -> FaultKind:
    assert isinstance(result, Fault)
    return result.kind


def test_an_exact_call_passes_unchanged(tools: Any) -> None:
    found = call(resolved(tools, "get_weather", {"city": "Paris"}, id="x1"))
    assert (found.name, found.arguments, found.span) == ("get_weather", {"city": "Paris"}, SPAN)
    assert (found.repairs, found.faults, found.id, found.format) == ((), (), "x1", "hermes")


def test_a_draft_with_a_fault_is_that_fault(tools: Any) -> None:
    draft = faulty(FaultKind.TRUNCATED, SPAN, "cut", "get_weather")
    assert resolve(draft, toolbox(tools), "", "hermes") is draft.fault


@pytest.mark.parametrize("name", [None, 5, {"a": 1}, [], "", "  "])
def test_a_name_that_is_no_text_is_malformed(name: Any, tools: Any) -> None:
    for offered in (tools, None):
        assert kind(resolved(offered, name, {})) is FaultKind.MALFORMED_CALL


@pytest.mark.parametrize("name", ["Get_weather", "getweather", "weather", "get_weather2"])
def test_only_the_exact_name_is_the_tool(name: str, tools: Any) -> None:
    assert kind(resolved(tools, name, {"city": "x"})) is FaultKind.UNKNOWN_TOOL


def test_a_namespace_is_dropped(tools: Any) -> None:
    for prefix in ("functions.", "tools."):
        assert call(resolved(tools, f"{prefix}get_weather", {"city": "x"})).name == "get_weather"


def test_the_fault_of_an_unknown_tool_helps(tools: Any) -> None:
    box = toolbox(tools)
    assert "did you mean get_weather?" in unknown_tool("get_wether", SPAN, box).message
    assert "offered are: get_weather" in unknown_tool("fly", SPAN, box).message
    assert "offered are: no tools" in unknown_tool("fly", SPAN, toolbox([])).message


@pytest.mark.parametrize("arguments", [MISSING, None, "", " ", "null", [], {}])
def test_nothing_is_an_empty_object_where_nothing_is_needed(arguments: Any, tools: Any) -> None:
    assert call(resolved(tools, "list_all", arguments)).arguments == {}
    if arguments != {}:
        assert kind(resolved(tools, "get_weather", arguments)) is FaultKind.BAD_ARGUMENTS


@pytest.mark.parametrize(
    "arguments", [5, True, [1], "Paris", "[1]", "3", '"x"', "{a}", '{"a": 1} b']
)
def test_what_is_no_object_is_bad(arguments: Any, tools: Any) -> None:
    assert kind(resolved(tools, "get_weather", arguments)) is FaultKind.BAD_ARGUMENTS


def test_a_string_is_decoded_and_only_openai_may_write_one(tools: Any) -> None:
    written = '{"city": "Paris"}'
    assert call(resolved(tools, "get_weather", written, "openai")).repairs == ()
    (repair,) = call(resolved(tools, "get_weather", written)).repairs
    assert repair.kind == "string_arguments"
    twice = call(resolved(tools, "get_weather", '"{\\"city\\": \\"Paris\\"}"', "openai"))
    assert (twice.arguments, len(twice.repairs)) == ({"city": "Paris"}, 1)


def test_arguments_outside_of_the_object_are_lost_arguments(tools: Any) -> None:
    lost = resolved(tools, "book", {"user": "a"}, beside=("seats",))
    assert kind(lost) is FaultKind.BAD_ARGUMENTS
    assert "seats stand outside" in lost.message
    twice = resolved(tools, "book", {"user": "a"}, beside=("seats", "seats"))
    assert twice.message.count("seats") == 1
    assert call(resolved(tools, "get_weather", {"city": "x"}, beside=("comment",)))


def test_what_has_no_type_is_typed_without_a_repair(tools: Any) -> None:
    written = {"city": "Paris", "days": "3"}
    typed = call(resolved(tools, "get_weather", dict(written), untyped=True))
    assert (typed.arguments["days"], typed.repairs) == (3, ())
    assert [fix.kind for fix in call(resolved(tools, "get_weather", written)).repairs] == [
        "coerced"
    ]


def test_what_does_not_fit_stays_and_is_a_fault_of_the_call(tools: Any) -> None:
    found = call(resolved(tools, "get_weather", {"city": "Paris", "days": "soon"}))
    assert found.arguments["days"] == "soon"
    assert [fault.kind for fault in found.faults] == [FaultKind.INVALID_ARGUMENTS]
    assert "days" in found.faults[0].message
