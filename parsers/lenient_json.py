"""Reads JSON as models write it: exactly if possible, else by named repairs, never by a guess.

`decode` reads one value at an offset. First the C decoder of the standard library, then (only on
failure) an iterative reader that accepts trailing commas, Python literals, single quotes, raw
control characters and the doubled braces of templates, and names each in a `Repair`. Brackets
inside a value must balance: bracket damage is the business of `salvage.py`, which looks only around
argument values. Nothing here recurses in Python, and nesting is capped before the C decoder sees
it, so no input can raise or overflow.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from json import decoder
from typing import Any, NoReturn

from .twice import Ambiguous, ContradictionError, merge_exactly, merge_pairs, said_twice
from .types import Repair

MAX_DEPTH = 128
"""Deepest nesting that is read, as in serde_json; simdjson and msgspec go to about 1000."""

# The C function where there is one; typeshed does not list it.
scanstring: Callable[[str, int, bool], tuple[str, int]] = decoder.scanstring  # type: ignore[attr-defined]

_OPEN_STRING = "a string is not closed"
_DOUBLED = "bracket_damage"
_WHITESPACE = re.compile(r"[ \t\n\r]*")
_BRACKET = re.compile(r'[\[{]|[\]}]|"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None}
_PYTHON_WORDS = {"True": True, "False": False, "None": None}
_WORD = re.compile(r"[A-Za-z]+")
_CUT_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?\Z")


class NotJsonError(ValueError):
    """The text at `pos` is no JSON value; `cut` says that the text ended too early."""

    def __init__(self, reason: str, pos: int, *, cut: bool = False) -> None:
        """Remembers what was wrong and where."""
        super().__init__(reason)
        self.reason = reason
        self.pos = pos
        self.cut = cut
        self.in_string = reason == _OPEN_STRING or reason.startswith("Unterminated")


class TwiceError(NotJsonError):
    """An object states two different values under one key, so it does not say which one counts."""


@dataclass(slots=True, kw_only=True)
class Decoded:
    """A value, the offset behind it, and what was repaired to read it."""

    value: Any
    end: int
    repairs: list[Repair]
    ambiguous: bool = False


class _RefusedError(ValueError):
    """A number that JSON does not have, met inside the C decoder."""


def _refuse_constant(word: str) -> NoReturn:
    raise _RefusedError(f"{word} is no JSON number")


def _finite(literal: str) -> float:
    number = float(literal)
    if math.isinf(number):
        raise _RefusedError(f"{literal[:20]} is too large for a number")
    return number


_STRICT = json.JSONDecoder(
    parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=merge_exactly
)
_scan_once: Callable[[str, int], tuple[Any, int]] = _STRICT.scan_once  # type: ignore[attr-defined]


def skip_space(text: str, pos: int) -> int:
    """Offset of the next character that is no JSON white space."""
    match = _WHITESPACE.match(text, pos)
    return match.end() if match else pos


def too_deep(text: str, pos: int, end: int) -> int:
    """Offset at which the value text[pos:end] nests deeper than MAX_DEPTH, or -1."""
    if end - pos <= 2 * MAX_DEPTH:
        return -1
    if text.count("[", pos, end) + text.count("{", pos, end) <= MAX_DEPTH:
        return -1
    depth = 0
    while match := _BRACKET.search(text, pos):
        char, pos = match.group(), match.end()
        if char == '"':
            try:
                pos = scanstring(text, pos, False)[1]
            except ValueError:
                return -1
        else:
            depth += 1 if char in "[{" else -1
        if depth > MAX_DEPTH:
            return match.start()
        if depth <= 0:
            return -1
    return -1


def decode_exactly(text: str, pos: int) -> tuple[Any, int]:
    """The JSON value that starts at `pos`, and the offset behind it.

    Raises:
        NotJsonError: it is not exactly JSON, nests too deep, or holds a number that Python or JSON
            refuses; a `TwiceError` if one key has two values.
    """
    try:
        value, end = _scan_once(text, pos)
    except StopIteration as stop:
        cut = stop.value >= len(text)
        raise NotJsonError("expected a value", min(stop.value, len(text)), cut=cut) from None
    except json.JSONDecodeError as error:
        # "Unterminated string" points to its opening quote; others point to where the text ends.
        cut = error.pos >= len(text) or error.msg.startswith("Unterminated")
        raise NotJsonError(error.msg, min(error.pos, len(text)), cut=cut) from None
    except RecursionError:  # the C decoder's own guard; far above MAX_DEPTH
        raise NotJsonError(f"nested deeper than {MAX_DEPTH} levels", pos) from None
    except ContradictionError as error:
        raise TwiceError(str(error), pos) from None
    except ValueError as error:  # an integer with more digits than Python converts
        raise NotJsonError(str(error).split(";", maxsplit=1)[0], pos) from None
    deep_at = too_deep(text, pos, end)
    if deep_at >= 0:
        raise NotJsonError(f"nested deeper than {MAX_DEPTH} levels", deep_at)
    return value, end


def decode(text: str, pos: int, *, ambiguous: bool = False) -> Decoded:
    """The value that starts at `pos`, read exactly or else with named repairs.

    Args:
        text: The whole turn.
        pos: Where the value starts, behind white space.
        ambiguous: Take objects with different values under one key too, as `Ambiguous`.

    Raises:
        NotJsonError: neither way reads it; a `TwiceError` if only one key with two values is wrong.
    """
    try:
        value, end = decode_exactly(text, pos)
    except NotJsonError as error:
        if error.reason.startswith("nested"):
            raise
        return _Relaxed(text, ambiguous=ambiguous).read(pos)
    return Decoded(value=value, end=end, repairs=[])


class _Relaxed:
    """One pass over a value; a frame of the stack is its bracket, its items and its own key."""

    def __init__(self, text: str, *, ambiguous: bool = False) -> None:
        self.text = text
        self.ambiguous = ambiguous
        self.said = ""
        self.repairs: list[Repair] = []
        self.noted: set[str] = set()

    def note(self, kind: str, start: int, end: int, message: str) -> None:
        """Records the first repair of a kind; later ones of the same kind say nothing new."""
        if kind not in self.noted:
            self.noted.add(kind)
            self.repairs.append(Repair(kind=kind, span=(start, end), message=message))

    def read(self, start: int) -> Decoded:
        """The value at `start`.

        Raises:
            NotJsonError: no repair of this class makes it readable.
        """
        stack: list[tuple[str, list[Any], str]] = []
        pos, key = skip_space(self.text, start), ""
        while True:
            char = self.text[pos : pos + 1]
            value: Any
            doubled = self.text.startswith("{{", pos)
            if char and char in "{[" and len(stack) + doubled < MAX_DEPTH:
                if doubled:
                    self.note(_DOUBLED, pos, pos + 2, "read doubled braces as single ones")
                    stack.append(("{{", [], key))
                    pos, key = pos + 1, ""
                stack.append((char, [], key))
                value, pos = None, self.open_item(pos + 1, stack[-1])
            else:
                value, pos = self.scalar(pos)
                if not stack:
                    return Decoded(value=value, end=pos, repairs=self.repairs)
                stack[-1][1].append((key, value))
                pos = self.after_item(pos, stack[-1])
            while self.text[pos] in "}]":  # both helpers stop inside the text
                kind, items, outer = stack.pop()
                value, pos = self.closed(kind, items), pos + 1
                if not stack:
                    if self.said and not self.ambiguous:
                        raise TwiceError(self.said, skip_space(self.text, start))
                    twice = bool(self.said)
                    return Decoded(value=value, end=pos, repairs=self.repairs, ambiguous=twice)
                stack[-1][1].append((outer, value))
                key = outer
                pos = self.after_item(pos, stack[-1])
            if stack[-1][0] == "{":
                key, pos = self.key(pos)

    def closed(self, kind: str, items: list[Any]) -> Any:
        """The finished array or object of a frame."""
        if kind == "[":
            return [value for _, value in items]
        if kind == "{{":
            return items[0][1]
        merged = merge_pairs(items)
        if isinstance(merged, Ambiguous):
            self.said = self.said or said_twice(merged.twice[0])
        return merged

    def open_item(self, pos: int, frame: tuple[str, list[Any], str]) -> int:
        """Offset of the first item of a frame or of its closer."""
        pos = skip_space(self.text, pos)
        return self.checked(pos, frame, closer_only=False)

    def after_item(self, pos: int, frame: tuple[str, list[Any], str]) -> int:
        """Offset of the next item, or of the closer that ends the frame."""
        pos = skip_space(self.text, pos)
        if self.text.startswith(",", pos) and frame[0] != "{{":
            after = skip_space(self.text, pos + 1)
            if self.text[after : after + 1] in ("}", "]"):
                self.note(
                    "trailing_comma", pos, pos + 1, "dropped a comma before a closing bracket"
                )
            return self.checked(after, frame, closer_only=False)
        return self.checked(pos, frame, closer_only=True)

    def checked(self, pos: int, frame: tuple[str, list[Any], str], *, closer_only: bool) -> int:
        """The same offset, if an item or the frame's own closer stands there."""
        if pos >= len(self.text):
            raise NotJsonError("the text ends before the value is closed", pos, cut=True)
        char = self.text[pos]
        closer = "]" if frame[0] == "[" else "}"
        if (char in "}]" and char != closer) or (closer_only and char != closer):
            raise NotJsonError(f"expected ',' or '{closer}'", pos)
        return pos

    def key(self, pos: int) -> tuple[str, int]:
        """An object key and the offset of its value."""
        if self.text[pos] not in "\"'":
            raise NotJsonError("expected a quoted key", pos)
        key, pos = self.string(pos)
        pos = skip_space(self.text, pos)
        if not self.text.startswith(":", pos):
            raise NotJsonError("expected ':' after a key", pos, cut=pos >= len(self.text))
        return key, skip_space(self.text, pos + 1)

    def string(self, pos: int) -> tuple[str, int]:
        """A string in double or single quotes, and the offset behind it."""
        if self.text[pos] == "'":
            return self.single_quoted(pos)
        try:
            value, end = scanstring(self.text, pos + 1, False)
        except json.JSONDecodeError as error:
            unclosed = error.msg.startswith("Unterminated")
            escape = _CUT_ESCAPE.search(self.text, max(0, len(self.text) - 6))
            cut = unclosed or (escape is not None and escape.start() >= error.pos - 2)
            raise NotJsonError(_OPEN_STRING if unclosed else error.msg, pos, cut=cut) from None
        if any(char < " " for char in value) and any(c < " " for c in self.text[pos:end]):
            self.note("raw_control", pos, end, "read a raw control character inside a string")
        return value, end

    def single_quoted(self, start: int) -> tuple[str, int]:
        """A Python string literal in single quotes; only escapes that JSON shares are read."""
        pieces: list[str] = []
        pos = start + 1
        while True:
            stop = _QUOTE_OR_ESCAPE.search(self.text, pos)
            if stop is None:
                raise NotJsonError("the text ends inside a string", start, cut=True)
            pieces.append(self.text[pos : stop.start()])
            pos = stop.end()
            if stop.group() == "'":
                self.note("single_quotes", start, pos, "read single quotes as double quotes")
                return "".join(pieces), pos
            escape = _SHARED_ESCAPES.get(stop.group())
            if escape is None:
                raise NotJsonError("an escape that JSON does not have", stop.start())
            pieces.append(escape)

    def scalar(self, pos: int) -> tuple[Any, int]:
        """A string, number or word, and the offset behind it."""
        if self.text[pos : pos + 1] in ('"', "'"):
            return self.string(pos)
        number = _NUMBER.match(self.text, pos)
        if number:
            try:
                fraction, exponent = number.groups()
                literal = number.group()
                return (_finite(literal) if fraction or exponent else int(literal)), number.end()
            except ValueError as error:
                raise NotJsonError(str(error).split(";", maxsplit=1)[0], pos) from None
        word = _WORD.match(self.text, pos)
        name = word.group() if word else ""
        if name in _WORDS:
            return _WORDS[name], pos + len(name)
        if name in _PYTHON_WORDS:
            self.note("python_literal", pos, pos + len(name), f"read {name} as JSON")
            return _PYTHON_WORDS[name], pos + len(name)
        raise NotJsonError("expected a value", pos, cut=pos + len(name) >= len(self.text))


_QUOTE_OR_ESCAPE = re.compile(r"'|\\.", re.DOTALL)
_SHARED_ESCAPES = {
    "\\'": "'",
    '\\"': '"',
    "\\\\": "\\",
    "\\n": "\n",
    "\\t": "\t",
    "\\r": "\r",
    "\\/": "/",
}
