"""Which core calls run on while they are timed, and before whom.

Place in the flow: `timing` puts both children and, during calls, its own thread on one core.

What it does not do: it changes no clock rate and no governor; where the system refuses, the calls
are timed as they are.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress

HIGHEST_PRIORITY = -20


@contextmanager
def first_in_line() -> Iterator[None]:
    """Has this thread run before others of the machine for the block, where it may."""
    priority = os.getpriority(os.PRIO_PROCESS, 0)
    try:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, HIGHEST_PRIORITY)
        yield
    finally:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, priority)


class Core:
    """One core for the judge and both children, while they call each other.

    On one core a child cannot compute while the judge reads its answer, and both see the same
    caches. Where a process may not be moved, it is timed where it is.
    """

    def __init__(self, *pids: int) -> None:
        """Moves the processes there for good.

        Args:
            pids: The children.
        """
        self._home = os.sched_getaffinity(0)
        self._one = {random.SystemRandom().choice(sorted(self._home))}
        for pid in pids:
            self._move(pid)
            with suppress(OSError):  # only for root; it keeps others' work out of the windows
                os.setpriority(os.PRIO_PROCESS, pid, HIGHEST_PRIORITY)

    def _move(self, pid: int) -> None:
        """Moves every thread that a process has by now; later ones are where their makers are."""
        with suppress(OSError):
            for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - a virtual folder
                with suppress(OSError):
                    os.sched_setaffinity(int(thread), self._one)

    @contextmanager
    def judge(self) -> Iterator[None]:
        """Has this thread there for the block, and at home again afterwards."""
        try:
            with suppress(OSError):
                os.sched_setaffinity(0, self._one)
            yield
        finally:
            with suppress(OSError):
                os.sched_setaffinity(0, self._home)
