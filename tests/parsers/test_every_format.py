"""Walks the registry: what holds for every wire format, asked of a new file unasked."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import FaultKind, ParseStatus, StreamParser, list_formats, parse, render
from parsers.drafts import Examples, WireFormat
from parsers.formats import load, load_all

FORMATS = load_all()
EXAMPLES = [
    (one.name, part.name, getattr(one.examples, part.name))
    for one in FORMATS
    for part in fields(Examples)
]
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(-1e9, 1e9)
    | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
tricky = st.sampled_from(
    ["</tool_call>", "<think>", "\nUser: x", '"}]}', "{", "```", "\\", "'", "\u2028", "<|im_end|>"]
)
argument_objects = st.dictionaries(
    st.text(min_size=1, max_size=8), json_values | tricky, max_size=3
)


def test_the_folder_is_the_registry() -> None:
    assert list_formats() == tuple(sorted(one.name for one in FORMATS))
    with pytest.raises(ValueError, match=r"known are: .*hermes"):
        load("morse")


@pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.name)
def test_examples_read_as_they_are_named(one: WireFormat, tools: Any) -> None:
    shown = one.examples
    assert parse(shown.none, tools).status is ParseStatus.MESSAGE
    assert parse(shown.none, tools).content == shown.none
    for text, count in ((shown.one, 1), (shown.two, 2), (shown.reasoning, 1), (shown.nested, 1)):
        turn = parse(text, tools)
        assert len(turn.calls) == count, text
        assert {call.format for call in turn.calls} == {one.name}
        assert turn.faults == ()
        assert turn.content == ""
    assert parse(shown.reasoning, tools).reasoning
    cut = parse(shown.truncated, tools)
    assert (cut.status, cut.faults[0].kind) == (ParseStatus.MALFORMED, FaultKind.TRUNCATED)
    assert parse(shown.malformed, tools).status is ParseStatus.MALFORMED


@pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.name)
@settings(max_examples=60, deadline=None)
@given(
    calls=st.lists(
        st.tuples(st.sampled_from(["f", "get_order", "a.b-c"]), argument_objects),
        min_size=1,
        max_size=3,
    )
)
def test_what_is_rendered_reads_back_with_no_repair(one: WireFormat, calls: Any) -> None:
    if (
        not one.typed
    ):  # values are text there, and a key or text may not hold the format's own marks
        calls = [(name, {"a": "".join(map(str, rest)), "b": "x\n y "}) for name, rest in calls]
        calls = [
            (name, {key: value.replace("<", "") for key, value in rest.items()})
            for name, rest in calls
        ]
    turn = parse(render(calls, one.name))
    assert [(call.name, call.arguments) for call in turn.calls] == calls
    assert [json.dumps(call.arguments) for call in turn.calls] == [
        json.dumps(pair[1]) for pair in calls
    ]
    assert turn.faults == ()
    assert all(call.repairs == () for call in turn.calls)
    assert render(turn.calls, one.name) == render(calls, one.name)


@pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.name)
def test_content_and_thought_travel_with_the_calls(one: WireFormat) -> None:
    turn = parse(render([("f", {"a": 1})], one.name, content="One moment.", reasoning="They ask."))
    assert [call.format for call in turn.calls] == [one.name]
    assert (turn.content, turn.reasoning, len(turn.calls)) == ("One moment.", "They ask.", 1)


@pytest.mark.parametrize(("name", "part", "text"), EXAMPLES, ids=lambda value: str(value)[:20])
def test_any_way_of_cutting_gives_the_same(name: str, part: str, text: str, tools: Any) -> None:
    whole = parse(text, tools)
    for size in (1, 2, 7):
        stream = StreamParser(tools)
        for start in range(0, len(text), size):
            stream.feed(text[start : start + size])
        assert stream.close() == whole
    for split in range(len(text)):
        stream = StreamParser(tools)
        stream.feed(text[:split])
        stream.feed(text[split:])
        assert stream.close() == whole


noise = (
    st.text(max_size=8)
    | tricky
    | st.sampled_from(["\ud800", "\x00", "]", "}", '{"name": ', "</think>", "[TOOL_CALLS]"])
)


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_mutated_examples_never_raise_and_spans_index_the_text(data: Any) -> None:
    text = data.draw(st.sampled_from([text for _, _, text in EXAMPLES]))
    other = data.draw(st.sampled_from([text for _, _, text in EXAMPLES]))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        to = data.draw(st.integers(at, min(len(text), at + 12)))
        text = text[:at] + data.draw(noise | st.just(other)) + text[to:]
    mode = data.draw(st.sampled_from(["auto", "open", "off"]))
    turn = parse(
        text, data.draw(st.sampled_from([None, [], [{"function": {"name": "get_weather"}}]])), mode
    )
    for item in (
        *turn.calls,
        *turn.faults,
        *(repair for call in turn.calls for repair in call.repairs),
    ):
        assert 0 <= item.span[0] <= item.span[1] <= len(text)
    assert (turn.status is ParseStatus.CALLS) == bool(turn.calls)
    assert turn.status is not ParseStatus.MALFORMED or turn.faults
    assert isinstance(turn.feedback(), str)
    assert len(turn.trace) == len(FORMATS) + 1
    for call in turn.calls:
        json.dumps(call.arguments, allow_nan=False)
    stream = StreamParser(None, mode)
    cut = data.draw(st.integers(0, len(text)))
    stream.feed(text[:cut])
    stream.feed(text[cut:])
    assert stream.close() == parse(text, None, mode)


@pytest.mark.parametrize(("name", "part", "text"), EXAMPLES)
def test_any_json_value_may_stand_where_a_string_was(
    name: str, part: str, text: str, tools: Any
) -> None:
    """A policy under training wrote an object as a tool's name once, and ended its run."""
    quoted = [match.span() for match in re.finditer(r'"[^"\n]{1,60}"', text)]
    for start, end in quoted[:20]:
        for value in ('{"a": {"b": 1}}', "[[1]]", "null", "7", "-1.5e3", "true", '""'):
            for offered in (tools, None):
                parse(f"{text[:start]}{value}{text[end:]}", offered)
