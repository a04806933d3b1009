"""Where a text that is still being written may be the beginning of a mark, so that it can wait.

Serves `StreamParser.content`: a person is shown nothing that a later piece may still turn into a
call, a token or somebody else's turn. It looks at the last characters only and decides nothing.
"""

from __future__ import annotations

import re
from functools import cache

from .lexer import lexer
from .turns import ROLE_ANSWERS

HOLD = 64
"""Characters at the end that may be the beginning of a mark; the longest literal has 45."""
_ROLES = ("user:", "human:", "observation:", "tool:", "function:")
_ANSWERS = tuple(f"{who} {what}:" for who in ("tool", "function") for what in ROLE_ANSWERS)
_MAY_OPEN = re.compile(r"[{\[][\s\w.]*")
"""An opening bracket with no more behind it than the name of a call."""


def undecided(text: str, low: int) -> int:
    """Offset of what may be the beginning of a mark at the end of text[low:]; else its end."""
    low = max(low, len(text) - HOLD)
    starts, beginnings = _beginnings()
    for found in starts.finditer(text, low):
        rest = text[found.start() :]
        if rest in beginnings or _MAY_OPEN.fullmatch(rest) or _may_become_role_line(rest):
            return found.start()
    return len(text)


def _may_become_role_line(rest: str) -> bool:
    line = rest[1:].strip(" \t\r*_#").lower().replace("_", " ")
    return rest[0] == "\n" and any(role.startswith(line) for role in (*_ROLES, *_ANSWERS))


@cache
def _beginnings() -> tuple[re.Pattern[str], frozenset[str]]:
    """What the first character of a mark is, and all that a mark may begin with."""
    literals = lexer().roles
    first = re.escape("".join(sorted({"\n", "{", "[", *(literal[0] for literal in literals)})))
    parts = (literal[:size] for literal in literals for size in range(1, len(literal) + 1))
    return re.compile(f"[{first}]"), frozenset(parts)
