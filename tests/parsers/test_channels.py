"""Headers of harmony and its kin: where the recipient may stand, and what is thinking."""

from __future__ import annotations

from typing import Any

import pytest

from parsers import ParseStatus, parse
from parsers.channels import read_header

ARGUMENTS = '{"city": "Paris", "days": 3}'
PARIS = [("get_weather", {"city": "Paris", "days": 3})]
THOUGHT = "<|channel|>analysis<|message|>They ask.<|end|>"


@pytest.mark.parametrize(
    "header",
    [
        "<|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json",
        "<|channel|>commentary to=functions.get_weather <|constrain|>json",
        "<|channel|>commentary to=functions.get_weather json",
        "<|channel|>commentary to=functions.get_weather",
        "<|channel|>analysis to=functions.get_weather code",
        " to=functions.get_weather<|channel|>analysis",
        "to=functions.get_weather<|channel|>commentary <|constrain|>json",
        "<|start|>assistant to=functions.get_weather<|channel|>commentary json",
    ],
)
def test_a_recipient_is_found_wherever_it_stands(header: str, tools: Any) -> None:
    begun = "" if header.startswith("<|s") else "<|start|>assistant"
    for front in ("", THOUGHT + begun + " " * header.startswith("to=")):
        turn = parse(f"{front}{header}<|message|>{ARGUMENTS}<|call|>", tools)
        assert [(call.name, call.arguments) for call in turn.calls] == PARIS
        assert (turn.faults, turn.content) == ((), "")
        assert turn.calls[0].repairs == ()
        assert turn.reasoning == ("They ask." if front else "")


def test_channels_for_people_are_content(tools: Any) -> None:
    final = f"{THOUGHT}<|start|>assistant<|channel|>final<|message|>Hello.<|return|>"
    turn = parse(final, tools)
    assert (turn.status, turn.content) == (ParseStatus.MESSAGE, "Hello.")
    preamble = "<|channel|>commentary<|message|>Let me look.<|end|><|start|>assistant"
    call = f"<|channel|>commentary to=functions.get_weather<|message|>{ARGUMENTS}<|call|>"
    turn = parse(preamble + call, tools)
    assert (turn.content, len(turn.calls)) == ("Let me look.", 1)


def test_a_draft_in_the_analysis_channel_is_no_call(tools: Any) -> None:
    draft = f"<|channel|>commentary to=functions.get_weather<|message|>{ARGUMENTS}<|call|>"
    turn = parse(
        f"<|channel|>analysis<|message|>I could write {draft} but no.<|end|>"
        "<|start|>assistant<|channel|>final<|message|>Hello.",
        tools,
    )
    assert (turn.status, turn.content) == (ParseStatus.MESSAGE, "Hello.")


def test_a_thought_that_the_prompt_opened_ends_at_the_next_part(tools: Any) -> None:
    text = "They ask.<|end|><|start|>assistant<|channel|>final<|message|>Hello."
    for mode in ("auto", "open"):
        turn = parse(text, tools, mode)
        assert (turn.content, turn.reasoning) == ("Hello.", "They ask.")


def test_the_answer_of_a_tool_is_invented(tools: Any) -> None:
    call = f"<|channel|>commentary to=functions.get_weather<|message|>{ARGUMENTS}<|call|>"
    answer = '<|start|>functions.get_weather to=assistant<|channel|>commentary<|message|>{"t": 3}'
    turn = parse(f"{call}{answer}<|end|><|start|>assistant{call}", tools)
    assert [fault.kind.value for fault in turn.faults] == ["invented_turn"]
    assert len(turn.calls) == 1


@pytest.mark.parametrize("cut", range(60, 106))
def test_a_part_that_is_cut_off_never_runs(cut: int, tools: Any) -> None:
    text = f"<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{ARGUMENTS}"
    if cut < len(text):
        assert parse(text[:cut], tools).calls == ()


def test_an_analysis_without_end_is_unfinished(tools: Any) -> None:
    turn = parse("<|channel|>analysis<|message|>They ask, so", tools)
    assert [fault.kind.value for fault in turn.faults] == ["unfinished_reasoning"]
    assert turn.reasoning == "They ask, so"


def test_a_header_says_whom_it_is_for() -> None:
    header = read_header("<|start|>assistant to=user<|message|>Hi", 0)
    assert header is not None
    assert (header.recipient, header.calls, header.thinks) == ("user", False, False)
    header = read_header("to=self<|message|>Hm", 0)
    assert header is not None
    assert header.thinks
    assert read_header("to=self and no more", 0) is None


def test_words_that_dropped_tokens_left_behind_are_read_with_an_offered_name(tools: Any) -> None:
    call = f"commentary to=functions.get_weather json{ARGUMENTS}"
    for front, thought in (
        ("", ""),
        ("assistant", ""),
        ("analysisThey ask.assistant", "They ask."),
    ):
        turn = parse(f"{front}{call}", tools)
        assert [(one.name, one.arguments) for one in turn.calls] == PARIS
        assert (turn.reasoning, turn.content) == (thought, "")
        assert parse(f"{front}{call}assistant{call}", tools).calls[1:] != ()
    for text in ("analysis of {x} is due", "commentary to=functions.fly json{}", f"So {call}"):
        assert parse(text, tools).content == text
