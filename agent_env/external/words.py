"""Pieces that modes are made of, worded by `prompts/turn/external_*.md`.

Place in the flow: modes call these with an attempt.

What it does not do: it decides nothing; every text of a model or a tool is cut to a bound.
"""

from __future__ import annotations

import re

import prompts
from agent_env.external.attempt import Attempt, Check, Level
from agent_env.feedback import encodable

MOST_DETAIL_CHARS = 2_000
"""Of what one level says."""
MOST_CHECK_CHARS = 600
"""Of one failing check, and of what happened in it."""
MOST_CODE_CHARS = 32_768
"""Of a program that is shown again."""
_TICKS = re.compile(r"`{3,}")


def say(name: str, **variables: str) -> str:
    """The prompt `turn/external_<name>` with its variables."""
    return prompts.render("turn", f"external_{name}", **variables)


def clipped(text: str, most: int) -> str:
    """The text without blanks around it, its middle left out where it is longer than that."""
    text = encodable(text).strip()
    if len(text) <= most:
        return text
    half = most // 2
    gap = say("left_out", count=str(len(text) - 2 * half))
    return f"{text[:half]}\n{gap}\n{text[-half:]}"


def clipped_lines(text: str) -> str:
    """As `clipped` with the bound of a level's detail, the first line's margin kept."""
    text = encodable(text)
    return text if len(text) <= MOST_DETAIL_CHARS else clipped(text, MOST_DETAIL_CHARS)


def fenced(text: str, language: str = "") -> str:
    """The text in a fence that nothing inside it closes."""
    longest = max((len(found) for found in _TICKS.findall(text)), default=2)
    ticks = "`" * (longest + 1)
    return f"{ticks}{language}\n{text}\n{ticks}"


def verdict(attempt: Attempt) -> str:
    """What the judge said."""
    return clipped(attempt.verdict, MOST_DETAIL_CHARS)


def level(one: Level, *, with_detail: bool) -> str:
    """One rung in a line, with what was wrong behind it."""
    if one.passed is None:
        return say("level_open", level=one.name)
    if one.passed:
        return say("level_passed", level=one.name)
    detail = clipped(one.detail, MOST_DETAIL_CHARS) if with_detail else ""
    if detail:
        return say("level_detail", level=one.name, detail=detail)
    return say("level_failed", level=one.name)


def levels(attempt: Attempt, *, with_detail: bool) -> str:
    """Every rung, a line each."""
    return "\n".join(level(one, with_detail=with_detail) for one in attempt.levels)


def failing(attempt: Attempt) -> str:
    """Every failing check with what happened in it; "" without any."""
    return "\n".join(map(_check, attempt.failing))


def _check(check: Check) -> str:
    text = clipped(check.text, MOST_CHECK_CHARS)
    return say("check", check=text, got=clipped(check.got, MOST_CHECK_CHARS)) if check.got else text


def code(attempt: Attempt) -> str:
    """What was attempted, in a fence."""
    shown = encodable(attempt.code).strip("\n")
    if len(shown) > MOST_CODE_CHARS:
        shown = clipped(shown, MOST_CODE_CHARS)
    return fenced(shown, attempt.language)


def closing(attempt: Attempt) -> str:
    """What comes next: whether and how often it may be tried again."""
    if not attempt.turns_left:
        return say("no_more")
    name = "again_right" if attempt.is_right else "again"
    return say(name, subject=attempt.subject, left=str(attempt.turns_left))


def joined(*parts: str) -> str:
    """The parts that are not empty, a line each."""
    return "\n".join(part for part in parts if part)
