"""Reads calls whose arguments are named text fields: XML parameters, key/value pairs and the like.

A format of this kind is data, a `Dialect`: how a call opens, how a field opens, and the literals
that close a field, a call and the wrapper around calls. A field's text may hold the dialect's own
closers: it ends at the last closer that what follows agrees with. A call that does not read is a
fault and the next one is read on its own. Nothing here decides types; a dialect may state them.
"""

from __future__ import annotations

import re

from .dialects import Dialect
from .drafts import Draft, Reading, faulty
from .field_ends import FieldEnds, Form, any_of
from .json_calls import MAX_CALLS
from .spans import rstripped
from .types import FaultKind, Repair


class _UnreadableError(Exception):
    """A call does not read; carries where, why and the name if that was read."""

    def __init__(self, at: int, why: str, name: str = "", resume: int = -1) -> None:
        super().__init__(why)
        self.at, self.why, self.name, self.resume = at, why, name, resume


class FieldReader:
    """The reader of a dialect; `read` is what a wire format needs."""

    def __init__(self, dialect: Dialect) -> None:
        """Compiles the dialect's expressions."""
        self.dialect = dialect
        ends = any_of((dialect.call_end, *dialect.outer_end))
        heads = "|".join(filter(None, (dialect.call_start, any_of(dialect.outer))))
        self._gap = re.compile(dialect.gap)
        self._head = re.compile(dialect.call_start + dialect.call_rest)
        self._start = re.compile(dialect.call_start)
        self._cut = re.compile(dialect.call_start + dialect.cut) if dialect.cut else None
        self._elsewhere = re.compile(dialect.elsewhere or "(?!)")
        self._key = re.compile(dialect.key_start + dialect.key_rest)
        self._heads = re.compile(heads)
        self._stop = re.compile(f"(?P<closed>{ends})|{heads}")
        self._ends = FieldEnds(dialect)

    def read(self, text: str, start: int, payload: int) -> Reading | None:
        """The calls of one wrapper, or one bare call; None when another format's text is there."""
        at, wrapped = self._unwrapped(text, start)
        if wrapped and at >= len(text):
            message = f"the turn ends right behind {text[start:payload]}"
            return _fault_only(FaultKind.TRUNCATED, (start, at), message)
        if self._elsewhere.match(text, at):
            return None
        if not self._start.match(text, at):
            spoken = self.dialect.spoken and wrapped and _in_a_sentence(text, start, payload)
            return Reading(drafts=[], span=(start, payload), bare=True) if spoken else None
        try:
            drafts, end = self._calls(text, at, wrapped=wrapped)
        except _UnreadableError as error:
            if not wrapped and _in_a_sentence(text, start, rstripped(text, error.at)):
                return Reading(drafts=[], span=(start, error.at), bare=True)
            drafts = [self._given_up(text, at, error)]
            end = drafts[0].span[1]
        if not drafts:
            return None
        if len(drafts) == 1:
            drafts[0].span = (start, end)
        return Reading(drafts=drafts, span=(start, end))

    def _calls(self, text: str, at: int, *, wrapped: bool) -> tuple[list[Draft], int]:
        """The calls from `at` to the end of their wrapper, and the offset behind it.

        After a bad one nothing more is read; the scan meets the next call and counts what failures
        cost.

        Raises:
            _UnreadableError: the first call does not read.
        """
        drafts: list[Draft] = []
        end = at
        while len(drafts) <= MAX_CALLS and self._start.match(text, at):
            try:
                draft = self._call(text, at, wrapped=wrapped)
            except _UnreadableError as error:
                if not drafts:
                    raise
                draft = self._given_up(text, at, error)
            if draft is None:
                break
            drafts.append(draft)
            end = draft.span[1]
            at = self._skip(text, end)
            if not wrapped or draft.fault is not None:
                break
            closer = next((one for one in self.dialect.outer_end if text.startswith(one, at)), "")
            if closer:
                end = at + len(closer)
                break
        if drafts and drafts[-1].fault is None and self._ends.orphan.match(text, end):
            drafts[-1] = self._overfull(text, end, drafts[-1])
            end = drafts[-1].span[1]
        return drafts, end

    def _overfull(self, text: str, end: int, draft: Draft) -> Draft:
        """The fault of a call behind which parts of it go on: a text was taken to end too early."""
        why = f"parameters of {draft.name} stand behind its end"
        return self._given_up(text, draft.span[0], _UnreadableError(end, why, draft.name))

    def read_body(self, text: str, start: int, at: int, name: str) -> Draft:
        """The call whose fields start at `at`, for formats that name it in front of them.

        Args:
            text: The whole turn.
            start: Where the call starts.
            at: Where its fields start.
            name: Its name.
        """
        draft = Draft(name=name, arguments={}, span=(start, at), untyped=True)
        try:
            draft.span = (start, self._fields(text, at, draft, wrapped=False))
        except _UnreadableError as error:
            return self._given_up(text, at, error)
        return draft

    def _skip(self, text: str, at: int) -> int:
        found = self._gap.match(text, at)
        return found.end() if found else at

    def _unwrapped(self, text: str, start: int) -> tuple[int, bool]:
        """Where the first call may stand, and whether a wrapper was opened in front of it."""
        at, wrapped = start, False
        for _ in range(_REPEATED_WRAPPERS):
            opener = next((one for one in self.dialect.outer if text.startswith(one, at)), "")
            if not opener:
                break
            at, wrapped = self._skip(text, at + len(opener)), True
        return at, wrapped

    def _call(self, text: str, at: int, *, wrapped: bool) -> Draft | None:
        """The call at `at`; None if this dialect shares its beginning and the rest is not its own.

        Raises:
            _UnreadableError: the call is no readable one.
        """
        dialect = self.dialect
        head = self._head.match(text, at)
        if head is None:
            if self._cut is not None and (cut := self._cut.match(text, at)):
                raise _UnreadableError(cut.end(), "the turn ends inside a call")
            if dialect.shared:
                return None
            raise _UnreadableError(at + 1, "the name of the function is not closed")
        name = self._named(head.group("name"))
        draft = Draft(name=name, arguments={}, span=(at, at), untyped=dialect.value is None)
        draft.wrapping, draft.soft = dialect.wrapping, dialect.value is not None
        if dialect.repair is not None:
            kind, message = dialect.repair
            draft.repairs.append(Repair(kind=kind, span=head.span(), message=message))
        end = self._fields(text, head.end(), draft, wrapped=wrapped)
        draft.span = (at, end)
        return draft

    def _named(self, written: str) -> str:
        if not self.dialect.escaped:
            return written.strip()
        for entity, char in _ENTITIES:
            written = written.replace(entity, char)
        return written

    def _fields(self, text: str, at: int, draft: Draft, *, wrapped: bool) -> int:
        """Fills the arguments; returns the offset behind the call.

        Raises:
            _UnreadableError: a field is not closed or given twice, or the call is not closed.
        """
        lined = self.dialect.compact
        laid = False
        while True:
            before, at = at, self._skip(text, at)
            laid = laid or "\n" in text[before:at]
            lined = lined or laid
            key = self._key.match(text, at)
            if key is None:
                if lined and self.dialect.framed:
                    draft.arguments = {name: _unframed(it) for name, it in draft.arguments.items()}
                return self._end(text, at, draft)
            name = self._named(key.group("key"))
            if name in draft.arguments:
                raise _UnreadableError(at, f"{name} of {draft.name} is given twice", draft.name)
            form = Form(lined=laid, wrapped=wrapped)
            value, at = self._value(text, key, draft, form)
            kind = key.groupdict().get("type") or ""
            convert = self.dialect.value
            draft.arguments[name] = convert(value, kind) if convert else value

    def _end(self, text: str, at: int, draft: Draft) -> int:
        """Offset behind the call's closer; a wrapper's closer, which is left standing, will do."""
        dialect = self.dialect
        if text.startswith(dialect.call_end, at):
            return at + len(dialect.call_end)
        if any(text.startswith(closer, at) for closer in dialect.outer_end):
            return at
        if dialect.unclosed and (at >= len(text) or self._heads.match(text, at)):
            message = f"read a call without its {dialect.call_end}"
            draft.repairs.append(Repair(kind="missing_closer", span=(at, at), message=message))
            return at
        name = draft.name
        why = f"the call of {name} is not closed" if at >= len(text) else "expected a parameter"
        raise _UnreadableError(at, f"{why} ({dialect.call_end} is missing)", name)

    def _value(self, text: str, key: re.Match[str], draft: Draft, form: Form) -> tuple[str, int]:
        """The text of a field and the offset behind it.

        Raises:
            _UnreadableError: it is not closed.
        """
        at, closer = key.end(), self.dialect.value_end
        why = f"{self._named(key.group('key'))} of {draft.name} is not closed"
        if self.dialect.cdata and (section := _CDATA.match(text, at)):
            inside = self._ends.closed(text, section.end(), f"]]>{closer}", form)
            if inside >= 0:
                return text[section.end() : inside], inside + len(closer) + 3
        close = self._ends.closed(text, at, closer, form)
        opener = self._key.search(text, at, close if close >= 0 else len(text))
        if opener is None:
            if close < 0:
                raise _UnreadableError(at, why, draft.name)
            close = self._ends.extended(text, close, form)
            return text[at:close], close + len(closer)
        nested = self._ends.balanced(text, at) if close >= 0 else -1
        if nested >= 0:
            return text[at:nested], nested + len(closer)
        head = self._heads.search(text, at, opener.start())
        if head is not None:
            raise _UnreadableError(at, why, draft.name, head.start())
        following = self._ends.on_its_line(text, opener, close)
        if following < 0 and form.lined and close >= 0:
            return text[at:close], close + len(closer)  # openers inside of lines are text
        if following < 0:
            raise _UnreadableError(at, why, draft.name)
        message = f"read {key.group('key')} up to the next parameter, without its closer"
        span = (following, following)
        draft.repairs.append(Repair(kind="missing_closer", span=span, message=message))
        return text[at:following], following

    def _given_up(self, text: str, start: int, error: _UnreadableError) -> Draft:
        """A fault up to where the call ends or the next begins; at the end it was cut off."""
        stop = self._stop.search(text, max(error.at, start + 1))
        end = stop.start() if stop else len(text)
        if error.resume >= 0:
            end = error.resume
        elif stop and stop.group("closed"):
            end = stop.end()
        kind = FaultKind.MALFORMED_CALL if stop else FaultKind.TRUNCATED
        return faulty(kind, (start, end), error.why, error.name)


_REPEATED_WRAPPERS = 4
_CDATA = re.compile(r"\s*<!\[CDATA\[")
_ENTITIES = (("&quot;", '"'), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def _in_a_sentence(text: str, start: int, end: int) -> bool:
    """Whether words stand on both sides on the same line."""
    around = text[max(0, start - 2) : start], text[end : end + 2]
    return all(len(side.strip()) == 1 and " " in side and "\n" not in side for side in around)


def _unframed(value: str) -> str:
    """The text without the line break that the format adds on each side."""
    crlf = value.startswith("\r\n")
    value = value.removeprefix("\r\n" if crlf else "\n")
    # Framed alike on both sides: the carriage return in front of a lone line break is the value's.
    both = crlf and value.endswith("\r\n")
    return value.removesuffix("\r\n") if both else value.removesuffix("\n")


def _fault_only(kind: FaultKind, span: tuple[int, int], message: str) -> Reading:
    return Reading(drafts=[faulty(kind, span, message)], span=span)
