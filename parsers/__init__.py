"""Model text in, typed actions out: calls to run, a message, or what was wrong with the turn.

    from parsers import parse, ParseStatus
    turn = parse(text, tools)
    if turn.status is ParseStatus.CALLS: run(turn.calls)

Any current wire format is found from the text. The package needs the standard library only,
imports nothing by absolute name and works under any other name. It does not run tools and does not
word prompts.
"""

from __future__ import annotations

from .formats import names as list_formats
from .parse import parse
from .render import render
from .stream import StreamEvent, StreamParser
from .types import Fault, FaultKind, ParsedMessage, ParseStatus, Repair, ToolCall

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
