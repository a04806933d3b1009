"""Model text in, typed actions out: calls to run, a message, or what was wrong with the turn.

    from parsers import parse, ParseStatus
    turn = parse(text, tools)
    if turn.status is ParseStatus.CALLS: run(turn.calls)

Any current wire format is found from the text. The package needs the standard library only,
imports nothing by absolute name and works under any other name. It does not run tools and does not
word prompts.
"""

from __future__ import annotations

from .parse import parse
from .render import list_formats, render
from .stream import StreamParser
from .types import Fault, FaultKind, ParsedMessage, ParseStatus, Repair, StreamEvent, ToolCall

__all__ = [
    "Fault",
    "FaultKind",
    "ParseStatus",
    "ParsedMessage",
    "Repair",
    "StreamEvent",
    "StreamParser",
    "ToolCall",
    "list_formats",
    "parse",
    "render",
]
