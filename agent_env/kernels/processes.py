"""What the kernel tells of a process and of those that it started, read from /proc.

Place in the flow: `children` asks it about candidates; nothing that a candidate says is read here.

What it does not do: it stops and ends nothing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

LOOK_S = 0.05
"""How often a process that computes is weighed."""


class MemoryLimitError(Exception):
    """A program holds more memory than it may, with all that it started; the message says so."""


class Scales:
    """What a process and those that it started hold of memory, together.

    A limit on addresses bounds each process, and their number is bounded; only a look at all of
    them bounds the sum. What a process was forked with, and memory that the judge gave it, counts
    for nobody.
    """

    def __init__(self, pid: int, most_bytes: int, given_bytes: int) -> None:
        """Takes a process that was just forked.

        Args:
            pid: The process.
            most_bytes: What it may hold.
            given_bytes: Shared memory that it was given.
        """
        self._pid = pid
        self._most = most_bytes
        self._given = given_bytes
        self._start = _held(pid, given_bytes)
        self._next_s = 0.0

    def look(self) -> None:
        """Weighs the processes if that was long enough ago.

        Raises:
            MemoryLimitError: They are too heavy.
        """
        now = time.monotonic()
        if now < self._next_s:
            return
        self._next_s = now + LOOK_S
        all_of_them = [self._pid, *descendants(self._pid)]
        held = sum(max(0, _held(pid, self._given) - self._start) for pid in all_of_them)
        if held > self._most:
            others = len(all_of_them) - 1
            with_them = f" and {others} processes that it started" if others else ""
            raise MemoryLimitError(
                f"The program{with_them} held {held / 2**30:.2f} GiB of memory; an evaluation may "
                f"hold {self._most / 2**30:.2f} GiB."
            )


def _held(pid: int, given_bytes: int) -> int:
    """Memory of one process in bytes, swapped out or not; 0 when it is gone."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    known = dict(line.split(":", 1) for line in text.splitlines() if line.endswith(" kB"))
    own, shared, swapped = (
        int(known.get(name, "0").split()[0]) << 10 for name in ("RssAnon", "RssShmem", "VmSwap")
    )
    return own + swapped + max(0, shared - given_bytes)


def descendants(pid: int) -> Iterator[int]:
    """Living processes that a process started, those that they started, and so on."""
    for child in living_children(pid):
        yield child
        yield from descendants(child)


class Family:
    """The children of one process, as far as they matter to its judge."""

    def __init__(self, pid: int) -> None:
        """Takes the process."""
        self._pid = pid
        self._known: set[int] = set()

    def settle(self) -> None:
        """Takes note of what is there, compilers that ended for example."""
        self._known = set(children(self._pid))

    def size(self) -> int:
        """How many processes it has started since `settle`, or that still live.

        One that ended counts too: it may have worked until just now, and while its parent stands
        still nobody takes the trace of it away.
        """
        return len((set(children(self._pid)) - self._known) | set(living_children(self._pid)))


def living_children(pid: int) -> list[int]:
    """Those of `children` that are no zombies."""
    return [one for one in children(pid) if _lives(str(one))]


def children(pid: int) -> list[int]:
    """Processes that a process started; orphans of its namespace are among them.

    Each thread has children of its own. Never raises: a process that goes meanwhile has none.
    """
    direct: list[str] = []
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - a virtual folder
            with suppress(OSError):
                path = Path(f"/proc/{pid}/task/{thread}/children")
                direct += path.read_text(encoding="utf-8").split()
    return [int(one) for one in direct]


def _lives(pid: str) -> bool:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return text.rpartition(")")[2][1:2] not in "ZX"


def wants_to_run(pid: int) -> bool:
    """Whether any thread of a process runs or waits for a core."""
    for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - a virtual folder
        with suppress(OSError):
            stat = Path(f"/proc/{pid}/task/{thread}/stat").read_bytes()
            if stat.rpartition(b")")[2][1:2] == b"R":
                return True
    return False
