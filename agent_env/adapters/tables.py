"""Dicts that make a row the episode's own when it is touched.

Place in the flow: `RowState` hands them to another project's tools in place of the dicts that those
expect.

What it does not do: C code that looks straight into a dict sees only the touched rows; `json.dumps`
and `dict()` do not look that way.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]
Tables: TypeAlias = dict[str, dict[str, Row]]


class OwnTable(dict[str, Any]):
    """A table whose rows become the episode's own when they are touched.

    The dict itself holds the touched rows; everything that looks at it sees all of them.
    """

    __slots__ = ("_packed", "gone")

    def __init__(self, packed: Mapping[str, bytes]) -> None:
        """Starts with nothing touched."""
        super().__init__()
        self._packed = packed
        self.gone: set[str] = set()

    def __missing__(self, key: str) -> Any:
        if key in self.gone:
            raise KeyError(key)
        row = marshal.loads(self._packed[key])
        super().__setitem__(key, row)
        return row

    def touched(self) -> dict[str, Any]:
        """The rows that are the episode's own, in a dict of its own."""
        return {key: self[key] for key in super().__iter__()}

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or (key in self._packed and key not in self.gone)

    def __iter__(self) -> Iterator[str]:
        new = [key for key in super().__iter__() if key not in self._packed]
        yield from (key for key in self._packed if key not in self.gone)
        yield from new

    def __len__(self) -> int:
        new = sum(key not in self._packed for key in super().__iter__())
        return len(self._packed) - len(self.gone) + new

    def __setitem__(self, key: str, row: Any) -> None:
        self.gone.discard(key)
        super().__setitem__(key, row)

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        if key in self._packed:
            self.gone.add(key)
        super().pop(key, None)

    def __eq__(self, other: object) -> bool:
        return dict(self.items()) == other

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self.items()),)

    def get(self, key: str, default: Any = None) -> Any:
        """The row, or the default."""
        if key not in self:
            return default
        return self[key]

    def keys(self) -> Any:
        """Every key."""
        return dict.fromkeys(self).keys()

    def values(self) -> Any:
        """Every row, all of them now the episode's own."""
        return dict(self.items()).values()

    def items(self) -> Any:
        """Every key and row, all of them now the episode's own."""
        return {key: self[key] for key in self}.items()

    def pop(self, key: str, *default: Any) -> Any:
        """Removes a row and gives it."""
        if key not in self and default:
            return default[0]
        row = self[key]
        del self[key]
        return row

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The row, written first when there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, *others: Any, **rows: Any) -> None:
        """Writes rows."""
        for key, row in dict(*others, **rows).items():
            self[key] = row

    def clear(self) -> None:
        """Removes every row."""
        for key in list(self):
            del self[key]


class SeenTable(OwnTable):
    """An `OwnTable` for looking only: what was never touched is the shared row itself."""

    __slots__ = ("_shared",)

    def __init__(
        self, own: OwnTable, packed: Mapping[str, bytes], shared: Mapping[str, Row]
    ) -> None:
        """Shows the rows as they are now."""
        super().__init__(packed)
        dict.update(self, own.touched())
        self.gone = own.gone
        self._shared = shared

    def __missing__(self, key: str) -> Any:
        if key in self.gone:
            raise KeyError(key)
        return self._shared[key]
