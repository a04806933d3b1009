"""Dicts that make a row the episode's own when it is touched.

Place in the flow: `RowState` hands them to another project's tools in place of the dicts that those
expect.

What it does not do: C code that looks straight into a dict sees only the touched rows; `json.dumps`
and `dict()` do not look that way.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any


class OwnTable(dict[str, Any]):
    """A table whose rows become the episode's own when they are touched.

    The dict itself holds the touched rows; everything that looks at it sees all of them.
    """

    __slots__ = ("_make", "_shared", "gone")

    def __init__(self, shared: Mapping[str, Any], make: Callable[[str], Any]) -> None:
        """Starts with nothing touched.

        Args:
            shared: The rows that no episode changes.
            make: A copy of the shared row with that key.
        """
        super().__init__()
        self._shared = shared
        self._make = make
        self.gone: set[str] = set()

    def __missing__(self, key: str) -> Any:
        if key in self.gone:
            raise KeyError(key)
        row = self._make(key)
        super().__setitem__(key, row)
        return row

    def touched(self) -> dict[str, Any]:
        """The rows that are the episode's own, in a dict of its own."""
        return {key: self[key] for key in super().__iter__()}

    def keep_only(self, keys: Collection[str]) -> None:
        """Gives the other touched rows back: they are as they were, and need no room."""
        for key in [key for key in super().__iter__() if key not in keys]:
            super().pop(key)

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or (key in self._shared and key not in self.gone)

    def __iter__(self) -> Iterator[str]:
        new = [key for key in super().__iter__() if key not in self._shared]
        yield from (key for key in self._shared if key not in self.gone)
        yield from new

    def __len__(self) -> int:
        new = sum(key not in self._shared for key in super().__iter__())
        return len(self._shared) - len(self.gone) + new

    def __setitem__(self, key: str, row: Any) -> None:
        self.gone.discard(key)
        super().__setitem__(key, row)

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        if key in self._shared:
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

    __slots__ = ()

    def __init__(self, own: OwnTable, shared: Mapping[str, Any]) -> None:
        """Shows the rows as they are now."""
        super().__init__(shared, shared.__getitem__)
        dict.update(self, own.touched())
        self.gone = own.gone

    def __missing__(self, key: str) -> Any:
        if key in self.gone:
            raise KeyError(key)
        return self._shared[key]
