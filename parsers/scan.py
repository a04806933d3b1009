"""One pass over a turn, left to right: thoughts, calls, special tokens, and the end of what counts.

At each mark that the lexer finds, its owner reads from there and says where it stopped; nothing is
read twice. A mark inside a call's argument or inside a thought is never met, because its owner has
already passed it. The pass collects; `parse.py` draws the conclusions.

    at …              then
    thought opener    to its closer; without one the thought is unfinished and nothing behind it
    counts thought closer    never opened: all before it was the thought, whatever was found there
    is withdrawn format marker     the format reads; if no format can, the marker is a fault, a
    turn mark or a mention JSON in the open  a call if it can be meant as nothing else, else text
    turn mark         nothing behind it counts special token     no content
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .drafts import MISSING, Draft, Reading, WireFormat
from .json_calls import MAX_CALLS, wreck_end
from .lexer import Lexer, Role
from .reasoning import FAMILIES
from .resolve import resolve
from .spans import rstripped, with_fence
from .tools import Toolbox
from .turns import HEADER_ROLE, OWN_ROLES, ROLE_AFTER_MARKER, ROLE_AT_START
from .types import Fault, FaultKind, Sighting, Span, ToolCall

BUDGET = 512
"""What a turn may spend on starts that give no call, before it is no longer searched."""
FAILURE, USELESS = 8, 1
"""What a failed call and a JSON document that is no call cost; real turns spend below 50."""

MAX_MARKS = 4096
"""Markers and tokens that are looked at in one turn; real turns hold below 300."""

_QUOTES = frozenset("`'\"\u201c\u2018")
_TEXT_LIKE = frozenset(("</s>", "<pad>", "[INST]"))
_BLANK = re.compile(r"\s*")


@dataclass(slots=True, kw_only=True)
class Scan:
    """What one pass found; `stop` is where what is invented or unfinished begins."""

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

    def run(self, mode: str) -> None:
        """Passes over the whole text."""
        text = self.text
        self.stop = len(text)
        pos = self.open_thought() if mode == "open" else 0
        if ROLE_AT_START.match(text, self.skip(pos)):
            self.invent(pos, self.skip(pos))
            return
        search, roles = self.lexer.search.search, self.lexer.roles
        for _ in range(MAX_MARKS):
            found = search(text, pos) if self.budget > 0 else None
            if found is None:
                return
            role = roles.get(found.group())
            if role is None:
                pos = self.at_pattern(found)
            elif mode == "off" and role in (Role.THOUGHT_OPENER, Role.THOUGHT_CLOSER):
                pos = found.end()
            else:
                pos = self.at_literal(role, found)
        message = f"more than {MAX_MARKS} marks in one turn"
        self.faults.append(Fault(kind=FaultKind.MALFORMED_CALL, span=(pos, pos), message=message))

    def skip(self, pos: int) -> int:
        """Offset of the next character that is not blank."""
        blank = _BLANK.match(self.text, pos)
        return blank.end() if blank else pos

    def at_literal(self, role: Role, found: re.Match[str]) -> int:
        """Acts on a literal; returns where to go on."""
        start, end = found.span()
        if role is Role.FORMAT:
            return self.at_marker(found)
        if start and self.text[start - 1] in _QUOTES and role is not Role.LEFTOVER:
            return end  # a quoted mark is spoken of, not used
        if role is Role.THOUGHT_OPENER:
            return self.at_opener(start, end, FAMILIES[found.group()])
        if role is Role.THOUGHT_CLOSER:
            return self.at_stray_closer(start, end)
        if role is Role.TURN:
            return self.invent(start, end)
        if role is Role.HEADER:
            return self.at_header(start, end)
        if found.group() in _TEXT_LIKE and self.text[end:].strip():
            return end
        return self.remove(start, end)

    def remove(self, start: int, end: int) -> int:
        """Takes a stretch out of the content; returns its end."""
        self.visible = self.visible or bool(self.text[self.mark : start].strip())
        self.mark = end
        self.removed.append((start, end))
        return end

    def invent(self, start: int, end: int) -> int:
        """Ends the turn here, because somebody else's begins."""
        self.stop = start
        shown = self.text[start:end].strip() or self.text[start : start + 20].strip()
        message = (
            f"a turn of somebody else was invented ({shown[:30]!r}); nothing from there on counts"
        )
        self.faults.append(
            Fault(kind=FaultKind.INVENTED_TURN, span=(start, max(end, start)), message=message)
        )
        return len(self.text)

    def open_thought(self) -> int:
        """Passes over the thought that the prompt opened; returns where to go on."""
        closer = self.lexer.thought_closers.search(self.text)
        if closer is None:
            return self.unfinished(0, 0)
        start = self.skip(0)
        for opener in FAMILIES:
            if self.text.startswith(opener, start) and start + len(opener) <= closer.start():
                start += len(opener)
                break
        self.thoughts.append((start, closer.start()))
        return self.remove(0, closer.end())

    def unfinished(self, start: int, inner: int) -> int:
        """Ends the turn at a thought that never closes."""
        self.stop = start
        self.thoughts.append((inner, len(self.text)))
        message = "the thought is never closed, so nothing in it or behind it counts"
        span = (start, len(self.text))
        self.faults.append(Fault(kind=FaultKind.UNFINISHED_REASONING, span=span, message=message))
        return len(self.text)

    def at_opener(self, start: int, end: int, closer: str) -> int:
        """Passes over a thought."""
        close = self.text.find(closer, end)
        if close < 0:
            return self.unfinished(start, end)
        self.thoughts.append((end, close))
        return self.remove(start, close + len(closer))

    def at_stray_closer(self, start: int, end: int) -> int:
        """Takes all before a closer that was never opened for the thought."""
        if self.thoughts and end >= self.last_visible():
            return self.remove(start, end)
        self.calls.clear()
        self.faults.clear()
        self.sightings.clear()
        self.removed[:] = [(0, end)]
        self.thoughts[:] = [(self.thoughts[0][0] if self.thoughts else 0, start)]
        self.visible, self.mark = False, end
        return end

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

    def at_header(self, start: int, end: int) -> int:
        """Drops the model's own first header; any other begins an invented turn."""
        role = HEADER_ROLE.match(self.text, end)
        name = role.group(1) if role else ""
        nothing_yet = not (self.visible or self.calls or self.text[self.mark : start].strip())
        if nothing_yet and (name in OWN_ROLES or not name):
            return self.remove(start, role.end() if role and name else end)
        return self.invent(start, role.end() if role else end)

    def at_pattern(self, found: re.Match[str]) -> int:
        """Lets a format without a literal opener read, or ends the turn at a role line."""
        start = found.start()
        if self.text[start] == "\n":
            return self.invent(start, found.end())
        for pattern, owner in self.lexer.by_pattern:
            if pattern.match(self.text, start):
                reading = owner.read(self.text, start, found.end())
                if reading is not None:
                    return self.take(owner, reading)
        return found.end()

    def at_marker(self, found: re.Match[str]) -> int:
        """Lets the formats of a marker read."""
        start, end = found.span()
        for owner in self.lexer.by_marker[found.group()]:
            reading = owner.read(self.text, start, end)
            if reading is not None:
                return self.take(owner, reading)
        return self.unreadable(found.group(), start, end)

    def unreadable(self, marker: str, start: int, end: int) -> int:
        """Decides what a call marker without a call behind it is."""
        if ROLE_AFTER_MARKER.match(self.text, end):
            return self.invent(start, end)
        behind = self.skip(end)
        owners = self.lexer.by_marker[marker]
        for closer in (closer for owner in owners for closer in owner.closers):
            if self.text.startswith(closer, behind):
                return self.remove(start, behind + len(closer))
        self.budget -= FAILURE
        if start and self.text[start - 1] in _QUOTES:
            return end
        line_end = self.text.find("\n", behind)
        stop = line_end if line_end >= 0 else len(self.text)
        kind = FaultKind.TRUNCATED if behind >= len(self.text) else FaultKind.MALFORMED_CALL
        message = f"no readable call follows {marker}"
        self.faults.append(Fault(kind=kind, span=(start, stop), message=message))
        self.sightings.append(
            Sighting(layer=owners[0].name, span=(start, stop), calls=0, reason=message)
        )
        return self.remove(start, stop)

    def take(self, owner: WireFormat, reading: Reading) -> int:
        """Resolves what a format read and takes it out of the content, unless it is only text."""
        start, end = reading.span
        results: list[ToolCall | Fault] = []
        number = len(self.calls)
        for draft in reading.drafts[: MAX_CALLS + 1]:
            results.append(resolve(draft, self.box, self.text, owner.name, number))
            number += isinstance(results[-1], ToolCall)
        if reading.bare:
            reason = self.only_text(reading, results)
            if reason:
                self.sightings.append(
                    Sighting(layer=owner.name, span=reading.span, calls=0, reason=reason)
                )
                self.budget -= FAILURE if reading.broken else USELESS
                return max(end, start + 1)
        if reading.broken:
            kind = FaultKind.TRUNCATED if reading.broken == "cut" else FaultKind.MALFORMED_CALL
            message = (
                "the turn ends inside a JSON object"
                if reading.broken == "cut"
                else "this is no readable JSON"
            )
            results.append(Fault(kind=kind, span=reading.span, message=message))
            end = wreck_end(self.text, end)
        self.keep(owner, reading, results)
        return self.remove(*with_fence(self.text, (start, max(end, start + 1))))

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
        sighting = Sighting(layer=owner.name, span=reading.span, calls=len(calls), reason=reason)
        self.sightings.append(sighting)

    def in_inline_code(self, start: int, end: int) -> bool:
        """Whether single backticks stand right around a stretch."""
        text = self.text
        quoted = text[start - 1 : start] == "`" and text[end : end + 1] == "`"
        return quoted and not text.startswith("``", end)

    def only_text(self, reading: Reading, results: list[ToolCall | Fault]) -> str:
        """Why a document in the open is no attempt at a call; "" if it is one."""
        start, end = reading.span
        alone = not (self.visible or self.text[self.mark : start].strip())
        if reading.broken:
            named = self.box.tools is not None and any(
                isinstance(draft.name, str) and self.box.find(draft.name)[1]
                for draft in reading.drafts
            )
            return (
                ""
                if alone or named
                else "no readable JSON, and nothing says that it was meant as a call"
            )
        if not results:
            return "JSON, but no call"
        if self.in_inline_code(start, end):
            return "a call in inline code is spoken of, not made"
        if self.box.tools is None:
            bare_name = all(d.arguments is MISSING and d.fault is None for d in reading.drafts)
            if bare_name:
                return "a name without arguments"
            return "data with a name" if all(map(_is_data, reading.drafts, results)) else ""
        whole = alone and end >= self.last_visible()
        if any(
            self.meant(*pair, whole=whole) for pair in zip(reading.drafts, results, strict=False)
        ):
            return ""
        return "JSON, but no call to an offered tool"

    def meant(self, draft: Draft, result: ToolCall | Fault, *, whole: bool) -> bool:
        """Whether an object in the open can only be meant as a call to one of the tools.

        Args:
            draft: What was written.
            result: What became of it.
            whole: There is nothing else in the turn.
        """
        written = draft.arguments is not MISSING
        if isinstance(result, ToolCall):
            tool = self.box.find(result.name)[1]
            return written or (tool is not None and not tool.parameters)
        if result.kind is not FaultKind.UNKNOWN_TOOL:
            return written or draft.fault is not None
        if not written or not isinstance(draft.name, str):
            return False
        return whole or self.box.is_misspelling(draft.name)


def _is_data(draft: Draft, result: ToolCall | Fault) -> bool:
    """Whether an object with a name and such a key as "input" holds no arguments at all."""
    aliased = any(repair.kind == "key_alias" for repair in draft.repairs)
    return isinstance(result, Fault) and draft.fault is None and aliased


_LONGEST_TOKEN = 48
_NO_CONTENT = frozenset((Role.SPECIAL, Role.THOUGHT_CLOSER, Role.LEFTOVER))
