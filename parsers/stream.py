"""The same parse, fed in pieces: `close()` equals `parse(whole)` for any way of cutting the text.

Nothing is parsed twice without bound: a prefix is only read again when it has grown enough, or
when a piece may have ended a call, so that all reading together stays linear. Events are a
preview. What a later piece can still turn into a thought (a closer whose opener was in the prompt)
is withdrawn by an event of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .parse import parse
from .reasoning import MODES
from .tools import toolbox
from .types import ParsedMessage, ToolCall

_ENDINGS = "}>])"
_FREE_READS = 8192
_READS_PER_CHARACTER = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEvent:
    """One thing that a piece of text settled.

    Attributes:
        kind: "call" when a call is complete, "withdrawn" when a later piece showed that it was
            none.
        call: That call.
    """

    kind: str
    call: ToolCall


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
        toolbox(tools)
        if reasoning not in MODES:
            raise ValueError(f"reasoning must be one of {', '.join(MODES)}, got {reasoning!r}")
        self._tools = tools
        self._mode = reasoning
        self._pieces: list[str] = []
        self._length = 0
        self._read = 0
        self._told: list[ToolCall] = []
        self._closed = False

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
        if not any(ending in chunk for ending in _ENDINGS):
            return []
        if self._read + self._length > _FREE_READS + _READS_PER_CHARACTER * self._length:
            return []
        self._read += self._length
        text = "".join(self._pieces)
        self._pieces = [text]
        return self._compare(parse(text, self._tools, self._mode))

    def close(self) -> ParsedMessage:
        """The whole turn, exactly as `parse` reads it. Closing again gives the same."""
        self._closed = True
        return parse("".join(self._pieces), self._tools, self._mode)

    def _compare(self, message: ParsedMessage) -> list[StreamEvent]:
        """Events for calls that are new, and for those that are gone."""
        # A repaired call that touches the end may still change: its closer may follow.
        settled = [
            call for call in message.calls if call.span[1] < self._length or not call.repairs
        ]
        gone = [call for call in self._told if call not in settled]
        new = [call for call in settled if call not in self._told]
        events = [StreamEvent(kind="withdrawn", call=call) for call in gone]
        events.extend(StreamEvent(kind="call", call=call) for call in new)
        self._told = settled
        return events
