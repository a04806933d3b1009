"""Reads calls out of a JSON document whose brackets are damaged, if the argument values are intact.

A walk over keys: openers, closers and commas between keys are skipped whatever their order, `name`
and `arguments` values are read whole. So `…"}"]}]}` and `…}}}` lose nothing, while an argument
value that does not itself decode is a fault: nothing is ever guessed into it. The walk only moves
forward, which keeps it linear.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .drafts import MISSING, Draft, faulty
from .lenient_json import NotJsonError, decode, scanstring, skip_space
from .twice import same
from .types import FaultKind, Repair

_STRUCTURE = re.compile(r"[\s,\[{(\]})]*")
_CLOSERS = re.compile(r"[\s\]})]*")
_BRACKET = re.compile(r"[\[{(\]})]")
_STRAY_QUOTE = re.compile(r"[\"'](?=[\s\]})]*(?:\Z|\n|<))[\s\]})]*")
_KEY = re.compile(r'"([^"\\\n]{1,64})"\s*:\s*')
_NEXT_CALL = re.compile(r'\{\s*"(?:function|tool_calls)"\s*:')
_ARGUMENTS_END_WITH = frozenset("]}),\"'<`;|")
_NAMES = frozenset(("name", "tool_name"))
_ARGUMENTS = frozenset(("arguments", "parameters", "args", "input"))
_WRAPPERS = frozenset(("tool_calls", "function"))
_HARMLESS = frozenset(("id", "type", "index", "tool_call_id"))
_TO_THE_END = re.compile(r"[\s,]*(?:\"[^\"\\\n]{0,64}(?:\"\s*)?)?\Z")
"""What may be left of the next key where the text was cut off."""
_SEEMS_CLOSED = re.compile(r"[\]}]\s*[\]}]\s*(?:<[^<>\s]{1,40}>\s*)*\Z")
"""An end that closes brackets: a string that runs up to it lost its quote, it was not cut off."""
_MAX_FAILURES = 16
"""Unreadable values in one damaged document after which the rest of it is given up."""
_MAX_STEPS = 512
"""Keys that are looked at in one damaged document; far above any real one, to bound the work."""


@dataclass(slots=True, kw_only=True)
class Salvaged:
    """Drafts and faults of a damaged document, and the offset behind what belongs to it.

    Attributes:
        cut: The text ended inside the document.
        failed: It was given up at `end`; what follows there still belongs to it.
        arguments_seen: Some value stood under an arguments key, so this was meant as a call.
    """

    drafts: list[Draft] = field(default_factory=list)
    end: int = 0
    cut: bool = False
    arguments_seen: bool = False
    invented: tuple[int, int] | None = None
    failed: bool = False


def salvage(text: str, start: int) -> Salvaged:
    """The calls that the damaged document at `start` holds intact, and a fault for each other."""
    return _Walk(text, start).run()


class _Walk:
    """The state of one walk: the call that is being put together and where the last one ended."""

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.pos = start
        self.result = Salvaged(end=start)
        self.call: Draft | None = None
        self.stopped = False
        self.failures = 0
        self.beside = False
        """The key is about the same call as the one before: no bracket stands between them."""
        self.entered = False
        """The next key is about the same call, though it is in an object of its own."""

    def run(self) -> Salvaged:
        """Walks from key to key until something stands there that is none."""
        for _ in range(_MAX_STEPS):
            structure = _STRUCTURE.match(self.text, self.pos)
            at = structure.end() if structure else self.pos
            key = _KEY.match(self.text, at)
            if key is None or self.stopped:
                break
            self.beside = self.entered or not _BRACKET.search(self.text, self.pos, at)
            self.entered = False
            self.step(key.group(1), at, key.end())
        self.flush()
        self.finish()
        return self.result

    def step(self, key: str, at: int, value_at: int) -> None:
        """Takes one key and, if it is one that matters, its value."""
        self.pos = value_at
        if key in _WRAPPERS:
            self.enter(key)
        elif key == "tool_response":
            self.result.invented = (at, value_at)
            self.skip_value(value_at)
        elif key in _NAMES and self.text.startswith('"', value_at):
            self.take_name(at, value_at)
        elif key in _ARGUMENTS and (self.call is None or self.call.arguments is MISSING):
            self.take_arguments(at, value_at)
        elif key in _ARGUMENTS and self.beside:
            self.compare_arguments(value_at)
        elif key not in _NAMES:
            if (
                key not in _HARMLESS
                and self.call is not None
                and self.call.arguments is not MISSING
            ):
                self.call.beside += (key,)
            self.skip_value(value_at)

    def current(self, at: int) -> Draft:
        """The call that is being put together, begun here if there is none."""
        if self.call is None:
            opener = self.text.rfind("{", self.result.end, at)
            self.call = Draft(name="", arguments=MISSING, span=(opener if opener >= 0 else at, at))
        return self.call

    def take_name(self, at: int, value_at: int) -> None:
        """Reads a name; a second name in another object begins the next call."""
        before = self.call.name if self.call is not None and self.beside else ""
        if self.call is not None and self.call.name and not before:
            self.flush()
        try:
            name, self.pos = scanstring(self.text, value_at + 1, False)
        except ValueError:
            self.fail(at, NotJsonError("the text ends inside the name", value_at, cut=True), "name")
            return
        call = self.current(at)
        if before and before != name:
            call.conflict = f"it has two names, {before[:40]!r} and {name[:40]!r}"
        call.name, call.span = name, (call.span[0], self.pos)

    def enter(self, key: str) -> None:
        """Begins the next call at a wrapper, unless it holds the rest of one that has begun."""
        self.entered = key == "function" and self.beside and self.call is not None
        if not self.entered:
            self.flush()

    def compare_arguments(self, value_at: int) -> None:
        """Passes over arguments beside the arguments; a call that states two is refused."""
        call = self.call
        try:
            again = decode(self.text, value_at, ambiguous=True).value
        except NotJsonError:
            again = MISSING
        if call is not None and again is not None and not same(again, call.arguments):
            call.conflict = "different arguments stand beside each other"
        self.skip_value(value_at)

    def take_arguments(self, at: int, value_at: int) -> None:
        """Reads an arguments value whole, or notes the fault and looks for the next call."""
        self.result.arguments_seen = True
        call = self.current(at)
        try:
            value = decode(self.text, value_at)
        except NotJsonError as error:
            self.fail(at, error, "arguments")
            return
        behind = skip_space(self.text, value.end)
        odd = behind < len(self.text) and self.text[behind] not in _ARGUMENTS_END_WITH
        if odd and "\n" not in self.text[value.end : behind]:
            self.fail(at, NotJsonError("text stands right behind them", behind), "arguments")
            return
        call.arguments, self.pos = value.value, value.end
        call.repairs.extend(value.repairs)
        call.span = (call.span[0], value.end)

    def skip_value(self, value_at: int) -> None:
        """Passes over a value that no call needs; one that cannot be read ends the walk."""
        try:
            self.pos = decode(self.text, value_at, ambiguous=True).end
        except NotJsonError as error:
            self.stopped = True
            self.result.cut = self.result.cut or error.cut

    def fail(self, at: int, error: NotJsonError, what: str) -> None:
        """Turns the current call into a fault and goes on at the next call, if there is one."""
        call = self.current(at)
        cut = error.cut and not (
            error.in_string
            and _SEEMS_CLOSED.search(self.text, max(error.pos, len(self.text) - 200))
        )
        kind = FaultKind.TRUNCATED if cut else FaultKind.BAD_ARGUMENTS
        begin = "the turn ends inside the " if cut else "cannot read the "
        message = f"{begin}{what} of {call.name or 'a call'}: {error.reason}"
        span = (min(at, error.pos), max(error.pos, min(at + 1, len(self.text))))
        self.result.drafts.append(faulty(kind, span, message, call.name))
        self.call = None
        self.result.cut = error.cut
        self.failures += 1
        following = _NEXT_CALL.search(self.text, error.pos)
        if following and self.failures < _MAX_FAILURES:
            self.pos = self.result.end = following.start()
            self.result.cut = False
        else:
            self.stopped = True
            self.result.failed = True
            self.pos = error.pos

    def flush(self) -> None:
        """Ends the current call."""
        call, self.call = self.call, None
        if call is None:
            return
        if call.arguments is MISSING:
            # In a damaged document missing arguments were lost; they are never {}.
            at_end = _TO_THE_END.match(self.text, call.span[1]) is not None
            self.pos = len(self.text) if at_end else self.pos
            kind = FaultKind.TRUNCATED if at_end else FaultKind.MALFORMED_CALL
            call = faulty(
                kind, call.span, f"the arguments of {call.name or 'a call'} are missing", call.name
            )
        self.result.drafts.append(call)
        self.result.end = call.span[1]

    def finish(self) -> None:
        """Takes the closers behind the last value in, and lists the damage as a repair."""
        if not self.stopped:
            closers = _CLOSERS.match(self.text, self.pos)
            self.pos = closers.end() if closers else self.pos
            quote = _STRAY_QUOTE.match(self.text, self.pos)
            if quote:
                self.pos = quote.end()
        stop = self.pos
        while stop > 0 and self.text[stop - 1].isspace():
            stop -= 1
        self.result.cut = self.result.cut or stop >= len(self.text.rstrip())
        last = self.result.end
        self.result.end = max(stop, last)
        for draft in self.result.drafts:
            if draft.fault is None:
                where = (min(last, self.result.end), self.result.end)
                message = "read past missing, extra or misplaced closing brackets"
                draft.repairs.append(Repair(kind="bracket_damage", span=where, message=message))
