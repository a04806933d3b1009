"""Calls out of JSON documents: what contradicts itself is refused, in whole and damaged ones."""

from __future__ import annotations

from typing import Any

import pytest

from parsers import FaultKind, ParseStatus, parse

GOOD = '{"name": "set_alarm", "arguments": {"time": "8"}}'
CONTRADICTIONS = [
    '{"name": "set_alarm", "arguments": {"time": "8", "time": "9"}}',
    '{"name": "set_alarm", "arguments": {"time": {"a": 1, "a": 2}}}',
    '{"name": "set_alarm", "arguments": {"time": "8"}, "arguments": {"time": "9"}}',
    '{"name": "set_alarm", "arguments": {"time": "8"}, "parameters": {"time": "9"}}',
    '{"arguments": {"time": "8"}, "function": {"name": "set_alarm", "arguments": {"time": "9"}}}',
    '{"name": "list_all", "name": "set_alarm", "arguments": {"time": "8"}}',
    '{"name": "list_all", "function": {"name": "set_alarm", "arguments": {"time": "8"}}}',
    '{"name": "set_alarm", "tool_name": "list_all", "arguments": {"time": "8"}}',
]
AGREEMENTS = [
    '{"name": "set_alarm", "arguments": {"time": "8", "time": "8"}}',
    '{"name": "set_alarm", "arguments": {"time": "8"}, "parameters": {"time": "8"}}',
    '{"name": "set_alarm", "function": {"name": "set_alarm", "arguments": {"time": "8"}}}',
    '{"name": "set_alarm", "id": "a", "id": "b", "arguments": {"time": "8"}}',
    '{"name": "set_alarm", "arguments": {"time": "8"}, "input": null}',
]


def written(document: str) -> list[str]:
    """The document behind a tag, in the open, as one of two and with a bracket that is damaged."""
    return [
        f"<tool_call>{document}</tool_call>",
        document,
        f'{{"tool_calls": [{document}]}}',
        f"<tool_call>{document[:-1]}]</tool_call>",
    ]


@pytest.mark.parametrize("document", CONTRADICTIONS)
def test_nothing_is_chosen_where_a_call_contradicts_itself(document: str, tools: Any) -> None:
    for text in written(document):
        turn = parse(text, tools)
        assert turn.status is ParseStatus.MALFORMED, text
        assert FaultKind.BAD_ARGUMENTS in [fault.kind for fault in turn.faults], text


@pytest.mark.parametrize("document", AGREEMENTS)
def test_what_is_said_twice_alike_is_said(document: str, tools: Any) -> None:
    for text in written(document):
        (call,) = parse(text, tools).calls
        assert (call.name, call.arguments) == ("set_alarm", {"time": "8"}), text


@pytest.mark.parametrize("document", CONTRADICTIONS)
def test_a_sibling_that_contradicts_itself_takes_none_with_it(document: str, tools: Any) -> None:
    turn = parse(f'{{"tool_calls": [{document}, {GOOD}]}}', tools)
    assert [call.arguments for call in turn.calls] == [{"time": "8"}]
    assert [fault.kind for fault in turn.faults] == [FaultKind.BAD_ARGUMENTS]


def test_arguments_in_a_string_may_not_contradict_themselves_either(tools: Any) -> None:
    inner = r"{\"time\": \"8\", \"time\": \"9\"}"
    text = f'{{"tool_calls": [{{"function": {{"name": "set_alarm", "arguments": "{inner}"}}}}]}}'
    (fault,) = parse(text, tools).faults
    assert (fault.kind, "twice" in fault.message) == (FaultKind.BAD_ARGUMENTS, True)


def test_data_may_say_what_it_likes(tools: Any) -> None:
    for data in ('{"a": 1, "a": 2}', '{"name": "Ann", "name": "Bo", "input": 1}'):
        assert parse(f"It returns {data} today.", tools).status is ParseStatus.MESSAGE


@pytest.mark.parametrize(
    "text",
    [
        '{"content": "Which city?", "tool_calls": []}',
        '{"tool_calls": null, "content": "Which city?"}',
        '{"role": "assistant", "content": "Which city?", "tool_calls": []}',
    ],
)
def test_a_message_object_without_calls_is_a_message(text: str) -> None:
    turn = parse(text)
    assert turn.status is ParseStatus.MESSAGE
    assert turn.content == text
    assert parse(text.replace("Which city?", " ")).status is ParseStatus.MALFORMED
