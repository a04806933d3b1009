"""The meaning of a turn, point by point, on texts of our own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from parsers import FaultKind, ParseStatus, parse

CALL = '{"name": "get_weather", "arguments": {"city": "Paris"}}'
TAGGED = f"<tool_call>\n{CALL}\n</tool_call>"
ENVELOPE = '{"tool_calls": [{"function": {"name": "get_weather", "arguments": {"city": "Paris"}}}]}'
PARIS = [("get_weather", {"city": "Paris"})]
GOLDEN = Path(__file__).parents[1] / "golden" / "parsers" / "turns.jsonl"


def found(text: str, tools: Any, reasoning: str = "auto") -> tuple[str, list[Any], set[str]]:
    turn = parse(text, tools, reasoning)
    calls = [(call.name, call.arguments) for call in turn.calls]
    return turn.status.value, calls, {fault.kind.value for fault in turn.faults}


@pytest.mark.parametrize(
    "row", GOLDEN.read_text("utf-8").splitlines(), ids=lambda r: json.loads(r)["id"]
)
def test_golden_turns(row: str, tools: Any) -> None:
    case = json.loads(row)
    offered = tools if case.get("offered", True) else None
    turn = parse(case["text"], offered, case.get("reasoning", "auto"))
    assert turn.status.value == case["status"]
    assert [[call.name, call.arguments] for call in turn.calls] == case.get("calls", [])
    assert sorted(fault.kind.value for fault in turn.faults) == case.get("faults", [])
    assert sorted({repair.kind for call in turn.calls for repair in call.repairs}) == case.get(
        "repairs", []
    )
    if "content" in case:
        assert turn.content == case["content"]


def test_the_format_is_found_without_a_hint(tools: Any) -> None:
    for text, layer in (
        (TAGGED, "hermes"),
        (ENVELOPE, "openai"),
        (CALL, "json"),
        ("Hello.", "message"),
    ):
        assert parse(text, tools).format == layer


def test_a_call_in_an_unfinished_thought_never_runs(tools: Any) -> None:
    for text in (f"<think>\nI will do {TAGGED}", f"<think>{ENVELOPE}", f"Well.\n<think>\n{CALL}"):
        assert found(text, tools) == ("malformed", [], {"unfinished_reasoning"})


def test_a_call_in_front_of_an_unfinished_thought_stands(tools: Any) -> None:
    assert found(f"{TAGGED}\n<think>what next", tools) == ("calls", PARIS, {"unfinished_reasoning"})


def test_an_open_thought_needs_its_closer(tools: Any) -> None:
    assert found(TAGGED, tools, "open") == ("malformed", [], {"unfinished_reasoning"})
    assert found(f"a draft {TAGGED}</think>{TAGGED}", tools, "open") == ("calls", PARIS, set())


def test_a_closer_without_opener_makes_all_before_it_a_thought(tools: Any) -> None:
    turn = parse(f"draft: {TAGGED}\n</think>\n\nHello there.", tools)
    assert (turn.status, turn.calls, turn.content) == (ParseStatus.MESSAGE, (), "Hello there.")
    assert "draft" in turn.reasoning


def test_a_thoughts_marker_inside_an_argument_is_text(tools: Any) -> None:
    text = TAGGED.replace("get_weather", "set_alarm").replace("city", "time")
    text = text.replace("Paris", "a </think> <think> b")
    assert found(text, tools)[1] == [("set_alarm", {"time": "a </think> <think> b"})]


def test_reasoning_off_takes_the_markers_for_text(tools: Any) -> None:
    assert parse("<think> is a tag", tools, "off").content == "<think> is a tag"


@pytest.mark.parametrize(
    "mark",
    [
        "\nUser: yes",
        "\n<|im_start|>user\nyes",
        "\n<tool_response>\n{}",
        "\nObservation: ok",
        "\nuser\nyes",
        "\nHuman: go",
    ],
)
def test_nothing_counts_behind_an_invented_turn(mark: str, tools: Any) -> None:
    later = TAGGED.replace("Paris", "Rome")
    assert found(f"{TAGGED}{mark}\n{later}", tools) == ("calls", PARIS, {"invented_turn"})
    assert found(f"Shall I?{mark}\n{later}", tools) == ("message", [], {"invented_turn"})
    assert found(f"{mark.lstrip()}\n{later}", tools) == ("malformed", [], {"invented_turn"})


def test_a_role_inside_an_argument_is_text(tools: Any) -> None:
    text = '{"name": "send", "arguments": {"mail": {"body": "Hi\\nUser: you <|im_start|>user"}}}'
    assert found(text, tools)[0] == "calls"


def test_siblings_of_a_bad_call_survive_in_order(tools: Any) -> None:
    bad = '<tool_call>\n{"name": "get_weather", "arguments": {city}}\n</tool_call>'
    status, calls, faults = found(f"{TAGGED}\n{bad}\n{TAGGED.replace('Paris', 'Rome')}", tools)
    assert (status, calls) == ("calls", [*PARIS, ("get_weather", {"city": "Rome"})])
    assert faults == {"bad_arguments"}


def test_bad_siblings_inside_one_envelope(tools: Any) -> None:
    text = ENVELOPE[:-2] + ', {"function": {"name": "fly", "arguments": {}}}, 5]}'
    assert found(text, tools) == ("calls", PARIS, {"unknown_tool", "malformed_call"})


@pytest.mark.parametrize(
    "damage", ["}]}", "]}", "}}]", "}}}]", "]}]}", "", "}}]}}", "}]}]}", '}}]}"}', "}}]})"]
)
def test_bracket_damage_around_intact_arguments(damage: str, tools: Any) -> None:
    for arguments in ('{"city": "Paris"}', r'"{\"city\": \"Paris\"}"'):
        text = (
            '{"tool_calls": [{"function": {"name": "get_weather", "arguments": '
            + arguments
            + damage
        )
        turn = parse(text, tools)
        assert [(call.name, call.arguments) for call in turn.calls] == PARIS, text
        assert turn.calls[0].repairs, "damage is listed"
        assert turn.content == ""


@pytest.mark.parametrize("cut", range(1, len(ENVELOPE) - 5))
def test_a_call_cut_inside_its_arguments_never_runs(cut: int, tools: Any) -> None:
    turn = parse(ENVELOPE[:-cut], tools)
    if cut > 4:  # the arguments object itself is open
        assert turn.calls == ()
        assert turn.status is ParseStatus.MALFORMED
    for call in turn.calls:
        assert call.arguments == {"city": "Paris"}


def test_arguments_that_close_too_early_do_not_run(tools: Any) -> None:
    text = '<tool_call>{"name": "book", "arguments": {"user": "a"}, "seats": [1]}}</tool_call>'
    assert found(text, tools) == ("malformed", [], {"bad_arguments"})


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000])
def test_numbers_that_json_does_not_have(number: str, tools: Any) -> None:
    for text in (
        TAGGED.replace('"Paris"', f'"x", "days": {number}'),
        ENVELOPE.replace('"Paris"', f'"x", "days": {number}'),
    ):
        assert found(text, tools) == ("malformed", [], {"bad_arguments"})


def test_coercion_is_lossless_and_listed(tools: Any) -> None:
    text = (
        '{"name": "book", "arguments": {"user": "7", "seats": "[1, 2]", "insured": "true", '
        '"price": "2.50", "note": null}}'
    )
    (call,) = parse(text, tools).calls
    assert call.arguments == {
        "user": "7",
        "seats": [1, 2],
        "insured": True,
        "price": 2.5,
        "note": None,
    }
    assert [repair.kind for repair in call.repairs] == ["coerced"] * 3
    assert call.faults == ()


def test_what_cannot_be_coerced_keeps_its_raw_value(tools: Any) -> None:
    text = '{"name": "book", "arguments": {"user": "7", "seats": "two", "cabin": "first"}}'
    turn = parse(text, tools)
    assert turn.status is ParseStatus.CALLS
    assert turn.calls[0].arguments == {"user": "7", "seats": "two", "cabin": "first"}
    assert [fault.kind for fault in turn.calls[0].faults] == [FaultKind.INVALID_ARGUMENTS] * 2
    shown = {turn.text[slice(*fault.span)] for fault in turn.calls[0].faults}
    assert shown == {"seats", "cabin"}


def test_json_that_is_no_call_is_a_message(tools: Any) -> None:
    for text in (
        '{"city": "Paris"}',
        '{"name": "Ann", "age": 5}',
        "[1, 2]",
        '{"tools": []} is empty',
    ):
        turn = parse(text, tools)
        assert (turn.status, turn.content) == (ParseStatus.MESSAGE, text)
    schema = '{"name": "get_weather", "description": "d", "parameters": {"type": "object"}}'
    assert parse(schema, tools).status is ParseStatus.MESSAGE
    for data in (
        '{"name": "Ann", "input": "x"}',
        '{"name": "f", "parameters": {"type": "object", "properties": {}}}',
    ):
        assert parse(data).status is ParseStatus.MESSAGE


def test_another_spelling_is_an_unknown_tool_even_in_the_open(tools: Any) -> None:
    for name in ("Get_Weather", "getWeather", "get-weather", "get_wether"):
        assert found(CALL.replace("get_weather", name), tools) == (
            "malformed",
            [],
            {"unknown_tool"},
        )
    assert found(CALL.replace("get_weather", "functions.get_weather"), tools)[1] == PARIS


def test_without_tools_every_well_formed_call_counts() -> None:
    assert found(CALL.replace("get_weather", "anything"), None)[1] == [
        ("anything", {"city": "Paris"})
    ]


@pytest.mark.parametrize(
    "arguments",
    ["", ', "arguments": null', ', "arguments": {}', ', "arguments": ""', ', "arguments": []'],
)
def test_a_tool_without_parameters_needs_no_arguments(arguments: str, tools: Any) -> None:
    text = f'<tool_call>{{"name": "list_all"{arguments}}}</tool_call>'
    assert found(text, tools) == ("calls", [("list_all", {})], set())


@pytest.mark.parametrize(
    "arguments",
    ["", ', "arguments": null', ', "arguments": 5', ', "arguments": [1]', ', "arguments": "x"'],
)
def test_a_tool_with_parameters_gets_nothing_guessed(arguments: str, tools: Any) -> None:
    text = f'<tool_call>{{"name": "get_weather"{arguments}}}</tool_call>'
    assert found(text, tools) == ("malformed", [], {"bad_arguments"})


def test_a_fence_around_a_call_belongs_to_it(tools: Any) -> None:
    for inner in (CALL, ENVELOPE, TAGGED):
        turn = parse(f"Let me look.\n```json\n{inner}\n```\nDone.", tools)
        assert [(call.name, call.arguments) for call in turn.calls] == PARIS
        assert turn.content == "Let me look.\nDone."


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "```json\n```",
        "```",
        "<|im_end|>",
        "<think>only</think>",
        "<think></think>\n<|im_end|>",
    ],
)
def test_nothing_said_is_malformed(text: str, tools: Any) -> None:
    assert found(text, tools) == ("malformed", [], {"empty_response"})


def test_content_keeps_its_whitespace(tools: Any) -> None:
    assert parse("  two\n\n  lines \n", tools).content == "  two\n\n  lines \n"
    assert parse(f"Sure. \n\n{TAGGED}", tools).content == "Sure. "


def test_a_loop_is_cut_and_calls_before_it_stand(tools: Any) -> None:
    loop = "I am sorry about that. " * 40
    turn = parse(f"Hello.\n{loop}", tools)
    assert (turn.status, [fault.kind for fault in turn.faults]) == (
        ParseStatus.MALFORMED,
        [FaultKind.REPETITION],
    )
    assert len(turn.content) < 60
    assert found(f"{TAGGED}\n{loop}", tools) == ("calls", PARIS, {"repetition"})


def test_wrong_use_raises(tools: Any) -> None:
    with pytest.raises(TypeError, match="NoneType"):
        parse(None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="auto, open, off"):
        parse("x", tools, "maybe")
    with pytest.raises(ValueError, match=r"tools\[0\].function.parameters.properties.a.type"):
        parse(
            "x",
            [{"function": {"name": "f", "parameters": {"properties": {"a": {"type": "text"}}}}}],
        )
    with pytest.raises(TypeError, match="list of function schemas"):
        parse("x", {"name": "f"})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="no truth value"):
        bool(parse("x").status)


def test_all_objects_of_one_tag_are_calls(tools: Any) -> None:
    two = (
        '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Oslo"}}\n'
        '{"name": "get_weather", "arguments": {"city": "Rome"}}\n</tool_call>'
    )
    turn = parse(two, tools)
    assert [call.arguments["city"] for call in turn.calls] == ["Oslo", "Rome"]
    assert not turn.faults
    assert parse(two.replace('"name": "get_weather", "arguments": {"city": "Rome"}', "a: 1"), tools)
    cut = parse(two[: two.index("Rome")], tools)
    assert [call.arguments["city"] for call in cut.calls] == ["Oslo"]
    assert [fault.kind for fault in cut.faults] == [FaultKind.TRUNCATED]


@pytest.mark.parametrize(
    "inside",
    [
        '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Oslo"}}\n</tool_call>',
        "<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Oslo</arg_value>\n</tool_call>",
        '<invoke name="get_weather"><parameter name="city">Oslo</parameter></invoke>',
        '<function=get_weather>{"city": "Oslo"}</function>',
    ],
)
@pytest.mark.parametrize("wrapper", ["tool_calls", "function_call", "tool_call"])
def test_a_marker_right_around_another_formats_call_is_its_wrapper(
    inside: str, wrapper: str, tools: Any
) -> None:
    if inside.startswith(f"<{wrapper}>"):
        return
    turn = parse(f"<{wrapper}>\n{inside}\n</{wrapper}>", tools)
    assert [(call.name, call.arguments) for call in turn.calls] == [
        ("get_weather", {"city": "Oslo"})
    ]
    assert not turn.faults
    assert turn.content == ""


def test_a_call_that_is_echoed_in_front_of_a_lone_closer_runs_once(tools: Any) -> None:
    one = "[get_weather(city='Oslo')]"
    turn = parse(f"<|tool_call_start|>{one}<|tool_call_end|>{one}<|tool_call_end|>", tools)
    assert len(turn.calls) == 1
    assert turn.content == ""
    assert [fault.kind for fault in turn.faults] == [FaultKind.REPETITION]
    other = one.replace("Oslo", "Rome")
    turn = parse(f"<|tool_call_start|>{one}<|tool_call_end|>{other}<|tool_call_end|>", tools)
    assert [call.arguments["city"] for call in turn.calls] == ["Oslo", "Rome"]


@pytest.mark.parametrize(
    "code",
    ["[get_weather(city='Oslo')]", "get_weather(city='Oslo')", "get_weather.call(city='Oslo')"],
)
def test_the_python_tag_opens_calls_in_python_too(code: str, tools: Any) -> None:
    turn = parse(f"<|python_tag|>{code}<|eom_id|>", tools)
    assert [(call.name, call.arguments) for call in turn.calls] == [
        ("get_weather", {"city": "Oslo"})
    ]
    assert turn.content == ""
