"""Lines from a person and lines for a person.

Place in the flow: under the seats. At a terminal a line can be edited and earlier ones come back
with the arrow keys; from a pipe every line is repeated, so that the output reads as a conversation.

What it does not do: it keeps no history on disk.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from typing import TextIO

from agent_env.feedback import encodable


class Terminal:
    """Where the person sits."""

    def __init__(self, lines: TextIO, out: TextIO) -> None:
        """Prepares editing if there is somebody to edit.

        Args:
            lines: What the person types.
            out: What the person reads.
        """
        self._lines, self._out = lines, out
        self._is_live = lines is sys.stdin and lines.isatty()
        if self._is_live:
            with contextlib.suppress(ImportError):  # Without it, a line cannot be edited.
                importlib.import_module("readline")

    def ask(self, prompt: str) -> str | None:
        """The next line that is not empty, without blanks around it; None when there is none."""
        while True:
            line = self._read(prompt)
            if line is None or line.strip():
                return None if line is None else line.strip()

    def show(self, text: str) -> None:
        """Writes the text and a newline."""
        print(encodable(text), file=self._out, flush=True)

    def _read(self, prompt: str) -> str | None:
        if self._is_live:
            try:
                return input(prompt)
            except EOFError:
                self.show("")
                return None
        line = self._lines.readline()
        self.show(f"{prompt}{line.rstrip()}".rstrip())
        return line or None
