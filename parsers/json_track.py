"""Follows a call's JSON while it is still being written: its name, then its arguments as they come.

Fed in pieces of any size and linear in them; nothing is decoded and nothing is repaired. It serves
the early events of `stream.py` only: what a call really says is read by `parse`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_OUTSIDE = re.compile(r'["{}\[\],:]')
_INSIDE = re.compile(r'["\\]')
_NAMES = frozenset(("name", "tool_name"))
_ARGUMENTS = frozenset(("arguments", "parameters", "args", "input"))
_WRAPPERS = frozenset(("tool_calls", "function"))
_LONGEST_NAME = 256
"""Strings are kept up to here: keys and names are shorter, values need not be known."""


@dataclass(slots=True, kw_only=True)
class _Frame:
    """An open bracket; `outer` is true where nothing but a call's own keys can stand."""

    bracket: str
    outer: bool
    key: str = ""
    at_key: bool = True
    named: bool = False


@dataclass(slots=True, kw_only=True)
class JsonTrack:
    """The state between two pieces; `closed` is set once the document's last bracket came."""

    closed: bool = False
    _stack: list[_Frame] = field(default_factory=list)
    _in_string: bool = False
    _escaped: bool = False
    _kept: str = ""
    _arguments_depth: int = -1
    _from: int = 0
    _out: list[tuple[str, str]] = field(default_factory=list)

    def feed(self, piece: str) -> list[tuple[str, str]]:
        """What this piece brought, in order: ("name", text) or ("arguments", their next part)."""
        self._out, self._from, at = [], 0, 0
        while at < len(piece) and not self.closed:
            at = self._inside(piece, at) if self._in_string else self._outside(piece, at)
        if self._arguments_depth >= 0 and not self.closed:
            self._out.append(("arguments", piece[self._from :]))
        return [found for found in self._out if found[1]]

    def _inside(self, piece: str, at: int) -> int:
        """Goes on in a string; returns the offset behind what was understood."""
        if self._escaped:
            self._escaped = False
            self._keep(piece[at])
            return at + 1
        found = _INSIDE.search(piece, at)
        stop = found.start() if found else len(piece)
        self._keep(piece[at:stop])
        if found is None:
            return stop
        if found.group() == "\\":
            self._escaped = True
            self._keep("\\")
        else:
            self._in_string = False
            self._string_ends()
        return found.end()

    def _outside(self, piece: str, at: int) -> int:
        """Goes on between strings; numbers and words are passed over."""
        found = _OUTSIDE.search(piece, at)
        if found is None:
            return len(piece)
        char, start = found.group(), found.start()
        top = self._stack[-1] if self._stack else None
        if char == '"':
            self._in_string, self._kept = True, ""
        elif char in "{[":
            self._opens(char, start, top)
        elif char in "}]":
            self._closes(piece, found.end())
        elif top is not None:
            top.at_key = char == "," and top.bracket == "{"
        return found.end()

    def _keep(self, part: str) -> None:
        if len(self._kept) <= _LONGEST_NAME:
            self._kept += part[: _LONGEST_NAME + 1]

    def _string_ends(self) -> None:
        top = self._stack[-1] if self._stack else None
        if top is None:
            return
        if top.bracket == "{" and top.at_key:
            top.key = self._kept
        elif top.outer and top.bracket == "{" and top.key in _NAMES:
            plain = "\\" not in self._kept and len(self._kept) <= _LONGEST_NAME
            if plain:
                top.named = True
                self._out.append(("name", self._kept))

    def _opens(self, char: str, start: int, top: _Frame | None) -> None:
        in_object = top is not None and top.bracket == "{"
        outer = top is None or (top.outer and (not in_object or top.key in _WRAPPERS))
        if top is not None and top.outer and top.named and top.key in _ARGUMENTS and char == "{":
            self._arguments_depth, self._from = len(self._stack), start
        self._stack.append(_Frame(bracket=char, outer=outer))

    def _closes(self, piece: str, end: int) -> None:
        if self._stack:
            self._stack.pop()
        if len(self._stack) == self._arguments_depth:
            self._out.append(("arguments", piece[self._from : end]))
            self._arguments_depth = -1
        self.closed = not self._stack
