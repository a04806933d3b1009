"""The name and the arguments of a call while its JSON is still being written."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from parsers.json_track import JsonTrack

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)
arguments = st.dictionaries(st.text(max_size=8), values, max_size=3)


def told(text: str, size: int) -> tuple[list[tuple[str, str]], JsonTrack]:
    """Names and whole arguments, parts of the same arguments joined."""
    track = JsonTrack()
    joined: list[tuple[str, str]] = []
    for start in range(0, len(text), size):
        for kind, value in track.feed(text[start : start + size]):
            if kind == "arguments" and joined and joined[-1][0] == "arguments":
                joined[-1] = (kind, joined[-1][1] + value)
            else:
                joined.append((kind, value))
    return joined, track


@given(arguments, st.integers(1, 9), st.sampled_from(["plain", "function", "array"]))
def test_arguments_come_as_they_were_written(value: dict[str, object], size: int, way: str) -> None:
    written = json.dumps(value)
    call = f'{{"id": "x", "name": "get it", "arguments": {written}}}'
    text = {
        "plain": call,
        "function": f'{{"tool_calls": [{{"type": "function", "function": {call}}}]}}',
        "array": f"[{call}]",
    }[way]
    joined, track = told(text, size)
    assert joined == [("name", "get it"), ("arguments", written)]
    assert track.closed


def test_each_call_of_an_array_is_told() -> None:
    text = '[{"name": "a", "arguments": {}}, {"name": "b", "parameters": {"name": "c"}}]'
    assert told(text, 3)[0] == [
        ("name", "a"),
        ("arguments", "{}"),
        ("name", "b"),
        ("arguments", '{"name": "c"}'),
    ]


def test_what_is_no_calls_own_key_is_not_told() -> None:
    for text in (
        '{"arguments": {"name": "a"}}',
        '{"user": {"name": "a"}}',
        '["name", "a"]',
        '{"a": "name", "b": "c"}',
        '{"name": 5}',
        '{"name": "a\\u0062"}',
        f'{{"name": "{"a" * 300}"}}',
    ):
        assert told(text, 2)[0] == []


def test_arguments_that_are_a_string_or_come_first_are_left_to_the_whole_call() -> None:
    assert told('{"name": "a", "arguments": "{}"}', 4)[0] == [("name", "a")]
    assert told('{"arguments": {"x": 1}, "name": "a"}', 4)[0] == [("name", "a")]


def test_it_ends_with_the_last_bracket() -> None:
    joined, track = told('{"name": "a"} {"name": "b"}', 5)
    assert joined == [("name", "a")]
    assert track.closed
    assert not told('{"name": "a"', 5)[1].closed
