"""Finds where the text of a named field ends, though it may hold the format's own marks.

A closer ends the text if what follows agrees with it: another field, or the end of the call. Ends
that are laid out otherwise than the call began, and openers inside of a line, are text. What stands
behind a finished call, another turn or the end of a thought is never taken into a value. The calls
themselves are read by `xml_params.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from .dialects import Dialect
from .reasoning import CLOSERS
from .turns import HEADERS, ROLE_LINE, TURN_MARKS

_FALSE_CLOSERS = 400
"""Closers inside one text that do not close it; bounds the work of calls that never close."""
_NESTED_FIELDS, _DEEPEST = 256, 5
"""Whole fields inside a text, and how deep they stand in each other; examples of calls do not go
deeper, and calls that never close cost little."""


_INDENT = 40
_LINE_START = re.compile(r"\n[ \t]*\Z")
_TOKEN = "\uff5c"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a call is laid out: its fields on lines of their own, in a wrapper."""

    lined: bool
    wrapped: bool


class FieldEnds:
    """The ends of the fields of a dialect."""

    def __init__(self, dialect: Dialect) -> None:
        """Compiles the dialect's expressions."""
        self.dialect = dialect
        ends = any_of((dialect.call_end, *dialect.outer_end))
        heads = "|".join(filter(None, (dialect.call_start, any_of(dialect.outer))))
        self.orphan = re.compile(
            rf"{dialect.gap}(?:{dialect.key_start}|{re.escape(dialect.value_end)})"
        )
        self._gap = re.compile(dialect.gap)
        self._key = re.compile(dialect.key_start + dialect.key_rest)
        self._last = re.compile(rf"{dialect.gap}(?:{ends}|\Z)")
        self._behind = re.compile(rf"{dialect.gap}(?:{dialect.key_start}|{ends}|\Z)")
        self._opens = re.compile(f"{heads}|{dialect.key_start}")
        self._nest = re.compile(
            f"(?P<open>{dialect.key_start}{_unnamed(dialect.key_rest)})"
            f"|{re.escape(dialect.value_end)}"
        )

    def skip(self, text: str, at: int) -> int:
        """Offset behind what may stand between the parts of a call."""
        found = self._gap.match(text, at)
        return found.end() if found else at

    def on_its_line(self, text: str, opener: re.Match[str], close: int) -> int:
        """Offset of the first opener of a field from here on that starts its line, or -1."""
        if _TOKEN in self.dialect.key_start:
            return opener.start()  # no text holds such a character
        for found in self._key.finditer(text, opener.start(), close if close >= 0 else len(text)):
            if _LINE_START.search(text, max(0, found.start() - _INDENT), found.start()):
                return found.start()
        return -1

    def closed(self, text: str, at: int, closer: str, form: Form) -> int:
        """Offset of the first closer that what follows agrees with, or -1."""
        for _ in range(_FALSE_CLOSERS):
            at = text.find(closer, at)
            if at < 0:
                return at
            behind = self._behind.match(text, at + len(closer))
            if behind and not self.orphan.match(text, behind.end()):
                return at
            if behind and (self.ends(text, at, form) or not self._closes(behind)):
                return at
            at += len(closer)
        return -1

    def _closes(self, behind: re.Match[str]) -> bool:
        """Whether a call ends behind a field, and not another field begins."""
        return behind.group().endswith((self.dialect.call_end, *self.dialect.outer_end))

    def ends(self, text: str, close: int, form: Form) -> bool:
        """Whether the closer of a field also ends the call, laid out as the call began."""
        dialect = self.dialect
        if form.lined and dialect.framed and text[close - 1 : close] != "\n":
            return False
        behind = close + len(dialect.value_end)
        at = self.skip(text, behind)
        if not text.startswith(dialect.call_end, at) or ("\n" in text[behind:at]) != form.lined:
            return False
        at = self.skip(text, at + len(dialect.call_end))
        return not (form.wrapped and dialect.outer_end) or text.startswith(dialect.outer_end, at)

    def extended(self, text: str, close: int, form: Form) -> int:
        """The last closer that ends the call as it began, if the first one is laid out otherwise.

        Nothing opens before it, no other turn begins and no thought ends.
        """
        behind = self._last.match(text, close + len(self.dialect.value_end))
        if behind is None or behind.end() >= len(text) or self.ends(text, close, form):
            return close
        limit = len(text)
        for opens in (self._opens, _elsewhere()):
            opener = opens.search(text, behind.end(), limit)
            limit = opener.start() if opener else limit
        last = text.rfind(self.dialect.value_end, behind.end(), limit)
        return last if last >= 0 and self.ends(text, last, form) else close

    def balanced(self, text: str, at: int) -> int:
        """The closer of a text that holds whole fields of its own, or -1 if they do not pair up."""
        depth = 1
        for _ in range(_NESTED_FIELDS):
            found = self._nest.search(text, at)
            if found is None:
                return -1
            depth += 1 if found.group("open") else -1
            at = found.end()
            if depth > _DEEPEST:
                return -1
            if depth == 0:
                return found.start() if self._behind.match(text, at) else -1
        return -1


def any_of(literals: tuple[str, ...]) -> str:
    """An expression for any of these literals."""
    return "|".join(map(re.escape, literals))


def _unnamed(expression: str) -> str:
    """The expression with its named groups made plain, to stand beside itself."""
    return re.sub(r"\(\?P<\w+>", "(?:", expression)


@cache
def _elsewhere() -> re.Pattern[str]:
    """What is never a part of a value: the mark of another turn, or the end of a thought."""
    return re.compile(f"{any_of((*TURN_MARKS, *HEADERS, *CLOSERS))}|{ROLE_LINE}")
