"""Walks every tool of every domain: a new tool is tested by being there."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from agent_env import Domain, Store, ToolEnv, ToolError, list_domains, load_domain
from agent_env.tool_spec import ToolSpec
from agent_env.types import Effect
from parsers import render

TOOLS = [(name, spec) for name in list_domains() for spec in load_domain(name).tools]
every_tool = pytest.mark.parametrize(
    ("domain_name", "spec"), TOOLS, ids=[f"{name}-{spec.name}" for name, spec in TOOLS]
)

HOSTILE: tuple[Any, ...] = ("", "#W", "\ud800", "x" * 5_000, "'; drop", None, 1, 1e9, [], {}, True)


def arguments(spec: ToolSpec, value: Any) -> dict[str, Any]:
    return dict.fromkeys(spec.parameters["properties"], value)


@every_tool
def test_the_schema_is_valid_and_describes_everything(domain_name: str, spec: ToolSpec) -> None:
    Draft202012Validator.check_schema(spec.to_openai()["function"]["parameters"])
    assert spec.description.endswith(".")
    assert all(part["description"] for part in spec.parameters["properties"].values())


@every_tool
@pytest.mark.parametrize("value", HOSTILE, ids=repr)
def test_no_arguments_break_an_episode(domain_name: str, spec: ToolSpec, value: Any) -> None:
    domain: Domain = load_domain(domain_name)
    env = ToolEnv(domain, domain.tasks(1)[0])
    env.reset()
    result = env.step(render([(spec.name, arguments(spec, value))]))
    assert env.infra_error is None
    assert result.messages[0]["role"] == "tool"
    result.messages[0]["content"].encode()
    assert len(result.messages[0]["content"]) < 1_000
    assert env.diff() == {}


@pytest.mark.parametrize(
    ("domain_name", "spec"), [one for one in TOOLS if load_domain(one[0]).referee is None]
)
def test_a_reading_tool_changes_nothing_and_a_writing_tool_can(
    domain_name: str, spec: ToolSpec
) -> None:
    domain: Domain = load_domain(domain_name)
    wrote = False
    for task in domain.tasks(60):
        store = Store(domain.base)
        for name, given in task.gold_calls:
            before = store.state_hash()
            domain.tool(name).call(store, given)
            wrote |= name == spec.name and store.state_hash() != before
    for table in domain.base.tables():
        for key in domain.base.table(table):
            store = Store(domain.base)
            try:
                spec.call(store, arguments(spec, key))
            except ToolError:
                continue
            wrote |= bool(store.diff())
    assert wrote is (spec.effect is not Effect.READ)
