from __future__ import annotations

from collections.abc import Callable

import pytest

from agent_env.domain import load_tools
from agent_env.domains.retail import reserved as shop
from agent_env.domains.retail import tools as tool_folder
from agent_env.domains.retail.prompt import BuiltPrompt, build_prompt, policy_text
from agent_env.domains.retail.world import COUNTRIES, REASONS
from parsers import ParseStatus, parse

TOOLS = {spec.name: spec for spec in load_tools(tool_folder)}
SCHEMAS = [spec.to_openai() for spec in TOOLS.values()]


@pytest.fixture(scope="module")
def built() -> BuiltPrompt:
    return build_prompt("retail", TOOLS, "hermes")


def test_golden_system_prompt(built: BuiltPrompt, golden: Callable[[str, str], None]) -> None:
    golden("prompts/rendered/retail.txt", f"{built.text}\n")


@pytest.fixture(scope="module")
def native() -> BuiltPrompt:
    return build_prompt("retail_native", TOOLS, "hermes")


def test_golden_native_system_prompt(
    native: BuiltPrompt, golden: Callable[[str, str], None]
) -> None:
    golden("prompts/rendered/retail_native.txt", f"{native.text}\n")


def test_the_native_prompt_states_the_same_rules_and_nothing_of_how_a_call_is_written(
    native: BuiltPrompt,
) -> None:
    assert policy_text() in native.text
    assert not native.examples
    assert parse(native.text).status is ParseStatus.MESSAGE
    assert not [mark for mark in ("{", "}", "<", "JSON", *TOOLS) if mark in native.text]


def test_the_prompt_states_rules_and_schemas(built: BuiltPrompt) -> None:
    assert policy_text() in built.text
    for text in (*COUNTRIES, *REASONS, *(f'"name": "{name}"' for name in TOOLS)):
        assert text in built.text


@pytest.mark.parametrize(
    "status",
    [
        *("pending", "processed", "delivered", "cancelled"),
        *("items modified", "return requested", "exchange requested"),
    ],
)
def test_the_rules_say_what_each_status_allows(status: str) -> None:
    section = policy_text().split("## Orders by status")[1].split("##")[0]
    assert status in section


@pytest.mark.parametrize("wire_format", ["hermes", "llama3_json", "qwen_xml", "mistral"])
def test_every_call_in_the_prompt_parses_as_shown(wire_format: str) -> None:
    built = build_prompt("retail", TOOLS, wire_format)
    for example in built.examples:
        turn = parse(example.text, SCHEMAS)
        assert turn.status is ParseStatus.CALLS
        assert [(call.name, call.arguments) for call in turn.calls] == [example.call]
        assert not turn.calls[0].repairs
        assert example.text in built.text


def test_the_prompt_as_a_whole_holds_no_other_call(built: BuiltPrompt) -> None:
    turn = parse(built.text, SCHEMAS)
    assert [(call.name, call.arguments) for call in turn.calls] == [
        example.call for example in built.examples
    ]
    assert not turn.faults


def test_the_examples_follow_the_rules_they_stand_under(built: BuiltPrompt) -> None:
    names = [name for name, _ in (example.call for example in built.examples)]
    assert names[0].startswith("identify")
    assert names.index("get_order") < names.index("get_product") < names.index("exchange_items")
    proposal, write = built.text.index("Shall I go ahead?"), built.text.index("You act:")
    assert proposal < built.text.index("Yes, please.") < write
    assert f"{shop.PROCESSED} is processed already" in built.text


def test_the_reserved_shop_is_new_at_each_call() -> None:
    shop.reserved()["users"].clear()
    assert shop.reserved()["users"]
