"""How far an evaluation is, on standard error.

Place in the flow: `command` tells it of every finished episode. On a terminal one line is written
over and over; elsewhere a line is added now and then, so that a log stays short.

What it does not do: no figures beyond a first impression; `summary` has those.
"""

from __future__ import annotations

import time
from typing import TextIO

_REWRITE_S, _LINE_S = 0.1, 30.0


class Progress:
    """One line about the episodes that are over."""

    def __init__(self, out: TextIO, total: int) -> None:
        """Says nothing yet.

        Args:
            out: Where to.
            total: Episodes that are to be played now.
        """
        self._out, self._total = out, total
        self._rewrites = out.isatty()
        self._started = self._shown = time.monotonic()
        self._done = self._solved = self._failed = self._width = 0

    def add(self, success: bool, failed: bool) -> None:
        """Counts an episode, and tells when it is time."""
        self._done += 1
        self._solved += success
        self._failed += failed
        now = time.monotonic()
        tenth = self._total // 10 or 1
        is_due = now - self._shown >= (_REWRITE_S if self._rewrites else _LINE_S)
        if not self._rewrites and self._done % tenth == 0:
            is_due = True
        if is_due or self._done == self._total:
            self._shown = now
            self._show(now)

    def close(self) -> None:
        """Leaves the cursor on a line of its own."""
        if self._rewrites and self._width:
            print(file=self._out)

    def _show(self, now: float) -> None:
        spent_s = now - self._started
        left_s = spent_s / self._done * (self._total - self._done)
        failed = f", {self._failed} failed" if self._failed else ""
        line = (
            f"{self._done}/{self._total} episodes, {self._solved} solved{failed}, "
            f"{_clock(spent_s)} so far, about {_clock(left_s)} left"
        )
        if not self._rewrites:
            print(line, file=self._out, flush=True)
            return
        print(f"\r{line:<{self._width}}", end="", file=self._out, flush=True)
        self._width = len(line)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
