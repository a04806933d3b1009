"""The pass of `scan.py`, taken step by step: what it reads too early can be taken back.

`preview.py` drives it while a turn is being written. It reads nothing else than the pass does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .scan import Scan

State = tuple[list[list[Any]], tuple[bool, int, int, int, int]]


@dataclass(slots=True, kw_only=True)
class Steps(Scan):
    """The pass, which here does not read on by itself where a turn begins; `began` is where."""

    began: int = 0

    def begin(self, pos: int) -> int:
        """Notes the place; the preview reads there once it can."""
        self.began = pos
        return pos

    def read_beginning(self, pos: int) -> int:
        """What `begin` does in the pass."""
        return Scan.begin(self, pos)

    def state(self) -> State:
        """What a reading changes, as it is now."""
        grown = self.calls, self.faults, self.removed, self.sightings, self.thoughts
        single = self.visible, self.mark, self.budget, self.stop, self.began
        return [list(found) for found in grown], single

    def restore(self, state: State) -> None:
        """Takes back what was read since then."""
        self.calls, self.faults, self.removed, self.sightings, self.thoughts = state[0]
        self.visible, self.mark, self.budget, self.stop, self.began = state[1]
