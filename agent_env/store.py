"""The state of a world: frozen tables shared by the process, and what one episode changed.

Place in the flow: a domain makes one `Base`; each episode reads and writes through its own `Store`,
an overlay that holds only the rows the episode touched. `diff()` and `state_hash()` cost what was
changed, not what exists.

Rows are mappings from field to JSON value and are frozen on the way in, in the base and in the
overlay. So nothing that is read can be changed in place, and `fork()` shares rows safely.

What it does not do: no queries, no indexes, no schema of rows, no locks (an episode belongs to one
thread at a time).
"""

from __future__ import annotations

import hashlib
import json
import marshal
import math
from collections.abc import Iterator, Mapping
from operator import itemgetter
from types import MappingProxyType
from typing import Any, TypeAlias

from agent_env.world import Diff

Row: TypeAlias = Mapping[str, Any]
_ABSENT: Any = object()
_UNKNOWN: Any = object()
# Asked first, for most values are of these types and `isinstance(x, Mapping)` is slow.
_PLAIN = frozenset({str, int, bool, type(None)})
PACKED = 2
"""The marshal version of `pack`: one without references, which depend on who else holds a value."""


def freeze(value: Any) -> Any:
    """The JSON value with mappings as read-only views and lists as tuples, at every depth.

    Raises:
        TypeError: Something that JSON does not hold.
    """
    if type(value) in _PLAIN:
        return value
    if type(value) is float and math.isfinite(value):
        return value
    if isinstance(value, Mapping):
        return MappingProxyType({str(key): freeze(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    raise TypeError(f"A row holds {value!r} ({type(value).__name__}); rows hold JSON values only.")


def thaw(value: Any) -> Any:
    """The frozen value as plain dicts and lists, all of them new."""
    kind = type(value)
    if kind in _PLAIN or kind is float:
        return value
    if kind is MappingProxyType or isinstance(value, Mapping):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [thaw(item) for item in value]
    return value


def canonical_json(value: Any) -> str:
    """The one JSON text of a value: sorted keys, no spaces, plain ASCII.

    Raises:
        ValueError: A NaN or an infinity, which have no JSON text.
    """
    return json.dumps(thaw(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


class Base:
    """Tables that no episode can change.

    Attributes:
        fingerprint: Hex sha256 of the canonical JSON of all tables.
    """

    __slots__ = ("_tables", "fingerprint")

    def __init__(self, tables: Mapping[str, Mapping[str, Row]]) -> None:
        """Copies and freezes the tables.

        Args:
            tables: Rows by table and key.
        """
        self._tables: Mapping[str, Mapping[str, Row]] = freeze(tables)
        self.fingerprint = self.compute_fingerprint()

    def open(self) -> Store:
        """A store over these tables in which nothing has changed yet."""
        return Store(self)

    def compute_fingerprint(self) -> str:
        """The fingerprint from the rows as they are now; equal to `fingerprint`, always."""
        return hashlib.sha256(canonical_json(self._tables).encode()).hexdigest()

    def tables(self) -> tuple[str, ...]:
        """The names of the tables, sorted."""
        return tuple(sorted(self._tables))

    def table(self, name: str) -> Mapping[str, Row]:
        """One table, read-only.

        Raises:
            KeyError: There is no such table.
        """
        return self._tables[name]


class Store:
    """One episode's view of the world: the base, and over it the rows that the episode wrote."""

    __slots__ = ("_base", "_changes", "_diff", "_overlay")

    def __init__(self, base: Base) -> None:
        """Starts with nothing changed.

        Args:
            base: Shared with every other episode.
        """
        self._base = base
        # None marks a deleted row.
        self._overlay: dict[tuple[str, str], Row | None] = {}
        # What `diff` found since the last write, for it is asked for several times a turn; and for
        # each row since that row was written.
        self._diff: Diff | None = None
        self._changes: dict[tuple[str, str], Any] = {}

    @property
    def base(self) -> Base:
        """What lies under the overlay."""
        return self._base

    def get(self, table: str, key: str) -> Row | None:
        """The row as it is now, read-only; None when there is none.

        Raises:
            KeyError: There is no such table.
        """
        row = self._overlay.get((table, key), _ABSENT)
        return self._base._tables[table].get(key) if row is _ABSENT else row

    def keys(self, table: str) -> Iterator[str]:
        """The keys of a table as it is now: the base's in their order, then the new ones.

        Raises:
            KeyError: There is no such table.
        """
        rows = self._base.table(table)
        written = {key: row for (of, key), row in self._overlay.items() if of == table}
        yield from (key for key in rows if written.get(key, _ABSENT) is not None)
        yield from (key for key, row in written.items() if key not in rows and row is not None)

    def put(self, table: str, key: str, row: Row) -> None:
        """Writes a whole row.

        Raises:
            KeyError: There is no such table.
            TypeError: The row holds something that JSON does not.
        """
        self._base.table(table)
        self._write(table, key, freeze(row))

    def update(self, table: str, key: str, **fields: Any) -> None:
        """Writes some fields of a row that exists.

        Raises:
            KeyError: There is no such table or row.
            TypeError: A field holds something that JSON does not.
        """
        row = self.get(table, key)
        if row is None:
            raise KeyError(f"{table} holds no {key!r}")
        # What the row held is frozen already.
        written = {name: freeze(value) for name, value in fields.items()}
        self._write(table, key, MappingProxyType({**row, **written}))

    def delete(self, table: str, key: str) -> None:
        """Removes a row.

        Raises:
            KeyError: There is no such table or row.
        """
        if self.get(table, key) is None:
            raise KeyError(f"{table} holds no {key!r}")
        self._write(table, key, None)

    def fork(self) -> Store:
        """A store that starts from this one's state and goes its own way."""
        twin = Store(self._base)
        twin.restore(self)
        return twin

    def restore(self, earlier: Store) -> None:
        """Goes back to the state of a store that was forked from this one."""
        self._overlay = earlier._overlay.copy()
        self._changes = earlier._changes.copy()
        self._diff = earlier._diff

    def diff(self) -> Diff:
        """What really changed against the base, field by field, as plain JSON data.

        Returns:
            `{table: {key: {field: {"before": x, "after": y}}}}`, sorted. A side that does not exist
            has no key, so a new row has only "after"s; a deleted row is None. Rows written back to
            what they were are not listed. Read it only: it is the same object until the next write.
        """
        if self._diff is not None:
            return self._diff
        self._diff = {}
        for table, key in sorted(self._overlay):
            change = self._change(table, key)
            if change is not _ABSENT:
                self._diff.setdefault(table, {})[key] = change
        return self._diff

    def state_hash(self) -> str:
        """Hex sha256 of the base's fingerprint and the rows that really changed."""
        rows = [
            [table, key, after]
            for (table, key), after in sorted(self._overlay.items(), key=itemgetter(0))
            if self._change(table, key) is not _ABSENT
        ]
        return hashlib.sha256(
            f"{self._base.fingerprint}{canonical_json(rows)}".encode()
        ).hexdigest()

    def _write(self, table: str, key: str, row: Row | None) -> None:
        self._overlay[table, key] = row
        self._changes.pop((table, key), None)
        self._diff = None

    def _change(self, table: str, key: str) -> Any:
        """What `diff` says of a row in the overlay; _ABSENT for one that is as it was."""
        change = self._changes.get((table, key), _UNKNOWN)
        if change is _UNKNOWN:
            before, after = self._base._tables[table].get(key), self._overlay[table, key]
            change = _row_change(before, after)
            self._changes[table, key] = change
        return change


def pack(value: Any) -> bytes | None:
    """The value's bytes, the same only for equal values of equal types; None for no plain data.

    Equal dicts have other bytes when their keys stand in another order.
    """
    try:
        return marshal.dumps(value, PACKED)
    except ValueError:
        return None


def is_equal(one: Any, other: Any) -> bool:
    """Whether two plain values have the same JSON text; to Python 1, 1.0 and True are equal."""
    if one != other:  # Most values that differ do so for Python too, which sees it at once.
        return False
    packed = pack(one)
    return (packed is not None and packed == pack(other)) or _has_same_types(one, other)


def _has_same_types(one: Any, other: Any) -> bool:
    """Whether two values that Python calls equal are of the same types at every depth."""
    if type(one) in _PLAIN or type(one) is float:
        return type(one) is type(other)
    if isinstance(one, Mapping):
        return all(_has_same_types(value, other[key]) for key, value in one.items())
    return all(map(_has_same_types, one, other))


def is_same(one: Any, other: Any) -> bool:
    """Whether two frozen values have the same JSON text; to Python 1, 1.0 and True are equal."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if type(one) is MappingProxyType:
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    if type(one) is tuple:
        return len(one) == len(other) and all(map(is_same, one, other))
    return bool(one == other)


def _row_change(before: Row | None, after: Row | None) -> Any:
    """A row's entry in a diff; _ABSENT for none."""
    if before is None or after is None:
        if before is after:
            return _ABSENT
        return (
            None if after is None else {key: {"after": thaw(after[key])} for key in sorted(after)}
        )
    changes: dict[str, dict[str, Any]] = {}
    for field in sorted({**before, **after}):
        old, new = before.get(field, _ABSENT), after.get(field, _ABSENT)
        if old is new or is_same(old, new):
            continue
        sides = (("before", old), ("after", new))
        changes[field] = {side: thaw(value) for side, value in sides if value is not _ABSENT}
    return changes or _ABSENT
