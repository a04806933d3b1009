"""Compact JSON is the JSON of the standard library, refusals included."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_env import compact_json
from agent_env.compact_json import compact

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-1e300, 1e300) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(value=values)
def test_it_is_what_the_standard_library_writes(value: Any) -> None:
    wanted = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert compact(value) == wanted
    with pytest.MonkeyPatch.context() as patch:  # as where Python has no C encoder
        patch.setattr(compact_json, "_chunks", None)
        assert compact(value) == wanted


def itself() -> list[Any]:
    ring: list[Any] = []
    ring.append(ring)
    return ring


@pytest.mark.parametrize(
    ("value", "error"),
    [({"a": {1}}, TypeError), ([float("nan")], ValueError), (itself(), RecursionError)],
)
def test_what_json_does_not_hold_is_refused(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        compact(value)
