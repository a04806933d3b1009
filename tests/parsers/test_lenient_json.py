"""Reading one value: exactly where it is JSON, by a named repair where nearly, else not at all."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.lenient_json import MAX_DEPTH, NotJsonError, TwiceError, _Relaxed, decode
from parsers.twice import Ambiguous

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(value=values, indent=st.sampled_from([None, 1]))
def test_both_readers_read_json_as_json(value: object, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    for read in (decode(text, 0), _Relaxed(text).read(0)):
        assert json.dumps(read.value) == json.dumps(value)
        assert (read.end, read.repairs) == (len(text), [])


@settings(max_examples=100, deadline=None)
@given(
    value=st.dictionaries(
        st.text("abc'\" \\", max_size=4),
        st.booleans() | st.none() | st.text("xy\\'\"", max_size=4),
        max_size=3,
    )
)
def test_python_literals_read_as_the_same_value(value: object) -> None:
    assert decode(repr(value), 0).value == value


@pytest.mark.parametrize(
    ("text", "value", "repair"),
    [
        ("[1, 2,]", [1, 2], "trailing_comma"),
        ('{"a": 1,\n}', {"a": 1}, "trailing_comma"),
        ('{"a": True}', {"a": True}, "python_literal"),
        ("{'a': 'b'}", {"a": "b"}, "single_quotes"),
        ('{"a": "x\ny"}', {"a": "x\ny"}, "raw_control"),
    ],
)
def test_each_repair_has_a_name(text: str, value: object, repair: str) -> None:
    read = decode(text, 0)
    assert (read.value, {fix.kind for fix in read.repairs}) == (value, {repair})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1",
        '{"a"',
        '{"a": }',
        "{a: 1}",
        '{"a: "b"}',
        "[1 2]",
        '{"a": 1 "b": 2}',
        "[1}",
        "{]",
        "nul",
        "[,]",
        "'a",
        "'\\q'",
        "[NaN]",
        "[1e999]",
        "[-Infinity]",
        "[" + "9" * 5000 + "]",
        "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1),
    ],
    ids=lambda text: text[:20],
)
def test_nothing_else_is_read(text: str) -> None:
    with pytest.raises(NotJsonError) as caught:
        decode(text, 0)
    assert 0 <= caught.value.pos <= len(text)


@settings(max_examples=200, deadline=None)
@given(value=st.dictionaries(st.text(max_size=5), values, min_size=1, max_size=3), data=st.data())
def test_a_cut_object_is_never_read(value: object, data: st.DataObject) -> None:
    text = json.dumps(value)
    with pytest.raises(NotJsonError):
        decode(text[: data.draw(st.integers(0, len(text) - 1))], 0)


@pytest.mark.parametrize(
    "text", ['{"a": 1, "a": 2}', '[{"b": {"a": 1, "a": true}}]', '{"a": [1], "a": [2],}']
)
def test_one_key_with_two_values_is_refused_unless_asked_for(text: str) -> None:
    with pytest.raises(TwiceError, match="'a' stands twice"):
        decode(text, 0)
    read = decode(text, 0, ambiguous=True)
    assert (read.ambiguous, read.end) == (True, len(text))
    while not isinstance(read.value, Ambiguous):
        read.value = read.value[0] if isinstance(read.value, list) else read.value["b"]
    assert read.value.twice == ("a",)


def test_equal_values_under_one_key_say_nothing_twice() -> None:
    assert decode('{"a": {"b": [1]}, "a": {"b": [1.0]}}', 0).value == {"a": {"b": [1]}}
    assert decode('{"tool_calls": [1], "tool_calls": 2}', 0).value == {"tool_calls": [1, 2]}


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        (r'{"a": "x\q"}', False),
        (r'{"a": "x\u12"}', False),
        (r'{"a": "it\'s"}', False),
        (r'{"a": "x\u12', True),
        ('{"a": "x\\', True),
        (r'{"a": "x\q y', False),
    ],
)
def test_a_bad_escape_is_a_cut_only_where_the_text_ends_in_it(text: str, cut: bool) -> None:
    with pytest.raises(NotJsonError) as caught:
        decode(text, 0)
    assert caught.value.cut is cut


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{{"a": 1}}', {"a": 1}),
        ('{{"a": {{"b": [{{}}]}}, "c": "}}"}}', {"a": {"b": [{}]}, "c": "}}"}),
        ('{{ "a": {"b": 2} } }', {"a": {"b": 2}}),
    ],
)
def test_doubled_braces_are_single_ones(text: str, value: object) -> None:
    read = decode(text, 0)
    assert (read.value, read.end) == (value, len(text))
    assert [repair.kind for repair in read.repairs] == ["bracket_damage"]


@pytest.mark.parametrize("text", ['{{"a": 1}, {"a": 2}}', '{{"a": 1}, "b": 2}', '{{"a": 1]}'])
def test_what_holds_more_than_one_object_is_not_doubled(text: str) -> None:
    with pytest.raises(NotJsonError):
        decode(text, 0)


def test_doubled_braces_nest_no_deeper_than_single_ones() -> None:
    deep = MAX_DEPTH // 2
    assert decode('{{"a": ' * deep + "True" + "}}" * deep, 0).repairs
    with pytest.raises(NotJsonError):
        decode('{{"a": ' * (deep + 1) + "True" + "}}" * (deep + 1), 0)
