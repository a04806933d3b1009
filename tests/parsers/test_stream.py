"""Events of the stream, and its wrong use."""

from __future__ import annotations

from typing import Any

import pytest

from parsers import StreamParser, parse

CALL = '<tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}}</tool_call>'


def events(text: str, tools: Any, size: int = 5) -> tuple[list[tuple[str, str]], StreamParser]:
    stream = StreamParser(tools)
    told = [
        (event.kind, event.call.name)
        for start in range(0, len(text), size)
        for event in stream.feed(text[start : start + size])
    ]
    return told, stream


def test_a_call_is_told_before_the_turn_ends(tools: Any) -> None:
    stream = StreamParser(tools)
    assert stream.feed(CALL[:-1]) == []
    (event,) = stream.feed(CALL[-1:])
    assert (event.kind, event.call.arguments) == ("call", {"city": "Paris"})


def test_each_call_is_told_once(tools: Any) -> None:
    told, _ = events(f"Hi.\n{CALL}\n{CALL.replace('get_weather', 'list_all')}", tools)
    assert told == [("call", "get_weather"), ("call", "list_all")]


def test_a_draft_that_turns_out_to_be_thought_is_withdrawn(tools: Any) -> None:
    told, stream = events(f"{CALL}</think> {CALL}", tools)
    assert told == [("call", "get_weather"), ("withdrawn", "get_weather"), ("call", "get_weather")]
    assert len(stream.close().calls) == 1


def test_the_told_calls_are_those_of_the_whole(tools: Any) -> None:
    for text in (f"<think>{CALL}</think>{CALL}", f"{CALL}\nUser: {CALL}", CALL * 3):
        stream = StreamParser(tools)
        alive = []
        for char in text:
            for event in stream.feed(char):
                alive.append(event.call) if event.kind == "call" else alive.remove(event.call)
        assert tuple(alive) == stream.close().calls == parse(text, tools).calls


def test_wrong_use_raises(tools: Any) -> None:
    stream = StreamParser(tools)
    with pytest.raises(TypeError, match="bytes"):
        stream.feed(b"x")  # type: ignore[arg-type]
    stream.close()
    with pytest.raises(RuntimeError, match="closed"):
        stream.feed("x")
    with pytest.raises(ValueError, match="reasoning must be one of"):
        StreamParser(tools, "maybe")
    with pytest.raises(TypeError, match="tools must be"):
        StreamParser(5)  # type: ignore[arg-type]
