"""Which core calls run on while they are timed, and before whom.

Place in the flow: `timing` puts both children and, during calls, its own thread on one core.

What it does not do: it changes no clock rate and no governor; where the system refuses, the calls
are timed as they are.
"""

from __future__ import annotations

import fcntl
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress

HIGHEST_PRIORITY = -20
_REAL_TIME = os.sched_param(1)
"""Judge and children come before anything else, and take turns with each other.

A nice value alone says little: where the kernel groups processes by session, it counts among those
of one session only, and each child has a session of its own. Nobody is ahead of the others, so
that what waits for another one by yielding does not wait for ever.
"""


@contextmanager
def held(path: str = __file__) -> Iterator[None]:
    """Waits for the lock on a file and has it for the block; the kernel gives it back for the dead.

    Two that are timed at once would disturb each other, whoever started them. The default is a file
    that is there anyway, so that nothing is left behind.

    Raises:
        OSError: The file cannot be opened.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        fcntl.flock(fd, fcntl.LOCK_UN)  # a process forked meanwhile would have kept it
        os.close(fd)


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
            with suppress(OSError):
                self._move(pid)
        self._first = all(_goes_first(pid) for pid in pids)

    def _move(self, pid: int) -> None:
        """Moves every thread that a process has by now; later ones are where their makers are."""
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - a virtual folder
            with suppress(OSError):
                os.sched_setaffinity(int(thread), self._one)

    @contextmanager
    def judge(self) -> Iterator[None]:
        """Has this thread there for the block, before all others, and at home again afterwards."""
        policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
        try:
            with suppress(OSError):
                os.sched_setaffinity(0, self._one)
            if self._first:  # or it would wait, ahead of them, for children that never run
                with suppress(OSError):
                    os.sched_setscheduler(0, os.SCHED_RR, _REAL_TIME)
            yield
        finally:
            with suppress(OSError):
                os.sched_setscheduler(0, policy, parameters)
            with suppress(OSError):
                os.sched_setaffinity(0, self._home)


def _goes_first(pid: int) -> bool:
    """Whether every thread of a process now runs before others' work, as root may have it."""
    try:
        for thread in map(int, os.listdir(f"/proc/{pid}/task")):  # noqa: PTH208 - as above
            os.setpriority(os.PRIO_PROCESS, thread, HIGHEST_PRIORITY)
            os.sched_setscheduler(thread, os.SCHED_RR, _REAL_TIME)
    except OSError:
        return False
    return True
