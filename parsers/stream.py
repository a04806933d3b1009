"""The same parse, fed in pieces: `close()` equals `parse(whole)` for any way of cutting the text.

Events are told as soon as they are certain (`preview.py`); the turn itself is read once, at the
end, and `last_events` are those that only it made certain. All pieces together cost time linear in
the text, even one character at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .parse import check_mode, parse
from .types import ParsedMessage, StreamEvent


class StreamParser:
    """Collects the pieces of one turn."""

    def __init__(
        self, tools: Sequence[Mapping[str, Any]] | None = None, reasoning: str = "auto"
    ) -> None:
        """Prepares for one turn; arguments as for `parse`.

        Raises:
            TypeError: the tools are no list of schemas.
            ValueError: a schema is wrong, or there is no such reasoning mode.
        """
        from .preview import Preview
        from .tools import toolbox

        check_mode(reasoning)
        self._preview = Preview(toolbox(tools), reasoning)
        self._tools = tools
        self._mode = reasoning
        self._pieces: list[str] = []
        self._length = 0
        self._closed = False
        self._last: tuple[StreamEvent, ...] = ()

    def feed(self, chunk: str) -> list[StreamEvent]:
        """The events that this piece brought.

        Raises:
            TypeError: the piece is no str.
            RuntimeError: the parser was closed.
        """
        if self._closed:
            raise RuntimeError("this StreamParser is closed; make a new one for the next turn")
        if not isinstance(chunk, str):
            raise TypeError(f"feed needs a piece of text as str, got {type(chunk).__name__}")
        self._pieces.append(chunk)
        self._length += len(chunk)
        if chunk and self._preview.wants(chunk, self._length):
            self._pieces[:] = ["".join(self._pieces)]
            self._preview.advance(self._pieces[0])
        return self._preview.events()

    def content(self) -> str:
        """What a person may be shown already: the content up to where the next call may begin.

        It only grows, unless a stray end of a thought takes back all that was said before it. Where
        the turn ends in a loop, `close` says less.
        """
        self._pieces[:] = ["".join(self._pieces)]
        return self._preview.content(self._pieces[0])

    def close(self) -> ParsedMessage:
        """The whole turn, exactly as `parse` reads it. Closing again gives the same."""
        turn = parse("".join(self._pieces), self._tools, self._mode)
        if not self._closed:
            self._closed = True
            self._last = tuple(self._preview.close(turn.calls))
        return turn

    @property
    def last_events(self) -> tuple[StreamEvent, ...]:
        """What `close` made certain: with these events exactly the calls of the turn stand."""
        return self._last
