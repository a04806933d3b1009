"""A thought that the prompt had opened ends where it ends, whatever its drafts look like."""

from __future__ import annotations

import time
from typing import Any

import pytest

from parsers import FaultKind, ParseStatus, parse

DRAFT = '<tool_call>{"name": "get_weather", "arguments": {"city": "Rome"}}</tool_call>'
CALL = '<tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}}</tool_call>'
SKETCHES = (
    '{"name": "get_weather", "arguments": {...}}.',
    '{"name": …, "arguments": {"city": "Par... hmm.',
    "<tool_call>get_weather<arg_key>city.",
    '<tool_call>{"name": "get_weather", "arguments": {"city": "Par',
    'Action: get_weather\nAction Input: {"city": "Par',
    '<invoke name="get_weather">...',
    "<|tool_call>call:get_weather{city:",
    '{"tool_calls": [{"function": {"name": "get_weather", "arguments": "{\\"city\\": ...',
    '{"tool_calls": [...]} then',
    "<tool_call> " * 80,
    "\nUser: hi",
    "The user said:\nUser: …",
    "<tool_response> was empty",
    "<|im_start|>user",
)


@pytest.mark.parametrize("sketch", SKETCHES, ids=ascii)
def test_no_sketch_hides_the_end_of_the_thought(sketch: str, tools: Any) -> None:
    for before in ("", f"I could {DRAFT} or "):
        turn = parse(f"{before}{sketch}\n</think>\n\nWhich city?", tools)
        assert (turn.status, turn.content) == (ParseStatus.MESSAGE, "Which city?")
        assert turn.reasoning == (before + sketch).strip()
        turn = parse(f"{before}{sketch}\n</think>\n{CALL}", tools)
        assert [call.arguments for call in turn.calls] == [{"city": "Paris"}]


def test_text_between_a_draft_and_its_closer_may_end_the_thought(tools: Any) -> None:
    turn = parse(DRAFT.replace("</", " hmm.</think>\nNo. </"), tools)
    assert turn.status is ParseStatus.MESSAGE


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('<tool_call>{"name": "get_weather", "arguments": {"city": "</think>', "truncated"),
        ('<tool_call>{"name": "nope", "arguments": {"city": "</think>"}}</tool_call>', "unknown_"),
        ('<tool_call>{"name": "get_weather", "arguments": {"city": "a" "</think>"}}', "bad_argum"),
    ],
)
def test_a_closer_inside_an_argument_ends_nothing(text: str, kind: str, tools: Any) -> None:
    turn = parse(text, tools)
    assert turn.status is ParseStatus.MALFORMED
    assert [fault.kind.value.startswith(kind) for fault in turn.faults] == [True]


def test_an_invented_turn_may_think_for_itself(tools: Any) -> None:
    for rest in (
        "\nUser: hi\n<think>x</think>",
        "<|im_end|>\n<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\nx</think>",
    ):
        turn = parse(CALL + rest + DRAFT, tools)
        assert [call.arguments for call in turn.calls] == [{"city": "Paris"}]
        assert [fault.kind for fault in turn.faults] == [FaultKind.INVENTED_TURN]
    turn = parse(f"x</think>{CALL}\nUser: hi\nx</think>{DRAFT}", tools)
    assert [call.arguments for call in turn.calls] == [{"city": "Paris"}]


@pytest.mark.parametrize("unit", ["<tool_response><think>", "<tool_call>{ </think>"])
def test_looking_for_the_end_takes_time_in_line_with_the_length(unit: str) -> None:
    start = time.process_time()
    parse(unit * 20_000)
    assert time.process_time() - start < 2
