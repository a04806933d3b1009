"""The table of everything that means something in a turn, as one compiled expression.

Literals of all formats, thoughts, turn marks and special tokens are folded into a prefix tree, so
that a text full of `<` costs one short branch for each; the tree has no repetition in it, so
matching cannot backtrack. The table is built once, at the first parse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cache

from .drafts import WireFormat
from .formats import load_all
from .reasoning import CLOSERS, FAMILIES, OPEN_CLOSERS
from .turns import HEADERS, ROLE_LINE, SPECIAL_TOKENS, TURN_MARKS


class Role(Enum):
    """What a literal does where it stands."""

    FORMAT = "format"
    THOUGHT_OPENER = "thought_opener"
    THOUGHT_CLOSER = "thought_closer"
    TURN = "turn"
    HEADER = "header"
    SPECIAL = "special"
    LEFTOVER = "leftover"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexer:
    """The compiled table.

    Attributes:
        search: Finds the next thing that means something.
        gates: Parts of everything but role lines, each with a sign in it that is quick to look for;
            a text with none of them holds only prose.
        roles: What each literal does.
        by_marker: Formats of each marker, in the order in which they are tried.
        by_pattern: Formats without a literal opener, with their compiled patterns.
        starts: Finds whether one of `by_start` can begin a turn.
        by_start: Formats that open a call only there, with their compiled patterns.
        ends_thought: Finds a call that is real even in a thought that never closes.
        role_line: Finds a line that opens somebody else's turn; all that can matter without a gate.
        thought_closers: Finds the closer of a thought that the prompt opened.
    """

    search: re.Pattern[str]
    gates: tuple[tuple[str, str], ...]
    roles: dict[str, Role]
    by_marker: dict[str, tuple[WireFormat, ...]]
    by_pattern: tuple[tuple[re.Pattern[str], WireFormat], ...]
    starts: re.Pattern[str]
    by_start: tuple[tuple[re.Pattern[str], WireFormat], ...]
    ends_thought: re.Pattern[str]
    role_line: re.Pattern[str]
    thought_closers: re.Pattern[str]

    def silent(self, text: str) -> bool:
        """Whether nothing in a text can mean anything but a role line."""
        for sign, part in self.gates:
            if sign in text and (sign == part or part in text):
                return False
        return True


def prefix_tree(literals: list[str]) -> str:
    """A regular expression for exactly these literals, longest first, beginnings shared."""
    groups: dict[str, list[str]] = {}
    for literal in literals:
        groups.setdefault(literal[:1], []).append(literal[1:])
    ends_here = groups.pop("", None) is not None
    branches = [re.escape(char) + prefix_tree(rests) for char, rests in sorted(groups.items())]
    if not branches:
        return ""
    whole = branches[0] if len(branches) == 1 and not ends_here else f"(?:{'|'.join(branches)})"
    if len(branches) > _FEW:
        whole = f"(?=[{''.join(map(re.escape, sorted(groups)))}]){whole}"
    return f"(?:{whole})?" if ends_here else whole


_FEW = 4
"""Branches up to which trying one after the other beats a look at the next character."""


@cache
def lexer() -> Lexer:
    """The table of all formats in the registry."""
    formats = load_all()
    roles: dict[str, Role] = {}
    for role, literals in (
        (Role.SPECIAL, SPECIAL_TOKENS),
        (Role.LEFTOVER, tuple(literal for one in formats for literal in one.closers)),
        (Role.HEADER, HEADERS),
        (Role.TURN, TURN_MARKS),
        (Role.THOUGHT_CLOSER, tuple(CLOSERS)),
        (Role.THOUGHT_OPENER, tuple(FAMILIES)),
        (Role.FORMAT, tuple(literal for one in formats for literal in one.markers)),
    ):
        roles.update(dict.fromkeys(literals, role))
    by_marker: dict[str, tuple[WireFormat, ...]] = {}
    for one in formats:
        for literal in one.markers:
            by_marker[literal] = (*by_marker.get(literal, ()), one)
    patterns = [(pattern, one) for one in formats for pattern in one.patterns]
    starts = [(pattern, one) for one in formats for pattern in one.starts]
    ends_thought = [literal for one in formats for literal in one.ends_thought]
    return Lexer(
        search=re.compile(
            "|".join([_tree(roles), *(pattern for pattern, _ in patterns), ROLE_LINE])
        ),
        gates=tuple(sorted({*map(_sign, roles), *(gate(pattern) for pattern, _ in patterns)})),
        roles=roles,
        by_marker=by_marker,
        by_pattern=tuple((re.compile(pattern), one) for pattern, one in patterns),
        starts=_any(pattern for pattern, _ in starts),
        by_start=tuple((re.compile(pattern), one) for pattern, one in starts),
        ends_thought=re.compile(_tree(ends_thought)),
        role_line=re.compile(ROLE_LINE),
        thought_closers=re.compile(_tree(OPEN_CLOSERS)),
    )


def _tree(literals: Iterable[str]) -> str:
    """An expression for any of these literals, one branch for each first character."""
    branches: dict[str, list[str]] = {}
    for literal in sorted(literals):
        branches.setdefault(literal[0], []).append(literal)
    return "|".join(map(prefix_tree, branches.values())) or _NEVER


_NEVER = r"(?!)"


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    """One expression for any of these; without any it never matches."""
    return re.compile("|".join(patterns) or _NEVER)


_LITERAL = re.compile(r"(?:\\[^\w\s]|[\w :>])+(?![*+?{])")


def gate(pattern: str) -> tuple[str, str]:
    """What a text must hold for a pattern to match, and a sign in it.

    Raises:
        ValueError: the pattern does not begin with a literal character.
    """
    head = _LITERAL.match(pattern)
    if head is None:
        raise ValueError(f"a format's pattern must begin with a literal, got {pattern!r}")
    return _sign(head.group().replace("\\", ""))


def _sign(literal: str) -> tuple[str, str]:
    """A part of a literal and a sign in it: an opening bracket twice, else all of it and a sign."""
    bracket = next((char for char in literal if char in "[{<"), "")
    sign = next((char for char in literal if not (char.isascii() and char.isalnum())), literal)
    return (bracket, bracket) if bracket else (sign, literal if sign.isascii() else sign)
