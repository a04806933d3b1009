"""Reads the arguments of a call written as Python: keywords with literal values, nothing evaluated.

One pass with a stack, so no input can run, raise or overflow. Literals are those of Python and
JSON; a tuple or set is an array. What models get wrong is read by named repairs: line breaks in a
string, quotes that are not escaped, numbers with leading zeros. `python_calls.py` reads the calls
around them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

from .drafts import Draft, faulty
from .lenient_json import MAX_DEPTH
from .types import FaultKind, Repair

_SPACE = re.compile(r"(?:\s|#[^\n]*\n)*")
_KEYWORD = re.compile(r"(?P<key>[^\W\d]\w{0,199})\s*=(?!=)\s*")
_STRING = re.compile(r"(?:[rRuU]?)('''|\"\"\"|'|\")")
_NUMBER = re.compile(
    r"[+-]?(?:0[xX][0-9a-fA-F_]+|[0-9][0-9_]*(\.[0-9_]*)?([eE][+-]?[0-9]+)?)(?!\w)"
)
_BEHIND_STRING = re.compile(r"\s*(?:[,)\]}:]|#|\Z)")
_BEHIND_VALUE = re.compile(r"\s*(?:[,)]|#|\Z)")
_BEHIND_ARGUMENT = re.compile(r"\s*(?:,\s*[^\W\d]\w*\s*=|\)\s*(?:[\],;<\n`]|\Z))")
_MISQUOTED = re.compile(r"[\w\\/$\"'-]")
_WORD = re.compile(r"[A-Za-z]+\b")
_WORDS: dict[str, Any] = {
    **{"True": True, "False": False, "None": None},
    **{"true": True, "false": False, "null": None},
}
_JSON_WORDS = frozenset(("true", "false", "null"))
_MARKS = {quote: re.compile(rf"\\|{quote}") for quote in ("'", '"', "'''", '"""')}
_ENDS = {quote: re.compile(f"{quote}(?={_BEHIND_ARGUMENT.pattern})") for quote in "'\""}
"""A quote that stands where an argument ends."""
_FAR, _MARGIN = 16_384, 256
"""How many characters behind a quote that was meant as text the end is looked for."""
_ESCAPE = re.compile(
    r"\\(?:([\n\\'\"abfnrtv])|([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U(000[0-9a-fA-F]{5}"
    r"|0010[0-9a-fA-F]{4}))"
)
_PLAIN = {"\n": "", "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_CLOSERS = {"[": "]", "(": ")", "{": "}"}


class NotPythonError(ValueError):
    """The text at `pos` is no call with literals; `cut` says that it ended too early."""

    def __init__(self, reason: str, pos: int, *, cut: bool = False, name: str = "") -> None:
        """Remembers what was wrong, where, and in the call of which tool."""
        super().__init__(reason)
        self.reason, self.pos, self.cut, self.name = reason, pos, cut, name

    def fault(self, start: int, end: int) -> Draft:
        """A draft that says so, from the beginning of the calls to where they are given up."""
        kind = FaultKind.TRUNCATED if self.cut else FaultKind.BAD_ARGUMENTS
        return faulty(kind, (start, max(end, start)), self.reason, self.name)


def skip(text: str, pos: int) -> int:
    """Offset of the next character that is neither blank nor comment."""
    found = _SPACE.match(text, pos)
    return found.end() if found else pos


@dataclass(slots=True, kw_only=True)
class Literals:
    """Reads the arguments of one call."""

    text: str
    name: str
    repairs: list[Repair]
    noted: set[str] = field(default_factory=set)

    def note(self, kind: str, start: int, end: int, message: str) -> None:
        """Records the first repair of a kind."""
        if kind not in self.noted:
            self.noted.add(kind)
            self.repairs.append(Repair(kind=kind, span=(start, end), message=message))

    def error(self, reason: str, pos: int) -> NotPythonError:
        """What is wrong at `pos`."""
        return NotPythonError(
            f"cannot read the arguments of {self.name}: {reason}", pos, cut=pos >= len(self.text)
        )

    def arguments(self, pos: int, found: dict[str, Any]) -> int:
        """Fills the keyword arguments; returns the offset behind the closing bracket.

        Raises:
            NotPythonError: one is positional, given twice or no literal.
        """
        text = self.text
        pos = skip(text, pos)
        while not text.startswith(")", pos):
            start = pos
            key = _KEYWORD.match(text, pos)
            if key is None and not text.startswith("**", pos):
                cut = re.compile(r"\*?\w*\s*\Z").match(text, pos)
                raise self.error("arguments need names", len(text) if cut else pos)
            value, pos = self.value(key.end() if key else skip(text, pos + 2))
            given = {key.group("key"): value} if key else value
            if not isinstance(given, dict):
                raise self.error("expected a dict behind **", start)
            twice = found.keys() & given.keys()
            if twice:
                raise self.error(f"{min(twice)} is given twice", start)
            found.update(given)
            pos = skip(text, pos)
            if text.startswith(",", pos):
                pos = skip(text, pos + 1)
            elif not text.startswith(")", pos):
                raise self.error("expected ',' or ')'", pos)
        return pos + 1

    def value(self, pos: int) -> tuple[Any, int]:
        """The literal at `pos` and the offset behind it.

        Raises:
            NotPythonError: it is none.
        """
        text = self.text
        stack: list[tuple[str, list[Any], list[Any]]] = []  # bracket, items, keys
        while True:
            if (bracket := text[pos : pos + 1]) and bracket in _CLOSERS:
                if len(stack) >= MAX_DEPTH:
                    raise self.error(f"nested deeper than {MAX_DEPTH} levels", pos)
                stack.append((bracket, [], []))
                pos = skip(text, pos + 1)
            else:
                item, pos = self.scalar(pos, top=not stack)
                if not stack:
                    return item, pos
                pos = self.placed(stack[-1], item, pos)
            while stack and text.startswith(_CLOSERS[stack[-1][0]], pos):
                item, pos = self.closed(stack.pop(), pos), pos + 1
                if not stack:
                    return item, pos
                pos = self.placed(stack[-1], item, pos)

    def placed(self, frame: tuple[str, list[Any], list[Any]], item: Any, pos: int) -> int:
        """Puts an item into its frame; returns where the next one or the closer stands."""
        bracket, items, keys = frame
        pos = skip(self.text, pos)
        if bracket == "{" and len(keys) == len(items) and self.text.startswith(":", pos):
            if not isinstance(item, str):
                raise self.error("a key must be a string", pos)
            keys.append(item)
            pos = skip(self.text, pos + 1)
            if self.text.startswith("}", pos):
                raise self.error("a key without a value", pos)
            return pos
        items.append(item)
        if keys and len(keys) != len(items):
            raise self.error("expected ':' behind a key", pos)
        if self.text.startswith(",", pos):
            return skip(self.text, pos + 1)
        if not self.text.startswith(_CLOSERS[bracket], pos):
            raise self.error(f"expected ',' or '{_CLOSERS[bracket]}'", pos)
        return pos

    def closed(self, frame: tuple[str, list[Any], list[Any]], pos: int) -> Any:
        """The finished container; the text alone tells a dict from a set, an item from a tuple."""
        bracket, items, keys = frame
        if bracket == "{":
            if keys or not items:
                return dict(zip(keys, items, strict=True))
            self.note("python_container", pos, pos + 1, "read a set as an array")
        elif bracket == "(":
            if len(items) == 1 and self.text[:pos].rstrip()[-1:] != ",":
                return items[0]
            self.note("python_container", pos, pos + 1, "read a tuple as an array")
        return items

    def scalar(self, pos: int, *, top: bool) -> tuple[Any, int]:
        """A string, number or word, and the offset behind it."""
        if _STRING.match(self.text, pos):
            return self.strings(pos, top=top)
        if number := _NUMBER.match(self.text, pos):
            return self.number(number), number.end()
        word = _WORD.match(self.text, pos)
        if word is None or word.group() not in _WORDS:
            end = word.end() if word else pos
            raise self.error("expected a literal", end if end >= len(self.text) else pos)
        if word.group() in _JSON_WORDS:
            self.note("json_literal", *word.span(), f"read {word.group()} as in JSON")
        return _WORDS[word.group()], word.end()

    def number(self, found: re.Match[str]) -> int | float:
        """The value of a number."""
        literal = found.group().replace("_", "")
        try:
            if found.group(1) is None and found.group(2) is None:
                if literal.lstrip("+-")[:2] in ("0x", "0X"):
                    return int(literal, 16)
                digits = literal.lstrip("+-")
                if len(digits) > 1 and digits.startswith("0"):
                    self.note("leading_zeros", *found.span(), "dropped zeros before a number")
                return int(literal)
            value = float(literal)
        except ValueError as error:  # an integer with more digits than Python converts
            raise self.error(str(error).split(";", maxsplit=1)[0], found.start()) from None
        if math.isinf(value):
            raise self.error(f"{literal[:20]} is too large for a number", found.start())
        return value

    def strings(self, pos: int, *, top: bool) -> tuple[str, int]:
        """A string, or several that Python joins, and the offset behind the last."""
        pieces: list[str] = []
        while opener := _STRING.match(self.text, pos):
            raw = opener.group()[0] in "rR"
            end, behind = self.string_end(opener.end(), opener.group(1), top=top and not pieces)
            piece = self.text[opener.end() : end]
            if "\n" in piece and len(opener.group(1)) == 1:
                message = "read a line break inside a string"
                self.note("raw_control", opener.start(), behind, message)
            pieces.append(piece if raw or "\\" not in piece else _ESCAPE.sub(_unescaped, piece))
            pos = behind
            following = skip(self.text, pos)
            if not _STRING.match(self.text, following):
                break
            pos = following
        return "".join(pieces), pos

    def string_end(self, pos: int, quote: str, *, top: bool) -> tuple[int, int]:
        """Offsets of a string's closing quote and behind it.

        A quote in the middle of a word of an argument was meant as text: the string then ends where
        the argument does.
        """
        text = self.text
        found = self.quote(pos, _MARKS[quote])
        end = found + len(quote)
        if (_BEHIND_VALUE if top else _BEHIND_STRING).match(text, end):
            return found, end
        misquoted = _MISQUOTED.match(text, end)
        if _STRING.match(text, skip(text, end)) and not misquoted:
            return found, end
        if not (top and len(quote) == 1 and misquoted):
            raise self.error("expected ',' or ')' behind a string", end)
        last = self.far_quote(end, quote)
        message = "took quotes inside an argument for text"
        self.note("unescaped_quotes", found, last + 1, message)
        return last, last + 1

    def far_quote(self, pos: int, quote: str) -> int:
        """Offset of the next quote with which an argument ends, for one before was text."""
        limit = pos + _FAR
        for found in _ENDS[quote].finditer(self.text, pos, limit):
            end = found.start()
            # At the limit the text only seems to end, and with it the argument.
            if limit - end < _MARGIN < len(self.text) - end:
                break
            before = self.text[max(pos, end - _MARGIN) : end]
            if (len(before) - len(before.rstrip("\\"))) % 2 == 0:
                return end
        raise self.error("a string is not closed", min(limit, len(self.text)))

    def quote(self, pos: int, marks: re.Pattern[str]) -> int:
        """Offset of the next quote that is not escaped."""
        while mark := marks.search(self.text, pos):
            if mark.group() != "\\":
                return mark.start()
            pos = mark.end() + 1
        raise self.error("a string is not closed", len(self.text))


def _unescaped(found: re.Match[str]) -> str:
    plain, octal, *codes = found.groups()
    if plain is not None:
        return _PLAIN.get(plain, plain)
    code = int(octal, 8) if octal is not None else int(next(filter(None, codes)), 16)
    return chr(code)
