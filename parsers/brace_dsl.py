"""Reads Gemma's brace notation: `call:name{key:<quote>text<quote>,days:3,list:[…],nested:{…}}`.

Strings stand between two equal quote literals and hold anything else, brackets and commas included;
the quote that closes is the last one that a comma or bracket follows and no new string begins
before. Bare values are JSON where they can be, else text; the schema may overrule (`Literal`).
One pass with a stack; nothing here knows a format's markers.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from .drafts import Draft, Examples, Pairs, Reading, WireFormat, faulty
from .lenient_json import MAX_DEPTH, skip_space
from .literals import stated
from .types import FaultKind, Repair

_BARE = re.compile(r"[^,\[\]{}\n]{1,2000}")
_KEY = re.compile(r"[^\s:{}\[\],<][^:{}\[\],\n]{0,199}")
_BEHIND = re.compile(r"\s*[,\]}]")
_FALSE_QUOTES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class BraceDialect:
    """How one format writes a call.

    Attributes:
        opener: The literal in front.
        closer: The literal behind.
        quote: Stands on both sides of a string.
        untyped: Numbers are quoted like strings too, so that typing them is no repair.
    """

    opener: str
    closer: str
    quote: str
    untyped: bool = False


class _BraceError(Exception):
    def __init__(self, why: str, at: int, *, cut: bool) -> None:
        super().__init__(why)
        self.why, self.at, self.cut = why, at, cut


class BraceReader:
    """The reader of a dialect; `read` is what a wire format needs."""

    def __init__(self, dialect: BraceDialect) -> None:
        """Compiles the dialect's expressions."""
        self.quote = dialect.quote
        self.closer = dialect.closer
        self.untyped = dialect.untyped
        noise = r"(?:\s|<[be]os>)*"
        self._head = re.compile(
            rf"{noise}(?:(?:call)?\s*:\s*)?(?P<name>[^\s{{}}<>]{{1,200}})\s*(?=\{{)"
        )
        self._begun = re.compile(
            rf"{noise}(?:c|ca|cal|call|(?:call)?\s*:\s*[^\s{{}}<>]{{0,200}})?\Z"
        )
        self._stop = re.compile(
            f"(?P<closed>{re.escape(dialect.closer)})|{re.escape(dialect.opener)}"
        )

    def read(self, text: str, start: int, payload: int) -> Reading | None:
        """The call of one tag, or None when no name and brace stand in it."""
        head = self._head.match(text, payload)
        if head is None:
            return self._headless(text, start, payload)
        name = head.group("name")
        try:
            arguments, end = self._object(text, head.end())
            end = self._end(text, end, name)
        except _BraceError as error:
            return self._given_up(text, start, name, error)
        draft = Draft(
            name=name, arguments=arguments, span=(start, end), soft=True, untyped=self.untyped
        )
        if not text.endswith(self.closer, start, end):
            message = f"read a call without its {self.closer}"
            draft.repairs.append(Repair(kind="missing_closer", span=(end, end), message=message))
        return Reading(drafts=[draft], span=draft.span)

    def _headless(self, text: str, start: int, payload: int) -> Reading | None:
        """What a tag without `call:name{` is: cut off, broken, or only spoken of."""
        if self._begun.match(text, payload):
            error = _BraceError("the turn ends inside a call", len(text), cut=True)
            return self._given_up(text, start, "", error)
        stop = self._stop.search(text, payload)
        if stop is None or not stop.group("closed") or not text[payload : stop.start()].strip():
            return None
        error = _BraceError("expected call:name{key:value}", payload, cut=False)
        return self._given_up(text, start, "", error)

    def _end(self, text: str, pos: int, name: str) -> int:
        """Offset behind the closer, which may be missing.

        Raises:
            _BraceError: text stands in front of it.
        """
        behind = skip_space(text, pos)
        if text.startswith(self.closer, behind):
            return behind + len(self.closer)
        stop = self._stop.search(text, pos, pos + _STRAY)
        if stop is not None and stop.group("closed") and "\n" not in text[pos : stop.start()]:
            raise _BraceError(f"text stands behind the arguments of {name}", pos, cut=False)
        return pos

    def _given_up(self, text: str, start: int, name: str, error: _BraceError) -> Reading:
        stop = self._stop.search(text, min(error.at, len(text)))
        end = len(text) if stop is None else stop.end() if stop.group("closed") else stop.start()
        kind = FaultKind.TRUNCATED if error.cut and stop is None else FaultKind.BAD_ARGUMENTS
        return Reading(drafts=[faulty(kind, (start, end), error.why, name)], span=(start, end))

    def _object(self, text: str, pos: int) -> tuple[Any, int]:
        """The object whose brace stands at `pos`, and the offset behind it.

        Raises:
            _BraceError: it does not read.
        """
        stack: list[tuple[str, list[Any], str]] = []
        key = ""
        while True:
            if (bracket := text[pos : pos + 1]) in ("{", "["):
                if len(stack) >= MAX_DEPTH:
                    raise _BraceError(f"nested deeper than {MAX_DEPTH} levels", pos, cut=False)
                stack.append((bracket, [], key))
                pos = skip_space(text, pos + 1)
            else:
                value, pos = self._scalar(text, pos)
                pos = self._placed(text, pos, stack[-1], key, value)
            while stack and text[pos : pos + 1] == _CLOSERS[stack[-1][0]]:
                kind, items, outer = stack.pop()
                done: Any = dict(items) if kind == "{" else [value for _, value in items]
                pos += 1
                if not stack:
                    return done, pos
                pos = self._placed(text, pos, stack[-1], outer, done)
            if stack[-1][0] == "{":
                key, pos = self._key(text, pos)

    def _placed(
        self, text: str, pos: int, frame: tuple[str, list[Any], str], key: str, value: Any
    ) -> int:
        """Puts a value into its frame; returns where the next one or the closer stands."""
        frame[1].append((key, value))
        pos = skip_space(text, pos)
        if text.startswith(",", pos):
            return skip_space(text, pos + 1)
        closer = _CLOSERS[frame[0]]
        if not text.startswith(closer, pos):
            raise _BraceError(f"expected ',' or '{closer}'", pos, cut=pos >= len(text))
        return pos

    def _key(self, text: str, pos: int) -> tuple[str, int]:
        """The key at `pos`, quoted or bare, and the offset of its value."""
        if text.startswith(self.quote, pos):
            start = pos + len(self.quote)
            close = text.find(f"{self.quote}:", start)
            if close < 0:
                raise _BraceError("a key is not closed", pos, cut=True)
            return text[start:close], skip_space(text, close + len(self.quote) + 1)
        found = _KEY.match(text, pos)
        end = found.end() if found else pos
        if found is None or not text.startswith(":", end):
            raise _BraceError("expected a key and ':'", end, cut=end >= len(text))
        return found.group().strip().strip("\"'"), skip_space(text, end + 1)

    def _scalar(self, text: str, pos: int) -> tuple[Any, int]:
        """A string or a bare value, and the offset behind it."""
        if text.startswith(self.quote, pos):
            start = pos + len(self.quote)
            end = self._string_end(text, start)
            return text[start:end], end + len(self.quote)
        if text.startswith('"', pos) and (plain := _PLAIN_STRING.match(text, pos)):
            return stated(plain.group()), plain.end()
        bare = _BARE.match(text, pos)
        end = bare.end() if bare else pos
        if bare is None or not bare.group().strip() or end >= len(text):
            raise _BraceError("expected a value", pos, cut=end >= len(text))
        return stated(bare.group().strip()), end

    def _string_end(self, text: str, pos: int) -> int:
        """Offset of the quote that closes the string which begins at `pos`."""
        for _ in range(_FALSE_QUOTES):
            pos = text.find(self.quote, pos)
            if pos < 0:
                break
            if _BEHIND.match(text, pos + len(self.quote)):
                return pos
            pos += len(self.quote)
        raise _BraceError("a string is not closed", len(text), cut=True)


_STRAY = 200
_PLAIN_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"(?=\s*[,\]}])')
_CLOSERS = {"{": "}", "[": "]"}


def render_value(value: Any, quote: str) -> str:
    """The value in this notation; a string that holds the quote itself as a JSON string.

    Args:
        value: Any JSON value; nested at most as deep as Python recurses.
        quote: The literal on both sides of a string.
    """
    if isinstance(value, str):
        if "<" in value or "escape>" in value:
            return json.dumps(value).replace("<", "\\u003c")
        return f"{quote}{value}{quote}"
    if isinstance(value, dict):
        inner = (f"{_key(key, quote)}:{render_value(item, quote)}" for key, item in value.items())
        return f"{{{','.join(inner)}}}"
    if isinstance(value, list):
        return f"[{','.join(render_value(item, quote) for item in value)}]"
    return json.dumps(value)


def _key(key: str, quote: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else f"{quote}{key}{quote}"


_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def brace_format(name: str, dialect: BraceDialect) -> WireFormat:
    """The whole format of a dialect, its examples included."""

    def render(calls: Pairs) -> str:
        """One pair of tags for each call."""
        return "".join(
            f"{dialect.opener}call:{called}{render_value(arguments, dialect.quote)}{dialect.closer}"
            for called, arguments in calls
        )

    one = render([("get_weather", {"city": "Paris", "days": 3})])
    mail = {"to": ["a@example.com"], "body": 'a }, a ] and a "quote" in text'}
    return WireFormat(
        name=name,
        markers=(dialect.opener,),
        closers=(dialect.closer,),
        rank=40,
        read=BraceReader(dialect).read,
        render=render,
        examples=Examples(
            none="I can look up the weather for you.",
            one=one,
            two=render([("get_weather", {"city": "Paris"}), ("set_alarm", {"time": "07:30"})]),
            reasoning=f"<think>\nThey want the weather.\n</think>\n\n{one}",
            nested=render([("send", {"mail": mail})]),
            truncated=one[: one.index("ris")],
            malformed=one.replace("{city:", "{city "),
        ),
    )
