"""One pass over a turn, left to right: thoughts, calls, special tokens, and the end of what counts.

At each mark that the lexer finds, its owner reads from there and says where it stopped; nothing is
read twice. A mark inside a call's argument or inside a thought is never met, because its owner has
already passed it. The pass collects (`findings.py`); `parse.py` draws the conclusions.

* Thought opener: on to its closer; without one the thought is unfinished, nothing behind it counts.
* Thought closer that was never opened: all before it was the thought, what was found there is
  withdrawn.
* Format marker: the format reads; if no format can, the marker is a fault, a turn mark or a
  mention.
* JSON in the open: a call if it can be meant as nothing else (`open_json.py`), else text.
* Turn mark: nothing behind it counts.
* Special token: no content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .drafts import Reading, WireFormat
from .findings import FAILURE, MAX_MARKS, USELESS, Findings
from .json_calls import MAX_CALLS, wreck_end
from .lexer import Role
from .open_json import only_text, repeats, spoken_of
from .reasoning import FAINT, FAMILIES, HARMONY_CLOSER
from .resolve import resolve
from .spans import QUOTES, rstripped, with_fence
from .turns import ALONE, CLEAR, HEADER_ROLE, OWN_ROLES, ROLE_AFTER_MARKER, ROLE_AT_START
from .types import Fault, FaultKind, Span, ToolCall
from .unopened import behind_turn_mark, exact, passed_over, unopened

_OPENERS = frozenset((Role.FORMAT, Role.THOUGHT_OPENER))
_NEVER_CUT = re.compile(r"\s|[>\])}]\Z")
"""What a name or a marker that the end of the turn cut off does not hold."""
SHORTEST_CUT = 6
"""Characters of a marker at the end of a turn that cannot be anything else any more."""
_TEXT_LIKE = frozenset(("</s>", "<pad>", "[INST]"))


@dataclass(slots=True, kw_only=True)
class Scan(Findings):
    """The pass itself; what it finds is what it inherits.

    Attributes:
        auto: A thought may end that nothing in the text opened.
    """

    auto: bool = True

    def run(self, mode: str) -> None:
        """Passes over the whole text."""
        text = self.text
        self.auto = mode == "auto"
        self.stop = len(text)
        pos = self.open_thought() if mode == "open" else self.begin(0)
        if pos < len(text) and self.alone(pos) and ROLE_AT_START.match(text, self.skip(pos)):
            pos = self.invent(pos, self.skip(pos))
        search, roles = self.lexer.search.search, self.lexer.roles
        for _ in range(MAX_MARKS):
            found = search(text, pos) if self.budget > 0 else None
            if found is None:
                self.at_end(pos if self.budget > 0 else self.late_closer(pos))
                return
            role = roles.get(found.group())
            if role is None:
                pos = self.at_pattern(found)
            elif mode == "off" and role in (Role.THOUGHT_OPENER, Role.THOUGHT_CLOSER):
                pos = found.end()
            else:
                pos = self.at_literal(role, found)
        pos = self.late_closer(pos)
        message = f"more than {MAX_MARKS} marks in one turn"
        self.fault(FaultKind.MALFORMED_CALL, (pos, pos), message)

    def late_closer(self, pos: int) -> int:
        """Where the text goes on that is not searched: behind a thought that ends in it."""
        close = unopened(self.text, pos, self.stop) if self.auto and not self.thoughts else None
        return pos if close is None else self.at_stray_closer(*close)

    def at_end(self, pos: int) -> None:
        """Takes out the marker inside of which the turn ends; to open a call there is a fault."""
        text = self.text
        start = max(text.rfind("<", pos), text.rfind("[", pos))
        if start < 0 or len(text) - start < SHORTEST_CUT:
            return
        tail = text[start:]
        cut = [
            (literal, role)
            for literal, role in self.lexer.roles.items()
            if literal.startswith(tail)
        ]
        opener = next((literal for literal, role in cut if role in _OPENERS), "")
        if opener:
            message = f"the turn ends inside the marker {opener}"
            self.fault(FaultKind.TRUNCATED, (start, len(text)), message)
        if cut:
            self.remove(start, len(text))

    def begin(self, pos: int) -> int:
        """Lets a format read that opens a call only where a turn begins; returns where to go on."""
        if self.calls or not self.alone(pos) or not self.lexer.starts.match(self.text, pos):
            return pos
        for pattern, owner in self.lexer.by_start:
            found = pattern.match(self.text, pos)
            reading = owner.read(self.text, pos, found.end()) if found else None
            if reading is not None and not (reading.named_only and self.names_nothing(reading)):
                return self.take(owner, reading)
        return pos

    def names_nothing(self, reading: Reading) -> bool:
        """Whether a turn that only begins like a call names no offered tool: a word, then JSON."""
        return self.box.tools is None or not any(
            isinstance(draft.name, str) and self.box.find(draft.name)[1] for draft in reading.drafts
        )

    def at_literal(self, role: Role, found: re.Match[str]) -> int:
        """Acts on a literal; returns where to go on."""
        start, end = found.span()
        if role is Role.FORMAT:
            return self.at_marker(found)
        if start and self.text[start - 1] in QUOTES and role is not Role.LEFTOVER:
            return end  # a quoted mark is spoken of, not used
        if role is Role.THOUGHT_OPENER and not self.opens_thought(found):
            return end
        if role is Role.THOUGHT_OPENER:
            return self.at_opener(start, end, FAMILIES[found.group()])
        if role is Role.THOUGHT_CLOSER:
            return self.at_stray_closer(start, end)
        if role is Role.TURN:
            return self.invent(start, end)
        if role is Role.HEADER:
            return self.at_header(start, end)
        if found.group() in _TEXT_LIKE and not self.nothing_behind(end):
            return end
        return self.remove(start, end)

    def opens_thought(self, found: re.Match[str]) -> bool:
        """Whether the opener of a thought is one where it stands."""
        return found.group() not in FAINT or (self.alone(found.start()) and not self.calls)

    def invent(self, start: int, end: int) -> int:
        """Ends the turn here, because somebody else's begins, unless all this was a thought."""
        if self.auto and not self.thoughts:
            close = behind_turn_mark(self.text, start)
            if close is not None:
                return self.at_stray_closer(*close)
        self.stop = start
        shown = self.text[start:end].strip() or self.text[start : start + 20].strip()
        message = (
            f"a turn of somebody else was invented ({shown[:30]!r}); nothing from there on counts"
        )
        self.fault(FaultKind.INVENTED_TURN, (start, max(end, start)), message)
        return len(self.text)

    def open_thought(self) -> int:
        """Passes over the thought that the prompt opened; returns where to go on."""
        closer = self.lexer.thought_closers.search(self.text)
        if closer is None:
            return self.never_closed(0, 0)
        start = self.skip(0)
        for opener in FAMILIES:
            if self.text.startswith(opener, start) and start + len(opener) <= closer.start():
                start += len(opener)
                break
        self.thoughts.append((start, closer.start()))
        return self.begin(self.remove(0, closer.end()))

    def never_closed(self, start: int, inner: int) -> int:
        """Ends a thought at a call that is real even there, else at the end of the turn."""
        call = self.lexer.ends_thought.search(self.text, inner)
        if call is None:
            return self.unfinished(start, inner)
        self.thoughts.append((inner, call.start()))
        return self.remove(start, call.start())

    def unfinished(self, start: int, inner: int) -> int:
        """Ends the turn at a thought that never closes."""
        self.stop = start
        self.thoughts.append((inner, len(self.text)))
        message = "the thought is never closed, so nothing in it or behind it counts"
        span = (start, len(self.text))
        self.fault(FaultKind.UNFINISHED_REASONING, span, message)
        return len(self.text)

    def at_opener(self, start: int, end: int, closer: str) -> int:
        """Passes over a thought."""
        close = self.text.find(closer, end)
        if close < 0:
            return self.never_closed(start, end)
        self.thoughts.append((end, close))
        return self.begin(self.remove(start, close + len(closer)))

    def at_stray_closer(self, start: int, end: int) -> int:
        """Takes all before a closer that was never opened for the thought."""
        if self.text.startswith(HARMONY_CLOSER, start):
            end = start + HARMONY_CLOSER.index(">") + 1
            if self.thoughts or self.calls or 0 <= self.text.find("<|message|>") < start:
                return self.remove(start, end)
        if self.thoughts and end >= self.last_visible():
            return self.remove(start, end)
        self.calls.clear()
        self.faults.clear()
        self.sightings.clear()
        self.removed[:] = [(0, end)]
        self.thoughts[:] = [(self.thoughts[0][0] if self.thoughts else 0, start)]
        self.visible, self.mark = False, end
        return self.begin(end)

    def at_header(self, start: int, end: int) -> int:
        """Drops the model's own first header; any other begins an invented turn."""
        role = HEADER_ROLE.match(self.text, end)
        name = role.group(1) if role else ""
        nothing_yet = self.alone(start) and not self.calls
        if nothing_yet and (name in OWN_ROLES or not name):
            return self.begin(self.remove(start, role.end() if role and name else end))
        if end == len(self.text):
            return self.remove(start, end)
        return self.invent(start, role.end() if role else end)

    def is_role(self, start: int) -> bool:
        """Whether the line behind this line break opens somebody else's turn."""
        if self.calls or CLEAR.match(self.text, start):
            return True
        return ALONE.match(self.text, rstripped(self.text, start)) is not None

    def at_pattern(self, found: re.Match[str]) -> int:
        """Lets a format without a literal opener read, or ends the turn at a role line."""
        start = found.start()
        if self.text[start] == "\n":
            return self.invent(start, found.end()) if self.is_role(start) else found.end()
        for pattern, owner in self.lexer.by_pattern:
            if pattern.match(self.text, start):
                reading = owner.read(self.text, start, found.end())
                if reading is not None:
                    return self.take(owner, reading)
        self.budget -= USELESS  # reading on only to find text costs time as well
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
        if self.wraps(behind):
            self.budget -= USELESS
            return self.remove(start, end)
        self.budget -= FAILURE
        if start and self.text[start - 1] in QUOTES:
            return end
        line_end = self.text.find("\n", behind)
        stop = line_end if line_end >= 0 else len(self.text)
        if self.auto and not self.thoughts and (close := unopened(self.text, start, stop)):
            return self.at_stray_closer(*close)
        cut = stop == len(self.text) and not _NEVER_CUT.search(self.text, behind)
        kind = FaultKind.TRUNCATED if cut else FaultKind.MALFORMED_CALL
        message = f"no readable call follows {marker}"
        self.fault(kind, (start, stop), message)
        self.saw(owners[0].name, (start, stop), 0, message)
        return self.remove(start, stop)

    def wraps(self, behind: int) -> bool:
        """Whether a marker stands right behind: then this one is only around it, or said twice."""
        found = self.lexer.search.match(self.text, behind)
        return found is not None and self.lexer.roles.get(found.group()) is Role.FORMAT

    def passed_over(self, reading: Reading, results: list[ToolCall | Fault]) -> Span | None:
        """Where a thought ends in a draft that does not read as a whole."""
        if self.thoughts or not self.auto:
            return None
        called = self.calls or any(isinstance(result, ToolCall) for result in results)
        end = wreck_end(self.text, reading.span[1]) if reading.broken else reading.span[1]
        return passed_over(self.text, reading, end, at_stake=bool(called))

    def take(self, owner: WireFormat, reading: Reading) -> int:
        """Resolves what a format read and takes it out of the content, unless it is only text."""
        start, end = reading.span
        if not (reading.drafts or reading.bare or reading.broken or reading.thought):
            return self.remove(start, max(end, start + 1))
        results: list[ToolCall | Fault] = []
        number = len(self.calls)
        for draft in reading.drafts[: MAX_CALLS + 1]:
            results.append(resolve(draft, self.box, self.text, owner.name, number))
            number += isinstance(results[-1], ToolCall)
        if not exact(reading) and (close := self.passed_over(reading, results)):
            return self.at_stray_closer(*close)
        if self.calls and (message := repeats(self, reading, results)):
            self.fault(FaultKind.REPETITION, (start, end), message)
            return self.remove(start, end)
        if results and (reason := spoken_of(self, reading)):
            self.saw(owner.name, reading.span, 0, reason)
            self.budget -= USELESS
            return max(end, start + 1)
        if reading.bare:
            reason = only_text(self, reading, results)
            if reason:
                self.saw(owner.name, reading.span, 0, reason)
                self.budget -= FAILURE if reading.broken else USELESS
                return max(end, start + 1)
        if reading.thought is not None:
            self.thoughts.append(reading.thought)
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
