"""What one pass over a turn has found so far, and the few ways in which it grows.

`scan.py` walks and fills this; `open_json.py` looks at it to judge what stands in the open;
`parse.py` draws the conclusions. Nothing here reads a format.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .drafts import Reading, WireFormat
from .json_calls import MAX_CALLS
from .lexer import Lexer, Role
from .spans import rstripped
from .tools import Toolbox
from .types import Fault, FaultKind, Sighting, Span, ToolCall

BUDGET = 512
"""What a turn may spend on starts that give no call, before it is no longer searched."""
FAILURE, USELESS = 8, 1
"""What a failed call and a JSON document that is no call cost; real turns spend below 50."""

MAX_MARKS = 4096
"""Markers and tokens that are looked at in one turn; real turns hold below 300."""

_BLANK = re.compile(r"\s*")
_LONGEST_TOKEN = 48
_NO_CONTENT = frozenset((Role.SPECIAL, Role.THOUGHT_CLOSER, Role.LEFTOVER))


@dataclass(slots=True, kw_only=True)
class Findings:
    """What one pass found.

    Attributes:
        text: The turn.
        box: The offered tools.
        lexer: The table of marks.
        stop: Where what is invented or unfinished begins.
        removed: Stretches that are no content.
        visible: A person would read something of what lies behind the pass.
        mark: Offset behind the last removed stretch.
        budget: What may still be spent on starts that give no call.
        ending: The length of the text that `nothing_behind` measured, and where its blanks begin.
        tail: What `last_visible` found; -1 before it was asked.
    """

    text: str
    box: Toolbox
    lexer: Lexer
    stop: int = 0
    calls: list[ToolCall] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    removed: list[Span] = field(default_factory=list)
    thoughts: list[Span] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    visible: bool = False
    mark: int = 0
    budget: int = BUDGET
    tail: int = -1
    ending: Span = (-1, 0)

    def skip(self, pos: int) -> int:
        """Offset of the next character that is not blank."""
        blank = _BLANK.match(self.text, pos)
        return blank.end() if blank else pos

    def alone(self, start: int) -> bool:
        """Whether a person has nothing to read in front of `start`."""
        return not (self.visible or self.text[self.mark : start].strip())

    def fault(self, kind: FaultKind, span: Span, message: str) -> None:
        """Adds a fault to those of the turn."""
        self.faults.append(Fault(kind=kind, span=span, message=message))

    def saw(self, layer: str, span: Span, calls: int, reason: str) -> None:
        """Adds a line to what the trace says about a layer."""
        self.sightings.append(Sighting(layer=layer, span=span, calls=calls, reason=reason))

    def remove(self, start: int, end: int) -> int:
        """Takes a stretch out of the content; returns its end."""
        self.visible = not self.alone(start)
        self.mark = end
        self.removed.append((start, end))
        return end

    def nothing_behind(self, pos: int) -> bool:
        """Whether only blanks follow."""
        if self.ending[0] != len(self.text):
            self.ending = len(self.text), rstripped(self.text, len(self.text))
        return pos >= self.ending[1]

    def last_visible(self) -> int:
        """Offset behind the last character that is neither blank nor part of a closing token."""
        if self.tail < 0:
            self.tail = rstripped(self.text, len(self.text))
            for _ in range(MAX_MARKS // 4):
                low = max(0, self.tail - _LONGEST_TOKEN)
                opens = max(
                    self.text.rfind("<", low, self.tail), self.text.rfind("[", low, self.tail)
                )
                literal = self.text[opens : self.tail] if opens >= 0 else ""
                if self.lexer.roles.get(literal) not in _NO_CONTENT:
                    break
                self.tail = rstripped(self.text, opens)
        return self.tail

    def keep(self, owner: WireFormat, reading: Reading, results: list[ToolCall | Fault]) -> None:
        """Adds calls and faults to those of the turn."""
        calls = [result for result in results if isinstance(result, ToolCall)]
        faults = [result for result in results if isinstance(result, Fault)]
        room = MAX_CALLS - len(self.calls)
        if len(calls) > room:
            message = f"more than {MAX_CALLS} calls in one turn"
            faults.append(
                Fault(kind=FaultKind.MALFORMED_CALL, span=calls[room].span, message=message)
            )
            calls, self.budget = calls[:room], 0
        if reading.invented is not None:
            message = "the answer of a tool was invented; only the tool gives it"
            faults.append(
                Fault(kind=FaultKind.INVENTED_TURN, span=reading.invented, message=message)
            )
        self.calls.extend(calls)
        self.faults.extend(faults)
        self.budget -= FAILURE * len(faults)
        reason = faults[0].message if faults else ""
        self.saw(owner.name, reading.span, len(calls), reason)
