"""A child's memory, read from outside while the child stands still.

Place in the flow: the worker opens its own memory before anything of a candidate's runs and hands
the open file over with its first answer; `children` reads outputs through it where the child says
that they lie. So a call copies nothing, and there is next to nothing in it that a changed harness
could save. The file needs no right over the child: whoever opened it was the child itself.

What it does not do: an address is only where to look. The bytes are compared like any others, and
how many there are is the judge's to say.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Mapping, Sequence
from typing import Any

PATH = "/proc/self/mem"
_HIGHEST = 1 << 63


class ChildMemory:
    """Outputs of one process, brought into the arena."""

    def __init__(self, fd: int, arena: mmap.mmap) -> None:
        """Takes the open file, which it closes in the end, and the memory that both see."""
        self.places: Sequence[Mapping[str, Any]] = ()
        """What the judge expects of a call, as `layout` places it in the arena."""
        self._fd = fd
        self._arena = memoryview(arena)

    def fetch(self, addresses: Sequence[int]) -> str:
        """Puts outputs where they belong in the arena; what is wrong with them, or nothing.

        Args:
            addresses: Of a call's outputs; 0 for one that is in the arena already.
        """
        if len(addresses) != len(self.places):
            return f"It told of {len(addresses)} outputs where {len(self.places)} were expected."
        for number, (address, place) in enumerate(zip(addresses, self.places, strict=True)):
            room = self._arena[place["offset"] : place["offset"] + place["bytes"]]
            if address and not self._read_into(room, address):
                return f"It told of output {number} where the program has no memory."
        return ""

    def _read_into(self, room: memoryview, address: int) -> bool:
        done = 0
        while done < len(room) and address + done < _HIGHEST:
            try:
                got = os.preadv(self._fd, [room[done:]], address + done)
            except OSError:
                return False
            if got == 0:
                return False
            done += got
        return done == len(room)

    def close(self) -> None:
        """Closes the file."""
        os.close(self._fd)
