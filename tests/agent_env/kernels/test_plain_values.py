from __future__ import annotations

import math
from collections import Counter, namedtuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_env.kernels.plain_values import NotPlainError, from_text, to_text

keys = st.none() | st.booleans() | st.integers() | st.text() | st.binary() | st.tuples(st.text())
plain = st.recursive(
    keys | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner) | st.lists(inner).map(tuple) | st.sets(keys) | st.dictionaries(keys, inner)
    ),
    max_leaves=12,
)


@given(plain)
def test_a_value_comes_back_equal_and_of_its_kind(value: object) -> None:
    back = from_text(to_text(value))
    assert back == value
    assert type(back) is type(value)


def test_what_json_has_not_keeps_its_kind() -> None:
    value = {(1, 2): [1.0, 1, True, None, b"\x00", {3}], "": ({},)}
    assert repr(from_text(to_text(value))) == repr(value)
    assert math.isnan(from_text(to_text(math.nan)))
    assert from_text(to_text(-math.inf)) == -math.inf


def test_kinds_of_kinds_become_the_base_kind() -> None:
    point = namedtuple("point", "x y")
    assert type(from_text(to_text(point(1, 2)))) is tuple
    assert from_text(to_text(Counter("aab"))) == {"a": 2, "b": 1}


class Flatterer:
    """Claims to be equal to anything."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


@pytest.mark.parametrize("value", [Flatterer(), [Flatterer()], {1: len}, iter([]), 1j])
def test_other_objects_are_no_values(value: object) -> None:
    with pytest.raises(NotPlainError, match="cannot be compared"):
        to_text(value)


def test_a_value_that_holds_itself_is_none() -> None:
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(NotPlainError, match="nested too deeply"):
        to_text(loop)


HOSTILE = (
    *("", "{", "[1]", "1.5", "NaN", '{"l": 1}', '{"l": [], "t": []}', "{}", '{"x": 1}'),
    *('{"f": "one"}', '{"f": [1]}', '{"b": "0"}', '{"s": [{"l": []}]}', '{"d": [[1]]}'),
    *('{"d": [[{"d": []}, 1]]}', '{"d": 5}', "9" * 5_000, '{"l": [' * 50_000, '{"b": 7}'),
)


@pytest.mark.parametrize("text", HOSTILE)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(NotPlainError):
        from_text(text)


@given(st.text() | st.binary())
def test_no_text_raises_anything_else(text: str | bytes) -> None:
    try:
        from_text(text)
    except NotPlainError:
        return
