"""What a child prints, head and tail, however much it is.

Place in the flow: `children` feeds it from the pipe; the judge puts its text into the verdict.

What it does not do: it reads no pipe itself and looks for nothing in the text.
"""

from __future__ import annotations


class Log:
    """Head and tail of whatever a process prints."""

    __slots__ = ("_half", "_head", "_left_out", "_tail")

    def __init__(self, most_bytes: int) -> None:
        """Takes how much is kept, in bytes."""
        self._half = most_bytes // 2
        self._head = b""
        self._tail = b""
        self._left_out = 0

    def feed(self, data: bytes) -> None:
        """Takes more output."""
        room = self._half - len(self._head)
        self._head += data[:room]
        tail = self._tail + data[room:] if room < len(data) else self._tail
        self._left_out += max(0, len(tail) - self._half)
        self._tail = tail[-self._half :]

    def text(self) -> str:
        """What was kept, and how much was not."""
        gap = f"\n[... {self._left_out} bytes left out ...]\n".encode() if self._left_out else b""
        return (self._head + gap + self._tail).decode("utf-8", "replace")
