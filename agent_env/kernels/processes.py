"""What the kernel tells of a process and of those that it started, read from /proc.

Place in the flow: `children` asks it about candidates; nothing that a candidate says is read here.

What it does not do: it stops and ends nothing.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def living_children(pid: int) -> list[int]:
    """Processes that a process started, zombies left out; orphans of its namespace are among them.

    Each thread has children of its own. Never raises: a process that goes meanwhile has none.
    """
    direct: list[str] = []
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - a virtual folder
            with suppress(OSError):
                path = Path(f"/proc/{pid}/task/{thread}/children")
                direct += path.read_text(encoding="utf-8").split()
    return [int(one) for one in direct if _lives(one)]


def _lives(pid: str) -> bool:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return text.rpartition(")")[2][1:2] not in "ZX"
