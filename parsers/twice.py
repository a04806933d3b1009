"""Builds JSON objects from their pairs, and tells where one contradicts itself.

A key that stands twice with the same value says nothing twice, and real models write `tool_calls`
more than once; any other repeated key leaves open which value is meant. Who reads calls refuses
those (`json_calls.py`, `salvage.py`); data may say what it likes.
"""

from __future__ import annotations

from typing import Any


class Ambiguous(dict[str, Any]):
    """An object with different values under the same key; `twice` holds those keys."""

    __slots__ = ("twice",)
    twice: tuple[str, ...]


class ContradictionError(ValueError):
    """An object contradicts itself; raised through the C decoder."""


def merge_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these pairs; repeated `tool_calls` join, another repeated key must agree."""
    merged = dict(pairs)
    if len(merged) == len(pairs):
        return merged
    seen: dict[str, Any] = {}
    entries: list[Any] = []
    twice: list[str] = []
    for key, value in pairs:
        if key == "tool_calls":
            entries.extend(value if isinstance(value, list) else [value])
        elif not same(seen.setdefault(key, value), value):
            twice.append(key)
    if "tool_calls" in merged:
        merged["tool_calls"] = entries
    if not twice:
        return merged
    ambiguous = Ambiguous(merged)
    ambiguous.twice = tuple(twice)
    return ambiguous


def said_twice(key: str) -> str:
    """The sentence about a key with two values."""
    return f"the key {key[:40]!r} stands twice, with different values"


def same(one: Any, other: Any) -> bool:
    """Whether two decoded values are the same JSON value, in which true is not 1."""
    if one != other:
        return False
    if isinstance(one, bool) or isinstance(other, bool):
        return isinstance(one, bool) and isinstance(other, bool)
    if isinstance(one, list):
        return all(map(same, one, other))
    if isinstance(one, dict):
        return all(same(value, other[key]) for key, value in one.items())
    return True


def merge_exactly(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these pairs.

    Raises:
        ContradictionError: a key has two values.
    """
    merged = dict(pairs)
    if len(merged) == len(pairs):  # nearly always, and asked for every object of every turn
        return merged
    merged = merge_pairs(pairs)
    if isinstance(merged, Ambiguous):
        raise ContradictionError(said_twice(merged.twice[0]))
    return merged
