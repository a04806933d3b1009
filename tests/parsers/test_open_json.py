"""JSON in the open: when it is a call, and when it is only text."""

from __future__ import annotations

from typing import Any

import pytest

from parsers import ParseStatus, parse
from parsers.lexer import gate

CALL = '{"name": "get_weather", "arguments": {"city": "Paris"}}'
TAGGED = f"<tool_call>{CALL}</tool_call>"
ENVELOPE = f'{{"tool_calls": [{CALL}]}}'
REPORT = CALL[:-1] + ', "result": "sunny"}'


@pytest.mark.parametrize(
    "text",
    [
        f"Write `{CALL}` to call it.",
        f"Write ``{CALL}`` to call it.",
        f"Do not call {CALL} because it is dangerous.",
        f"I never call {CALL}.",
        f"I call neither {CALL}; {CALL}, {CALL}",
        f"The syntax: {CALL} as documented.",
        f'The syntax is "{CALL}" as documented.',
        f"It is \u201c{CALL}\u201d there.",
        f"> {CALL}\nwas what you wrote.",
        f"[1, {CALL}]",
        f"`{ENVELOPE}` is the format",
        f"The format is `{TAGGED}`, which I will not use.",
        f"I already did it: {REPORT}",
        'The record is {"name": "Ann", "arguments": {"for": "it"}}, as you see.',
        'It is {"name": "get_weather"} that you want.',
        'See {"name": "Ann", "input": 5} for it.',
        "{broken: json and more of it",
        "So [1, 2, {'a': 1} is open",
    ],
)
def test_only_text(text: str, tools: Any) -> None:
    turn = parse(text, tools)
    assert (turn.status, turn.content) == (ParseStatus.MESSAGE, text)
    assert all(layer.reason for layer in turn.trace if not layer.won)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (f"Let me look. {CALL} Done.", ParseStatus.CALLS),
        (f"I call it: {CALL}", ParseStatus.CALLS),
        (f"Here they are: {CALL}; {CALL} Is it right?", ParseStatus.CALLS),
        (f"I will not guess.\n{CALL}\nand so on.", ParseStatus.CALLS),
        (f"<|tool|> {CALL} <|/tool|>", ParseStatus.CALLS),
        (f"`{TAGGED}`", ParseStatus.CALLS),
        (f"It's\n```json\n{CALL}\n```\nas you see.", ParseStatus.CALLS),
        (CALL.replace("get_weather", "fly"), ParseStatus.MALFORMED),
        (f"So: {CALL.replace('get_weather', 'get_wether')}", ParseStatus.MALFORMED),
        (f"Now {CALL[:-12]}", ParseStatus.MALFORMED),
        ('{"name": "get_weather", "arguments": {city}}', ParseStatus.MALFORMED),
    ],
)
def test_meant_as_a_call(text: str, status: ParseStatus, tools: Any) -> None:
    assert parse(text, tools).status is status


def test_without_tools_a_beginning_without_a_mark_is_text() -> None:
    for text in ('Summary\n{"a": 1}', 'commentary to=functions.f json{"a": 1}'):
        assert parse(text).content == text
    assert parse('>>>f\n{"a": 1}').calls[0].arguments == {"a": 1}


@pytest.mark.parametrize(
    ("pattern", "sign", "part"),
    [
        (r"functools\[(?=\s*\{)", "[", "["),
        (r"Action:[ \t]*`", ":", "Action:"),
        (r"\>>>(?=[a-z])", ">", ">>>"),
        (r"ab*", "a", "a"),
    ],
)
def test_a_gate_is_what_every_match_must_hold(pattern: str, sign: str, part: str) -> None:
    assert gate(pattern) == (sign, part)


def test_a_pattern_that_begins_with_a_class_is_refused() -> None:
    with pytest.raises(ValueError, match="must begin with a literal"):
        gate(r"[ab]c")


def test_the_result_that_a_call_tells_itself_is_invented(tools: Any) -> None:
    turn = parse(REPORT, tools)
    assert [call.name for call in turn.calls] == ["get_weather"]
    assert [fault.kind.value for fault in turn.faults] == ["invented_turn"]


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        (f"I will call:\n```json\n{CALL}\n```\n{TAGGED}", 1),
        (f"```json\n{CALL}\n```\n{TAGGED}\n{TAGGED}", 2),
        (f"```json\n{CALL}\n```\nAnd again:\n{TAGGED}", 2),
        (f"```json\n{CALL}\n```\n{TAGGED.replace('Paris', 'Rome')}", 2),
        (f"{TAGGED}\n{TAGGED}", 2),
    ],
)
def test_a_call_that_a_fence_announces_is_one_call(text: str, calls: int, tools: Any) -> None:
    turn = parse(text, tools)
    assert len(turn.calls) == calls
