"""Another project's tables, shared by the process, and what one episode made of them.

Place in the flow: tools that change nested dicts in place run unmodified on a `RowState`. A tool
that writes gets tables whose rows become the episode's own when they are first touched; a tool that
only reads gets the shared rows themselves, which costs nothing. `diff()` packs the rows that were
touched and compares bytes, so it sees every change, however it was made.

What it does not do: it cannot stop a tool that is said to read from writing; the adapters' strict
mode notices that.
"""

from __future__ import annotations

import hashlib
import json
import marshal
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any, Self, TypeAlias

from agent_env.adapters.tables import OwnTable, SeenTable
from agent_env.store import PACKED, canonical_json, is_equal, pack, thaw
from agent_env.world import Diff

Row: TypeAlias = dict[str, Any]


class RowWorld:
    """Tables that no episode changes.

    Attributes:
        fingerprint: Hex sha256 of the canonical JSON of all tables.
        tables: The shared rows by table and key; to be read only.
        plain: The same rows as plain data.
        packed: The same as bytes.
    """

    __slots__ = ("_makers", "_plain", "fingerprint", "packed", "plain", "tables")

    def __init__(
        self,
        tables: Mapping[str, dict[str, Any]],
        plain: Callable[[Any], Row] | None = None,
        copy: Callable[[Any], Any] | None = None,
    ) -> None:
        """Takes the tables; the caller gives them away.

        Args:
            tables: Rows by table and key.
            plain: A row as plain data; None when rows are dicts already.
            copy: A row of an episode's own, from the shared one; None when rows are dicts.

        Raises:
            ValueError: Something in them is no table of rows of plain data.
        """
        self._plain = plain
        self.tables = tables
        self.plain: dict[str, dict[str, Row]] = {}
        self.packed: dict[str, dict[str, bytes]] = {}
        self._makers: dict[str, Callable[[str], Any]] = {}
        for name, shared in tables.items():
            if not isinstance(shared, dict):
                raise ValueError(f"Table {name} is not a mapping from keys to rows.")
            self.plain[name] = {key: self.as_plain(row) for key, row in shared.items()}
            if not all(isinstance(row, dict) for row in self.plain[name].values()):
                raise ValueError(f"Table {name} holds something that is no row of plain data.")
            packed = {key: marshal.dumps(row, PACKED) for key, row in self.plain[name].items()}
            self.packed[name] = packed
            self._makers[name] = _maker(shared, packed, copy)
        self.fingerprint = self.compute_fingerprint()

    def as_plain(self, row: Any) -> Any:
        """The row as plain data."""
        return row if self._plain is None else self._plain(row)

    def own(self) -> dict[str, OwnTable]:
        """Tables in which nothing was touched yet."""
        return {name: OwnTable(self.tables[name], make) for name, make in self._makers.items()}

    def compute_fingerprint(self) -> str:
        """The fingerprint from the shared rows as they are now; equal to `fingerprint`, always."""
        rows = {
            name: {key: self.as_plain(row) for key, row in shared.items()}
            for name, shared in self.tables.items()
        }
        return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()

    def open(self) -> RowState:
        """A state in which nothing has changed yet."""
        return RowState(self)


class RowState:
    """One episode's view of the tables."""

    __slots__ = ("_diff", "_own", "_seen", "_world")

    def __init__(self, world: RowWorld) -> None:
        """Starts with nothing changed.

        Args:
            world: Shared with every other episode.
        """
        self._world = world
        self._own: dict[str, OwnTable] = {}
        # What readers are shown, and what `diff` found, since the last write.
        self._seen: Mapping[str, Any] | None = None
        self._diff: Diff | None = None

    def reading(self) -> Any:
        """The tables for a tool that changes nothing; rows may be the shared ones."""
        if not self._own:
            return self._world.tables
        if self._seen is None:
            shared = self._world.tables
            self._seen = {
                name: SeenTable(own, shared[name]) if own.touched() or own.gone else shared[name]
                for name, own in self._own.items()
            }
        return self._seen

    def writing(self) -> Any:
        """The tables for a tool that may change anything in them."""
        if not self._own:
            self._own = self._world.own()
        self._seen = self._diff = None
        return self._own

    def whole(self) -> dict[str, dict[str, Row]]:
        """Everything as plain data; tables of the caller's own, of rows to be read only."""
        rows = {name: dict(table) for name, table in self._world.plain.items()}
        for name, key, row, _ in self._changed():
            if row is None:
                del rows[name][key]
            else:
                rows[name][key] = row
        return rows

    def fork(self) -> Self:
        """A state that starts from this one; it copies the rows that are not as in the world."""
        twin = type(self)(self._world)
        twin.restore(self)
        return twin

    def restore(self, earlier: Self) -> None:
        """Goes back to a state that was forked from this one."""
        self._seen, self._diff = None, earlier._diff
        self._own = {}
        for name, key, row, _ in earlier._changed():
            table = self.writing()[name]
            if row is None:
                del table[key]
            else:
                table[key] = deepcopy(earlier._own[name][key])
        self._diff = earlier._diff

    def diff(self) -> Diff:
        """What really changed against the world, field by field; see `world.Diff`."""
        if self._diff is None:
            changes: Diff = {}
            for name, key, _, change in self._changed():
                changes.setdefault(name, {})[key] = change
            for name, own in self._own.items():
                own.keep_only(changes.get(name, ()))
            self._diff = changes
        return self._diff

    def state_hash(self) -> str:
        """Hex sha256 of the world's fingerprint and the rows that really changed."""
        rows = [[name, key, row] for name, key, row, _ in self._changed()]
        text = f"{self._world.fingerprint}{canonical_json(rows)}"
        return hashlib.sha256(text.encode()).hexdigest()

    def _changed(self) -> Iterator[tuple[str, str, Row | None, dict[str, Any] | None]]:
        """Table, key, row and change, both None when it was removed, of all that is not as it was.

        Sorted by table and key.
        """
        for name, own in sorted(self._own.items()):
            packed, shared = self._world.packed[name], self._world.plain[name]
            rows: dict[str, Any] = {**own.touched(), **dict.fromkeys(own.gone)}
            for key in sorted(rows):
                before, row = shared.get(key), self._world.as_plain(rows[key])
                if row is None:
                    yield name, key, None, None
                elif before is None:
                    yield name, key, row, row_diff({}, row)
                elif pack(row) != packed[key] and (change := row_diff(before, row)):
                    yield name, key, row, change


def _maker(
    shared: Mapping[str, Any],
    packed: Mapping[str, bytes],
    copy: Callable[[Any], Any] | None,
) -> Callable[[str], Any]:
    if copy is None:
        return lambda key: marshal.loads(packed[key])
    return lambda key: copy(shared[key])


def row_diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What is different between two rows of plain data, field by field; see `world.Diff`."""
    changes: dict[str, dict[str, Any]] = {}
    for field in sorted(before.keys() | after.keys()):
        if field in before and field in after and is_equal(before[field], after[field]):
            continue
        sides = (("before", before), ("after", after))
        changes[field] = {side: thaw(row[field]) for side, row in sides if field in row}
    return changes
