"""The tables that other projects' tools get behave like the dicts that those tools expect."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_env.adapters.rows import RowState, RowWorld

TABLES = {
    "a": {key: {"n": number, "tags": [key], "deep": {"x": 1}} for number, key in enumerate("pqrs")},
    "b": {"t": {"n": 0}},
}
KEYS = st.sampled_from(["p", "q", "r", "s", "t", "new", "newer"])
VALUES = st.sampled_from([0, 0.0, 1, True, None, "x", ["x"], {"k": 1.5}])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["set", "field", "append", "setdefault"]), KEYS, VALUES),
        st.tuples(st.sampled_from(["pop", "del", "get", "walk", "back"]), KEYS, st.none()),
    ),
    max_size=14,
)


Table = dict[str, Any]


def put(table: Table, key: str, value: Any) -> None:
    table[key] = {"n": value}


def put_field(table: Table, key: str, value: Any) -> None:
    if key in table:
        table[key]["n"] = value


def append(table: Table, key: str, value: Any) -> None:
    if key in table and "tags" in table[key]:
        table[key]["tags"].append(value)


def delete(table: Table, key: str, _: Any) -> str:
    try:
        del table[key]
    except KeyError:
        return "none"
    return "gone"


def walk(table: Table, _: str, __: Any) -> Any:
    return sum(1 for _ in table), {k: deepcopy(row) for k, row in table.items()}


def put_all(table: Table, _: str, __: Any) -> None:
    for one in table.values():
        one["n"] = 0


# What a tool might do to a table, and what it sees.
DEEDS: dict[str, Callable[[Table, str, Any], Any]] = {
    "set": put,
    "field": put_field,
    "append": append,
    "setdefault": lambda table, key, value: table.setdefault(key, {"n": value}) and None,
    "pop": lambda table, key, _: table.pop(key, "none"),
    "del": delete,
    "get": lambda table, key, _: deepcopy(table.get(key, "none")),
    "walk": walk,
    "back": put_all,
}


def apply(table: Table, step: tuple[str, str, Any]) -> Any:
    kind, key, value = step
    return DEEDS[kind](table, key, deepcopy(value))


def text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


@given(steps=STEPS)
def test_whatever_a_tool_does_it_does_to_a_plain_dict_too(
    steps: list[tuple[str, str, Any]],
) -> None:
    world = RowWorld(deepcopy(TABLES))
    state, plain = world.open(), deepcopy(TABLES)
    for number, step in enumerate(steps):
        seen = apply(state.writing()["a"], step)
        assert text(seen) == text(apply(plain["a"], step))
        if number % 3 == 0:
            state.diff()
        assert text(state.whole()) == text(plain)
        reading = state.reading()["a"]
        assert text(dict(reading)) == text(plain["a"])
        assert (len(reading), sorted(reading)) == (len(plain["a"]), sorted(plain["a"]))
    assert world.compute_fingerprint() == world.fingerprint


@given(steps=STEPS, later=STEPS)
def test_the_diff_says_exactly_what_became_of_the_rows(
    steps: list[tuple[str, str, Any]], later: list[tuple[str, str, Any]]
) -> None:
    world = RowWorld(deepcopy(TABLES))
    state, plain = world.open(), deepcopy(TABLES)
    for step in steps:
        apply(state.writing()["a"], step)
        apply(plain["a"], step)
    changed = {
        key
        for key in TABLES["a"].keys() | plain["a"].keys()
        if text(TABLES["a"].get(key)) != text(plain["a"].get(key))
    }
    diff = state.diff()
    assert set(diff.get("a", {})) == changed
    for key, change in diff.get("a", {}).items():
        if change is None:
            assert key not in plain["a"]
            continue
        row = {name: side["after"] for name, side in change.items() if "after" in side}
        same = {k: v for k, v in TABLES["a"].get(key, {}).items() if k not in change}
        assert text(same | row) == text(plain["a"][key])
    # A fork goes its own way, and restoring goes back.
    fork, before = state.fork(), (text(state.whole()), state.state_hash())
    assert (text(fork.whole()), fork.state_hash()) == before
    for step in later:
        apply(state.writing()["a"], step)
    assert (text(fork.whole()), fork.state_hash()) == before
    state.restore(fork)
    assert (text(state.whole()), state.state_hash(), state.diff()) == (*before, fork.diff())


def test_equal_states_have_equal_hashes_whatever_the_way() -> None:
    world = RowWorld(deepcopy(TABLES))
    one, other = world.open(), world.open()
    for state, keys in ((one, "pq"), (other, "qp")):
        for key in keys:
            state.writing()["a"][key]["n"] = 9
    assert one.state_hash() == other.state_hash() != world.open().state_hash()
    one.writing()["a"]["p"]["n"] = 9.0
    assert one.state_hash() != other.state_hash()
    for key, number in (("p", 0), ("q", 1)):
        one.writing()["a"][key]["n"] = number
    assert one.diff() == {}
    assert one.state_hash() == world.open().state_hash()


def test_until_something_is_written_readers_get_the_shared_rows_themselves() -> None:
    world = RowWorld(deepcopy(TABLES))
    state = world.open()
    assert state.reading() is world.tables
    state.writing()["a"]["p"]["n"] = 7
    reading = state.reading()
    assert reading["a"]["q"] is world.tables["a"]["q"]
    assert reading["a"]["p"]["n"] == 7
    assert reading["b"] is world.tables["b"]
    assert world.tables["a"]["p"]["n"] == 0


@pytest.mark.parametrize("tables", [{"a": []}, {"a": {"p": 1}}, {"a": {"p": {"n": object()}}}])
def test_what_is_no_table_of_plain_rows_is_refused(tables: Any) -> None:
    with pytest.raises(ValueError, match=r"Table a|unmarshallable"):
        RowWorld(tables)


def test_an_untouched_state_costs_next_to_nothing() -> None:
    state: RowState = RowWorld(deepcopy(TABLES)).open()
    state.reading()["a"]["p"]
    assert state.diff() == {}
    assert state.fork().diff() == {}
