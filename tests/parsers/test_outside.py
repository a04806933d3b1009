"""Calls whose name stands outside of their JSON arguments, in families that share the reader."""

from __future__ import annotations

from typing import Any

import pytest

from parsers import ParseStatus, parse, render

PARIS = [("get_weather", {"city": "Paris"})]
FAMILIES = ("kimi_k2", "deepseek_v3", "deepseek_v31", "plamo3", "mistral", "functionary31")


def found(text: str, tools: Any) -> list[tuple[str, Any]]:
    return [(call.name, call.arguments) for call in parse(text, tools).calls]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_bad_call_does_not_take_its_sibling(family: str, tools: Any) -> None:
    text = render([("set_alarm", {"time": "07:30"}), *PARIS], family)
    turn = parse(text.replace('{"time": "07:30"}', '{"time": 07:30'), tools)
    assert [(call.name, call.arguments) for call in turn.calls] == PARIS
    assert [fault.kind.value for fault in turn.faults] == ["bad_arguments"]


@pytest.mark.parametrize("family", FAMILIES)
def test_no_prefix_of_a_call_runs_with_other_arguments(family: str, tools: Any) -> None:
    text = render(PARIS, family)
    for cut in range(1, len(text)):
        turn = parse(text[:cut], tools)
        assert all(call.arguments == {"city": "Paris"} for call in turn.calls)
        if text[:cut].count("}") == 0:
            assert turn.status is not ParseStatus.CALLS


@pytest.mark.parametrize("family", [one for one in FAMILIES if one != "mistral"])
def test_stray_brackets_in_front_of_the_closer_are_listed(family: str, tools: Any) -> None:
    text = render(PARIS, family).replace('"Paris"}', '"Paris"}}]')
    turn = parse(text, tools)
    assert [(call.name, call.arguments) for call in turn.calls] == PARIS
    assert [repair.kind for repair in turn.calls[0].repairs] == ["stray_closer"]


@pytest.mark.parametrize("family", ["kimi_k2", "deepseek_v31", "plamo3"])
def test_empty_arguments_are_for_tools_without_parameters(family: str, tools: Any) -> None:
    for name, calls in (("list_all", [("list_all", {})]), ("get_weather", [])):
        text = render([(name, {})], family).replace("{}", "")
        assert found(text, tools) == calls


def test_kimi_calls_from_a_thought_that_never_closes(tools: Any) -> None:
    call = render(PARIS, "kimi_k2")
    turn = parse(f"<think>I will look {call}", tools)
    assert ([call.name for call in turn.calls], turn.reasoning) == (["get_weather"], "I will look")
    assert parse(f"I will look {call}", tools, "open").calls[0].name == "get_weather"
    closed = parse(f"<think>a draft: {call}</think>No.", tools)
    assert (closed.calls, closed.content) == ((), "No.")


def test_kimi_ids_lose_namespace_and_number() -> None:
    text = render([("api.tools.search", {"q": "x"})], "kimi_k2")
    assert found(text, None) == [("api.tools.search", {"q": "x"})]
    assert parse(text).calls[0].id == "functions.api.tools.search:0"


@pytest.mark.parametrize("family", ["deepseek_v3", "deepseek_v31"])
def test_tokens_in_ascii_are_read_with_a_repair(family: str, tools: Any) -> None:
    exact = render(PARIS, family)
    for bar, gap in (("|", "_"), ("|", "\u2581"), ("\uff5c", "_")):
        text = exact.replace("\uff5c", bar).replace("\u2581", gap)
        turn = parse(text, tools)
        assert [(call.format, call.arguments) for call in turn.calls] == [(family, PARIS[0][1])]
        assert [repair.kind for repair in turn.calls[0].repairs] == ["marker_spelling"]


def test_a_section_that_holds_no_call_is_malformed(tools: Any) -> None:
    for text in (
        "<|tool_calls_section_begin|>junk<|tool_calls_section_end|>",
        "<|tool_calls_section_begin|>",
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.get_w",
    ):
        assert parse(text, tools).status is ParseStatus.MALFORMED


def test_mistral_needs_a_name(tools: Any) -> None:
    assert found('[TOOL_CALLS]{"city": "Paris"}', tools) == []
    assert found('[TOOL_CALLS]get_weather[CALL_ID]a1B2[ARGS]{"city": "Paris"}</s>', tools) == PARIS
    assert found('[TOOL_CALLS]get_weather{"city": "Paris"}', tools) == PARIS
    assert parse("[TOOL_CALLS]get_weather[ARGS]", tools).faults[0].kind.value == "truncated"
    old = '[TOOL_CALLS] [{"name": "get_weather", "arguments": {"city": "Paris"}}]'
    assert found(old, tools) == PARIS


def test_a_name_at_the_end_of_the_turn_may_have_been_cut_off(tools: Any) -> None:
    assert found("[TOOL_CALLS]list_all", tools) == [("list_all", {})]
    for offered in (tools, None):
        for text in ("[TOOL_CALLS]get_wea", "[TOOL_CALLS]get_weather"):
            assert parse(text, offered).faults[0].kind.value == "truncated"
    longer = [*tools, {"function": {"name": "list_all_orders"}}]
    assert found("[TOOL_CALLS]list_all", longer) == []
    turn = parse("Thought: well.\nAction: get_weather\nAction In", tools)
    assert [fault.kind.value for fault in turn.faults] == ["truncated"]


def test_functionary_without_its_mark_needs_an_offered_name(tools: Any) -> None:
    assert found('get_weather\n{"city": "Paris"}', tools) == PARIS
    assert found('<think>hm</think>\n\nget_weather\n{"city": "Paris"}', tools) == PARIS
    for text in ('Summary\n{"city": "Paris"}', 'So: get_weather\n{"city": "Paris"}'):
        assert parse(text, tools).content == text
    turn = parse('>>>all\nOne moment.\n>>>get_weather\n{"city": "Paris"}', tools)
    assert (turn.content, len(turn.calls)) == ("One moment.", 1)


def test_react_is_two_lines(tools: Any) -> None:
    call = 'Action: get_weather\nAction Input: {"city": "Paris"}'
    turn = parse(f"Thought: I need it.\n{call}\nObservation: sunny\n{call}", tools)
    assert (turn.content, len(turn.calls)) == ("Thought: I need it.", 1)
    for text in ("Action: we look. {x}", "Action: get_weather\nThe Action Input is missing [1]."):
        assert parse(text, tools).content == text


@pytest.mark.parametrize("cut", ["<|tool_calls_se", "<tool_cal", "[TOOL_CA", "<|plamo:begin_to"])
def test_a_turn_that_ends_inside_a_marker_is_truncated(cut: str, tools: Any) -> None:
    turn = parse(f"One moment. {cut}", tools)
    assert [fault.kind.value for fault in turn.faults] == ["truncated"]
    assert turn.content == "One moment. "
    assert parse("Is 3 <b", tools).status is ParseStatus.MESSAGE


def test_a_name_under_function_is_an_alias(tools: Any) -> None:
    text = '{"type": "function", "function": "get_weather", "parameters": {"city": "Paris"}}'
    turn = parse(text, tools)
    assert [(call.name, call.arguments) for call in turn.calls] == PARIS
    assert {repair.kind for repair in turn.calls[0].repairs} == {"key_alias"}
    assert parse('{"function": "get_weather", "city": "Paris"}', tools).calls == ()


def test_a_thought_of_inkling_may_lie_open_in_the_prompt(tools: Any) -> None:
    call = render(PARIS, "inkling")
    turn = parse(f"They ask.<|end_message|><|message_model|>{call}", tools, "open")
    assert (len(turn.calls), turn.reasoning) == (1, "They ask.")
    turn = parse(f"<|content_text|>Well.<|end_message|><|message_model|>{call}", tools)
    assert (len(turn.calls), turn.content) == (1, "Well.")
    assert parse(f"get_weather{call}", tools).content == ""
