"""Events of the stream: how early, how certain, at what cost; and its wrong use."""

from __future__ import annotations

import time
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import StreamEvent, StreamParser, parse
from parsers.drafts import Examples
from parsers.formats import load_all
from parsers.reasoning import CLOSERS

CALL = '<tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}}</tool_call>'
EXAMPLES = [
    (one.name, part.name, getattr(one.examples, part.name))
    for one in load_all()
    for part in fields(Examples)
]


def events(text: str, tools: Any, size: int = 5) -> tuple[list[StreamEvent], StreamParser]:
    stream = StreamParser(tools)
    told = [
        event
        for start in range(0, len(text), size)
        for event in stream.feed(text[start : start + size])
    ]
    return told, stream


def complete(told: list[StreamEvent]) -> list[tuple[str, str]]:
    return [(event.kind, event.name) for event in told if event.call is not None]


def alive(told: list[StreamEvent]) -> list[Any]:
    calls = {event.index: event.call for event in told if event.kind == "call"}
    for event in told:
        if event.kind == "withdrawn":
            calls.pop(event.index, None)
    return list(calls.values())


def test_a_call_is_told_before_the_turn_ends(tools: Any) -> None:
    stream = StreamParser(tools)
    assert [event.kind for event in stream.feed(CALL[:-1])] == ["name", "arguments"]
    (event,) = stream.feed(CALL[-1:])
    assert event.kind == "call"
    assert event.call is not None
    assert event.call.arguments == {"city": "Paris"}


def test_the_name_comes_with_its_last_character(tools: Any) -> None:
    stream = StreamParser(tools)
    head = '<tool_call>{"name": "get_weather'
    assert stream.feed(head) == []
    assert stream.feed('"') == [StreamEvent(kind="name", index=0, name="get_weather")]


def test_the_parts_of_the_arguments_are_the_arguments_as_written(tools: Any) -> None:
    written = '{"city": "a } \\" </tool_call> ]", "days": [1, {"x": 2}]}'
    text = f'<tool_call>{{"name": "get_weather", "arguments": {written}}}</tool_call>'
    for size in (1, 2, 3, 7, len(text)):
        told, _ = events(text, tools, size)
        assert "".join(event.text for event in told if event.kind == "arguments") == written
        assert {event.index for event in told} == {0}
    last_part = max(index for index, event in enumerate(told) if event.kind == "arguments")
    assert told[last_part + 1].kind == "call"


def test_the_name_of_a_call_without_json_is_told_too(tools: Any) -> None:
    text = "<tool_call>\n<function=get_weather>\n<parameter=city>\nParis\n</parameter>\n"
    told, _ = events(text, tools, 1)
    assert [(event.kind, event.name) for event in told] == [("name", "get_weather")]


def test_each_call_is_told_once_and_has_its_index(tools: Any) -> None:
    told, _ = events(f"Hi.\n{CALL}\n{CALL.replace('get_weather', 'list_all')}", tools)
    assert complete(told) == [("call", "get_weather"), ("call", "list_all")]
    assert [event.index for event in told if event.kind != "arguments"] == [0, 0, 1, 1]


def test_a_call_behind_a_long_thought_is_told_with_its_last_bracket(tools: Any) -> None:
    call = '{"tool_calls": [{"function": {"name": "set_alarm", "arguments": {"time": "7"}}}]}'
    for size in (1, 4):
        thought = f"<think>\n{'I see. Well, ' * 400}\n</think>\n\n"
        told, _ = events(f"{thought}<tool_call>{call}</tool_call>", tools, size)
        assert complete(told) == [("call", "set_alarm")]
        told, stream = events(thought + call, tools, size)
        assert complete(told) == []  # a backtick or a bracket may follow it
        stream.close()
        assert complete(list(stream.last_events)) == [("call", "set_alarm")]
        told, _ = events(
            f"{thought}{call}\n\nIt is set, and I will wake you up in time.", tools, size
        )
        assert complete(told) == [("call", "set_alarm")]


def test_the_calls_of_one_array_have_an_index_each(tools: Any) -> None:
    text = '<TOOLCALL>[{"name": "get_weather", "arguments": {"city": "a"}}, '
    text += '{"name": "set_alarm", "arguments": {"time": "7"}}]</TOOLCALL>'
    told, _ = events(text, tools, 3)
    assert [event.index for event in told if event.kind == "name"] == [0, 1]
    assert [event.index for event in told if event.kind == "call"] == [0, 1]


def test_a_draft_that_turns_out_to_be_thought_is_withdrawn(tools: Any) -> None:
    told, stream = events(f"{CALL}</think> {CALL}{' ' * 50}", tools)
    assert complete(told) == [
        ("call", "get_weather"),
        ("withdrawn", "get_weather"),
        ("call", "get_weather"),
    ]
    assert len(stream.close().calls) == 1


def test_a_call_that_was_begun_and_is_none_is_withdrawn(tools: Any) -> None:
    text = '<tool_call>{"name": "get_weather", "arguments": {city is P}}</tool_call>' + " ok" * 100
    told, stream = events(text, tools)
    assert [event.kind for event in told if event.kind != "arguments"] == ["name", "withdrawn"]
    assert stream.close().calls == ()


@pytest.mark.parametrize(
    "text",
    [
        f"<think>{CALL}",
        f"<tool_response>{CALL}",
        f"Hi.\nUser: {CALL}",
        '<tool_call>{"name": "fly", "arguments": {}}</tool_call>',
        f"User: {CALL}",
        '{"arguments": {"name": "get_weather"}}',
    ],
)
def test_nothing_is_told_of_what_does_not_count(text: str, tools: Any) -> None:
    for size in (1, 9, len(text)):
        told, stream = events(text, tools, size)
        assert told == []
        assert stream.close().calls == ()


@pytest.mark.parametrize(("name", "part", "text"), EXAMPLES, ids=lambda value: str(value)[:20])
def test_what_was_told_is_what_the_turn_says(name: str, part: str, text: str, tools: Any) -> None:
    for offered in (tools, None):
        for around in ("@", "@\n" + " " * 80, "Well.\n@ Now, " + "so on " * 30, "@\n@"):
            whole = around.replace("@", text)
            for size in (1, 4, len(whole)):
                check_events(whole, offered, "auto", size)


def check_events(text: str, tools: Any, mode: str, size: int) -> None:
    """Every call that was told is the turn's, and at the end exactly its calls stand."""
    stream = StreamParser(tools, mode)
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    told = [event for piece in pieces for event in stream.feed(piece)]
    turn = stream.close()
    assert turn == parse(text, tools, mode)
    if not any(closer in text for closer in CLOSERS):
        assert all(event.call in turn.calls for event in told if event.kind == "call"), text
    every = told + list(stream.last_events)
    assert sorted(map(repr, alive(every))) == sorted(map(repr, turn.calls)), text
    names = [event.index for event in every if event.kind == "name"]
    assert names == sorted(set(names))


BARE = '{"name": "get_weather", "arguments": {"city": "Paris"}}'
LATER = [
    f"You would write `{BARE}` to ask for it, if you wanted to know how the weather is there.",
    f"`{CALL}`{' ' * 200}is what you write to ask for it.",
    f'The format is "{CALL}", which I will not use, because nobody wants to know the weather.',
    f"Do not call {BARE} because it is not true and never was, as you know very well yourself.",
    "See [get_weather(city='Paris')] for the documentation of what the tool does for you now.",
    "```python\nget_weather(city='Paris')\nprint('done, and this is a long line of code')\n```",
    "[list_all()] is what I would write, if anybody had asked me to list all that there is here.",
    CALL * 30,
    CALL + CALL.replace("Paris", "Rome") * 30,
    f"{BARE}}}}}{' ok' * 60}",
    f'{{"note": "{"so " * 60}{CALL.replace(chr(34), chr(39))} and so on {"so " * 60}"}}',
    f'<|function_call|>{{"name": "get_weather", "arguments": {{"city": "Pa{" so" * 60}{CALL}',
]


@pytest.mark.parametrize("text", LATER)
def test_what_follows_later_changes_no_call_that_was_told(text: str, tools: Any) -> None:
    for offered in (tools, None):
        for size in (1, 7, len(text)):
            check_events(text, offered, "auto", size)


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        (f"I could write {CALL} or not.\n</think>\n\nWhich city?", "auto"),
        (f"the tag </think> closes. {CALL} or else\n</think>\nHi.", "open"),
    ],
)
def test_a_thought_that_ends_with_the_turn_withdraws_its_draft(
    text: str, mode: str, tools: Any
) -> None:
    check_events(text, tools, mode, 1)


GLUE = ["", "\n", " and ", "`", '"', "</think>", "<think>", "\nUser: hi\n", "<|im_end|>", "```\n"]
GLUE += ["```json\n", "}", "]", " " * 50, "so on " * 10, "</tool_call>", "<tool_response>", "; "]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_call_is_told_that_the_turn_does_not_give(data: Any, tools: Any) -> None:
    texts = st.sampled_from([*(text for _, _, text in EXAMPLES), *LATER, CALL, BARE])
    glue = st.sampled_from(GLUE)
    parts = data.draw(st.lists(st.tuples(glue, texts, glue), min_size=1, max_size=4))
    text = "".join(part for three in parts for part in three)
    offered = data.draw(st.sampled_from([tools, None]))
    mode = data.draw(st.sampled_from(["auto", "open", "off"]))
    check_events(text, offered, mode, data.draw(st.sampled_from([1, 2, 7, 40])))


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_any_cuts_of_any_texts_give_the_whole(data: Any) -> None:
    parts = st.sampled_from([text for _, _, text in EXAMPLES]) | st.sampled_from(
        ["</think>", "<think>", "\nUser: x\n", "<|im_start|>assistant\n", "```\n", '{"', "\ud800"]
    )
    text = "".join(data.draw(st.lists(parts, min_size=1, max_size=4)))
    mode = data.draw(st.sampled_from(["auto", "open", "off"]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    stream = StreamParser(None, mode)
    told = []
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        told += stream.feed(text[start:end])
    assert stream.close() == parse(text, None, mode)
    for event in told:
        assert event.kind in ("name", "arguments", "call", "withdrawn")
        assert (event.kind == "arguments") == bool(event.text)


@pytest.mark.parametrize(
    "unit",
    [
        "word ",
        "<",
        "}",
        "\n",
        "<think>",
        "<|im_end|>",
        CALL,
        '{"a": 1} ',
        "<tool_call>",
        '{"',
        "</",
    ],
    ids=lambda unit: ascii(unit)[:16],
)
def test_single_characters_cost_time_linear_in_the_text(unit: str, tools: Any) -> None:
    def seconds(size: int) -> float:
        text = (unit * (size // len(unit) + 1))[:size]
        best = 9.0
        for _ in range(2):
            stream = StreamParser(tools)
            start = time.process_time()
            for char in text:
                stream.feed(char)
            best = min(best, time.process_time() - start)
        return best

    seconds(100)
    # A quadratic step would cost sixteen times as much; the floor keeps timer noise out.
    assert seconds(40_000) < 8 * max(seconds(10_000), 0.02)


@pytest.mark.parametrize("size", [1, 3, 20])
def test_content_grows_to_what_the_turn_says(size: int, tools: Any) -> None:
    for text in (
        "Hello!",
        "The answer is [1] and {x} <b>bold</b>\nUsers like it.",
        f"One moment.\n{CALL}\nDone, it was < 5.",
        f"One moment.\n\n```json\n{CALL}\n```\nIt is done, just as you have asked me.",
        f"<think>hm</think>\n\nSure: {CALL}",
        "User manuals are here.",
        "A line\nUser: x",
    ):
        stream = StreamParser(tools)
        shown = ""
        for start in range(0, len(text), size):
            stream.feed(text[start : start + size])
            now = stream.content()
            assert now.startswith(shown), text
            shown = now
        assert shown == stream.close().content


def test_asking_for_the_content_after_every_character_is_cheap(tools: Any) -> None:
    stream = StreamParser(tools)
    start = time.process_time()
    for char in "A word < and [another] one.\n" * 300:
        stream.feed(char)
        stream.content()
    # It was 9 s for these 8,400 characters, with a look at every mark for every place.
    assert time.process_time() - start < 2.5


def test_no_part_of_a_mark_is_shown(tools: Any) -> None:
    stream = StreamParser(tools)
    stream.feed("It is here: <tool_ca")
    assert stream.content() == "It is here: "
    stream.feed("ndle>")
    assert stream.content() == "It is here: <tool_candle>"


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
