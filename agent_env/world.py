"""What an environment asks of the thing that its tools read and write.

Place in the flow: a `Domain` holds one `World` for the process; each episode opens a `State` of its
own over it. `store.Base` and `store.Store` are ours; an adapter brings its own pair, so that the
tools of another project run unmodified.

What it does not do: how tools read and write is between a domain's tools and its state.
"""

from __future__ import annotations

from typing import Any, Protocol, Self, TypeAlias

Diff: TypeAlias = dict[str, dict[str, dict[str, dict[str, Any]] | None]]
"""`{table: {key: {field: {"before": x, "after": y}}}}`, sorted, as plain JSON data.

A side that does not exist has no key, so a new row has only "after"s; a deleted row is None.
"""


class State(Protocol):
    """One episode's view of a world."""

    def fork(self) -> Self:
        """A state that starts from this one and goes its own way."""

    def restore(self, earlier: Self) -> None:
        """Goes back to a state that was forked from this one."""

    def diff(self) -> Diff:
        """What really changed against the world; rows written back as they were are left out.

        To be read only: until the next write it may be the same object each time.
        """

    def state_hash(self) -> str:
        """Equal for equal contents, and for nothing else."""


class World(Protocol):
    """What all episodes of a domain start from; shared by the process and never changed."""

    @property
    def fingerprint(self) -> str:
        """Tells worlds apart: a task can be scored only in the world it was derived from."""

    def open(self) -> Any:
        """A `State` in which nothing has changed yet."""
