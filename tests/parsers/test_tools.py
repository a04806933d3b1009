"""The offered tools: which name is which, what plainly fits, and what is no tool at all."""

from __future__ import annotations

from typing import Any

import pytest

from parsers.tools import toolbox


def offered(*names: str) -> list[dict[str, Any]]:
    return [{"type": "function", "function": {"name": name}} for name in names]


def test_the_same_list_is_read_once() -> None:
    tools = offered("a", "b")
    assert toolbox(tools) is toolbox(tools)
    assert toolbox(tools) is toolbox(list(tools))
    assert toolbox(tools) is not toolbox(tools[:1])
    for _ in range(20):
        toolbox(offered("x"))
    assert toolbox(tools).tools is not None


def test_a_name_is_found_exactly_or_behind_a_prefix() -> None:
    box = toolbox(offered("get", "tool.get"))
    assert box.find(" get ")[0] == "get"
    found = box.find("functions.get")
    assert (found[0], found[1] is not None) == ("get", True)
    assert box.find("tool.get")[0] == "tool.get"
    assert box.find("Get")[1] is None
    assert box.find("functions.put") == ("put", None)


def test_without_tools_any_name_goes() -> None:
    box = toolbox(None)
    assert box.tools is None
    assert box.find("functions.anything") == ("anything", None)


def test_near_names() -> None:
    box = toolbox(offered("get_order_details", "list_orders"))
    assert box.nearest("get_order_detials") == "get_order_details"
    assert box.nearest("fly") == ""
    assert box.is_misspelling("GetOrderDetails")
    assert not box.is_misspelling("fly")
    assert not toolbox([]).is_misspelling("fly")


def test_what_plainly_fits_needs_no_closer_look(tools: Any) -> None:
    weather = toolbox(tools).find("get_weather")[1]
    assert weather is not None
    assert weather.fits({"city": "Paris", "days": 3})
    for bad in ({}, {"city": 3}, {"city": "P", "days": True}, {"city": "P", "x": "y"}):
        assert not weather.fits(bad)
    assert weather.check({"city": "Paris"}) == []
    assert weather.check({"days": 1})


def test_a_bare_function_schema_is_a_tool_too() -> None:
    assert toolbox([{"name": "f", "parameters": None}]).find("f")[1] is not None


@pytest.mark.parametrize("tools", [5, "abc", b"x", {"name": "f"}, [5], [None], [{"function": 5}]])
def test_no_list_of_schemas_is_a_type_error(tools: Any) -> None:
    with pytest.raises(TypeError, match=r"tools|tools\[0\]"):
        toolbox(tools)


@pytest.mark.parametrize(
    ("function", "path"),
    [
        ({}, "tools[0].function.name"),
        ({"name": ""}, "tools[0].function.name"),
        ({"name": "f", "parameters": []}, "tools[0].function.parameters"),
        ({"name": "f", "parameters": {"type": "array"}}, "parameters.type"),
        ({"name": "f", "parameters": {"properties": ["a"]}}, "parameters.properties"),
        (
            {"name": "f", "parameters": {"properties": {"a": {"type": "strng"}}}},
            "parameters.properties.a.type",
        ),
        ({"name": "f", "parameters": {"required": "a"}}, "parameters.required"),
        ({"name": "f", "parameters": {"required": [1]}}, "parameters.required"),
        (
            {"name": "f", "parameters": {"properties": {"a": {"items": 5}}}},
            "parameters.properties.a.items",
        ),
    ],
)
def test_a_wrong_schema_is_named_with_its_path(function: dict[str, Any], path: str) -> None:
    with pytest.raises(ValueError, match="tools") as caught:
        toolbox([{"type": "function", "function": function}])
    assert path in str(caught.value)


def test_a_tool_is_offered_once() -> None:
    with pytest.raises(ValueError, match=r"tools\[1\].*offered twice"):
        toolbox(offered("a", "a"))
