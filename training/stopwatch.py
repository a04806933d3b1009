"""How much of a batch's time the trees themselves took, beside the model and the world.

Place in the flow: ``training/tree_generator.py`` names what would be spent without trees too.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Seconds of a batch by what they were spent on."""

    def __init__(self) -> None:
        self._spent = 0.0
        self._started = time.monotonic()

    @contextmanager
    def named(self) -> Iterator[None]:
        """The block's seconds are the model's or the world's, and would be spent without trees."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._spent += time.monotonic() - began

    def bookkeeping(self) -> dict[str, float]:
        """Seconds that were spent on the trees themselves, and their share of all."""
        total = time.monotonic() - self._started
        seconds = max(0.0, total - self._spent)
        return {
            "tree/bookkeeping_s": seconds,
            "tree/bookkeeping_frac": seconds / total if total else 0.0,
        }
