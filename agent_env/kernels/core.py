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
_CHILDREN, _JUDGE = os.sched_param(1), os.sched_param(2)
"""Real-time priorities: the judge comes before the children and both before anything else.

A nice value alone says little: where the kernel groups processes by session, it counts among those
of one session only, and each child has a session of its own.
"""


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

    def _move(self, pid: int) -> None:
        """Moves every thread that a process has by now; later ones are where their makers are.

        They take turns with each other, so that threads which wait for each other go on.
        """
        with suppress(OSError):
            for thread in map(int, os.listdir(f"/proc/{pid}/task")):  # noqa: PTH208 - virtual
                with suppress(OSError):
                    os.sched_setaffinity(thread, self._one)
                with suppress(OSError):  # only for root; it keeps others' work out of the windows
                    os.setpriority(os.PRIO_PROCESS, thread, HIGHEST_PRIORITY)
                    os.sched_setscheduler(thread, os.SCHED_RR, _CHILDREN)

    @contextmanager
    def judge(self) -> Iterator[None]:
        """Has this thread there for the block, before all others, and at home again afterwards."""
        policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
        try:
            with suppress(OSError):
                os.sched_setaffinity(0, self._one)
            with suppress(OSError):
                os.sched_setscheduler(0, os.SCHED_RR, _JUDGE)
            yield
        finally:
            with suppress(OSError):
                os.sched_setscheduler(0, policy, parameters)
            with suppress(OSError):
                os.sched_setaffinity(0, self._home)
