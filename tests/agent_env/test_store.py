from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_env import Base, Domain, Store
from agent_env.store import Diff, canonical_json, freeze, is_same, thaw

KEYS = ("a", "b", "c", "new")
TABLES: dict[str, dict[str, dict[str, Any]]] = {
    "orders": {"a": {"n": 1, "tags": ["x", {"y": 2}]}, "b": {"n": 2, "tags": []}, "c": {}},
    "users": {"a": {"n": 1}},
}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([1.0, 0.5, "", "x", "1"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ny"), inner, max_size=2)
    ),
    max_leaves=4,
)
ROWS = st.dictionaries(st.sampled_from(["n", "tags"]), VALUES, max_size=2)
WRITES = st.lists(
    st.tuples(st.sampled_from(["orders", "users"]), st.sampled_from(KEYS), st.none() | ROWS),
    max_size=6,
)


def write(
    store: Store, model: dict[str, dict[str, Any]], edits: list[tuple[str, str, Any]]
) -> None:
    """The same edits on a store and on plain dicts."""
    for table, key, row in edits:
        if row is not None:
            store.put(table, key, row)
            model[table][key] = row
        elif key in model[table]:
            store.delete(table, key)
            del model[table][key]


def apply(tables: dict[str, dict[str, Any]], diff: Diff) -> dict[str, dict[str, Any]]:
    """The tables after the changes that a diff lists."""
    result = thaw(freeze(tables))
    for table, rows in diff.items():
        for key, change in rows.items():
            if change is None:
                del result[table][key]
                continue
            row = result[table].setdefault(key, {})
            for field, sides in change.items():
                row.pop(field, None)
                if "after" in sides:
                    row[field] = sides["after"]
    return result


@given(WRITES)
@settings(max_examples=150, deadline=None)
def test_a_store_behaves_like_plain_tables(edits: list[tuple[str, str, Any]]) -> None:
    store, model = Store(Base(TABLES)), thaw(freeze(TABLES))
    write(store, model, edits)
    seen = {name: {key: thaw(store.get(name, key)) for key in store.keys(name)} for name in model}
    assert canonical_json(seen) == canonical_json(model)
    assert canonical_json(apply(TABLES, json.loads(json.dumps(store.diff())))) == canonical_json(
        model
    )
    assert (store.diff() == {}) == (canonical_json(model) == canonical_json(TABLES))


@given(WRITES, WRITES)
@settings(max_examples=150, deadline=None)
def test_equal_states_and_only_they_have_equal_hashes(
    one: list[tuple[str, str, Any]], other: list[tuple[str, str, Any]]
) -> None:
    base = Base(TABLES)
    stores, models = (Store(base), Store(base)), (thaw(freeze(TABLES)), thaw(freeze(TABLES)))
    write(stores[0], models[0], one)
    write(stores[1], models[1], other)
    same = canonical_json(models[0]) == canonical_json(models[1])
    assert (stores[0].state_hash() == stores[1].state_hash()) == same


@given(WRITES, WRITES)
@settings(max_examples=100, deadline=None)
def test_a_fork_goes_its_own_way_and_restore_comes_back(
    before: list[tuple[str, str, Any]], after: list[tuple[str, str, Any]]
) -> None:
    store, model = Store(Base(TABLES)), thaw(freeze(TABLES))
    write(store, model, before)
    twin, state = store.fork(), store.state_hash()
    write(twin, thaw(freeze(model)), after)
    assert store.state_hash() == state
    moved = twin.state_hash()
    twin.restore(store)
    assert twin.state_hash() == state
    write(twin, model, after)
    assert twin.state_hash() == moved


@given(st.lists(st.tuples(st.integers(0, 4), WRITES), max_size=12))
@settings(max_examples=60, deadline=None)
def test_interleaved_episodes_leave_the_base_as_it_was(
    turns: list[tuple[int, list[tuple[str, str, Any]]]],
) -> None:
    base = Base(TABLES)
    stores, models = [Store(base) for _ in range(5)], [thaw(freeze(TABLES)) for _ in range(5)]
    for who, edits in turns:
        write(stores[who], models[who], edits)
    assert base.compute_fingerprint() == base.fingerprint
    for store, model in zip(stores, models, strict=True):
        assert canonical_json(apply(TABLES, store.diff())) == canonical_json(model)


def test_what_is_read_cannot_be_changed_in_place(domain: Domain) -> None:
    store = Store(domain.base)
    row: Any = store.get("orders", next(store.keys("orders")))
    with pytest.raises(TypeError):
        row["status"] = "gone"
    with pytest.raises(AttributeError):
        row["items"].append("P999")


def test_what_was_written_is_a_copy() -> None:
    store, row = Store(Base(TABLES)), {"tags": ["x"]}
    store.put("orders", "new", row)
    row["tags"].append("y")
    assert thaw(store.get("orders", "new")) == {"tags": ["x"]}


def test_update_keeps_the_other_fields() -> None:
    store = Store(Base(TABLES))
    store.update("orders", "a", n=5)
    assert store.diff() == {"orders": {"a": {"n": {"before": 1, "after": 5}}}}


def test_a_row_written_back_is_no_change() -> None:
    store = Store(Base(TABLES))
    clean = store.state_hash()
    store.update("orders", "a", n=5)
    store.update("orders", "a", n=1)
    assert (store.diff(), store.state_hash()) == ({}, clean)


@pytest.mark.parametrize("value", [{1, 2}, float("nan"), float("inf"), object(), b"x"])
def test_only_json_values_are_rows(value: object) -> None:
    with pytest.raises(TypeError, match="JSON values only"):
        freeze({"n": [value]})


def test_unknown_tables_and_rows_are_the_programmers_fault() -> None:
    store = Store(Base(TABLES))
    for action in (
        lambda: store.get("nope", "a"),
        lambda: store.put("nope", "a", {}),
        lambda: store.update("orders", "nope", n=1),
        lambda: store.delete("orders", "nope"),
    ):
        with pytest.raises(KeyError):
            action()


def test_json_types_are_told_apart() -> None:
    one, true, real = freeze({"n": 1}), freeze({"n": True}), freeze({"n": 1.0})
    assert not is_same(one, true)
    assert not is_same(one, real)
    assert is_same(one, freeze({"n": 1}))


def test_two_worlds_with_the_same_changes_have_different_hashes() -> None:
    assert Store(Base(TABLES)).state_hash() != Store(Base({"orders": {}})).state_hash()
