"""Texts made to break a parser: it answers all, in time that grows with their length only."""

from __future__ import annotations

import time
from typing import Any

import pytest

from parsers import ParseStatus, parse

CALL = '<tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}}</tool_call>'
UNITS = [
    "<",
    "{",
    "[",
    '"',
    "\\",
    "\n",
    "`",
    "a",
    '{"',
    '{"a":',
    '[{"a":',
    '{"a":1} ',
    "{   ",
    "```json\n",
    "<think>",
    "</think>",
    "<think>a</think>",
    "<tool_call>",
    '<tool_call>{"',
    '<tool_call>{"name": "x", "arguments": {',
    "<function=a>",
    '{"tool_calls": [',
    '{"tool_calls": [{"function": {"name": "x", "arguments": {',
    '{"name": "x", "arguments": ',
    '{"tool_calls": [{"function": {"name": "x", "arguments": "{\\"a\\": \\"',
    "{'a': '",
    "<|im_end|>",
    "<|im_start|>assistant\n",
    "\nUser",
    "[f(a=1),",
    "[f(a='b'c ",
    "[f(a='b'c\\') \n",
    '[{"a":1111111',
    CALL,
    f"{CALL[:-12]}\n",
    '```\n{"a":1}\n```\n',
    "</tool_call>",
    "\n\t\t",
]


def seconds(text: str, tools: Any) -> float:
    best = 9.0
    for _ in range(2):
        start = time.process_time()
        parse(text, tools)
        best = min(best, time.process_time() - start)
    return best


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: ascii(unit)[:24])
def test_time_grows_with_length_only(unit: str, tools: Any) -> None:
    parse("warm up [", tools)
    small, large = (unit * (size // len(unit) + 1) for size in (60_000, 240_000))
    # A quadratic step would cost sixteen times as much; the floor keeps timer noise out.
    assert seconds(large, tools) < 8 * max(seconds(small, tools), 0.012)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: ascii(unit)[:24])
def test_what_stands_in_front_of_hostile_text_is_not_lost(unit: str, tools: Any) -> None:
    turn = parse(f"{CALL}\n{unit * 20}", tools)
    if "</think>" not in unit:
        assert turn.status is ParseStatus.CALLS
        assert turn.calls[0].arguments == {"city": "Paris"}


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"tool_calls": ' + "[" * 100_000,
        '<tool_call>{"name": "list_all", "arguments": {"a": '
        + "[" * 5000
        + "]" * 5000
        + "}}</tool_call>",
        '<tool_call>{"name": "list_all", "arguments": "' + '{\\"a\\":' * 3000 + '"}</tool_call>',
        '{"name": {"name": {}}, "arguments": {}}',
        '{"tool_calls": [{"function": {"name": ["a"], "arguments": {"b": 1}}}]}',
        '{"tool_calls": {"name": 5, "arguments": 5}}',
        '{"tool_calls": [[[]], null, "x", {"function": []}]}',
        "<tool_call>" + "9" * 5000,
        '<tool_call>{"name": "\ud800", "arguments": {}}</tool_call>',
        "\ud800\udfff<|im_start|>",
        "\x00" * 10,
    ],
    ids=lambda text: ascii(text)[:30],
)
def test_no_text_raises_and_none_of_these_runs(text: str, tools: Any) -> None:
    for mode in ("auto", "open", "off"):
        turn = parse(text, tools, mode)
        assert turn.calls == ()
        turn.feedback().encode("utf-8", "surrogatepass")


def test_deep_nesting_is_refused_at_the_same_depth_wherever_it_is_called_from(tools: Any) -> None:
    def call(depth: int) -> str:
        value = "[" * depth + "]" * depth
        return f'<tool_call>{{"name": "list_all", "arguments": {{"a": {value}}}}}</tool_call>'

    def deeper(levels: int, text: str) -> int:
        return len(parse(text, tools).calls) if levels == 0 else deeper(levels - 1, text)

    for depth, calls in ((90, 1), (150, 0)):
        assert len(parse(call(depth), tools).calls) == calls
        assert deeper(300, call(depth)) == calls


def test_a_turn_holds_a_bounded_number_of_calls(tools: Any) -> None:
    turn = parse(
        CALL + "".join(f"\n{CALL.replace('Paris', str(index))}" for index in range(300)), tools
    )
    assert len(turn.calls) == 128
    assert "More than 128 calls" in turn.feedback()
