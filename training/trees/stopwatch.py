"""How much of a run's time the trees themselves took, beside the model, the world and the trainer.

Place in the flow: ``training/trees/generator.py`` names what would be spent without trees too.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Seconds of a batch: its generation, and the training that came before it.

    Args:
        since: When the batch before was generated, on the monotonic clock; None at the first.
    """

    def __init__(self, since: float | None = None) -> None:
        self._named = 0.0
        self._started = time.monotonic()
        self._since = self._started if since is None else since

    @contextmanager
    def named(self) -> Iterator[None]:
        """The block's seconds are the model's or the world's, and would be spent without trees."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._named += time.monotonic() - began

    def bookkeeping(self) -> dict[str, float]:
        """Seconds of the generation that were not named, and their share of all the run's."""
        now = time.monotonic()
        seconds = max(0.0, now - self._started - self._named)
        total = now - self._since
        return {
            "tree/bookkeeping_s": seconds,
            "tree/bookkeeping_frac": seconds / total if total else 0.0,
        }
