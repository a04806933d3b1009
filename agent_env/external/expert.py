"""An expert's edits: what it is asked, and what of its answer can be used.

Place in the flow: `feedback` sends `request(attempt)` to any OpenAI-compatible endpoint and reads
the answer with `read_edits`. An edit counts when what it replaces stands exactly once in the
attempt, so that no edit is passed on that belongs to some other text.

What it does not do: it applies no edit, trusts none, and never takes an answer that it cannot read
for one without edits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import prompts
from agent_env.external import words
from agent_env.external.attempt import Attempt
from agent_env.external.modes.level_feedback import level_feedback
from agent_env.feedback import encodable
from agent_env.types import Message
from parsers.reasoning import CLOSERS

MOST_EDITS = 8
"""Edits that are passed on from one answer."""
MOST_ANSWER_CHARS = 65_536
"""Of an answer; what stands behind is not read."""
_MOST_WHY_CHARS = 300
_MARK = re.compile(r"(?:(?P<find><{5,9} ?FIND)|(?P<by>={5,9})|(?P<end>>{5,9} ?REPLACE))[ \t]*")
_NOTHING = re.compile(r"\W*no edits\W*", re.IGNORECASE)


class UnreadableEditsError(ValueError):
    """An answer in which there are no edits and no word that there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One proposal.

    Attributes:
        find: Lines of the attempt.
        replace: What should stand there; "" deletes them.
        why: One sentence; "" without one.
    """

    find: str
    replace: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """What an expert proposed.

    Attributes:
        taken: Those that fit; empty when it proposes to change nothing.
        left_out: How many fit nowhere, or were too many.
    """

    taken: tuple[Edit, ...]
    left_out: int = 0


def request(attempt: Attempt) -> list[Message]:
    """The chat that asks an expert about an attempt."""
    goal = attempt.goal.strip() or words.say("expert_no_goal")
    asked = words.say(
        "expert_request",
        goal=goal,
        code=words.code(attempt),
        found=level_feedback(attempt),
        subject=attempt.subject,
    )
    system = prompts.render("system", "external_expert", most=str(MOST_EDITS))
    return [{"role": "system", "content": system}, {"role": "user", "content": asked}]


def read_edits(answer: str, code: str) -> Edits:
    """The edits in an answer.

    Args:
        answer: What the expert wrote.
        code: What it was shown.

    Raises:
        UnreadableEditsError: There is none that fits, and it does not say that there is none.
    """
    text = _said(answer)
    if _NOTHING.fullmatch(text):
        return Edits(taken=())
    proposed = _proposed(text)
    fitting = [edit for edit in proposed if _fits(edit, code)]
    taken = fitting[:MOST_EDITS]
    if not taken:
        count = len(proposed)
        what = f"{count} edits that fit nowhere" if count else "no edit in the form asked for"
        raise UnreadableEditsError(f"the expert's answer holds {what}: {answer[:80]!r}")
    return Edits(taken=tuple(taken), left_out=len(proposed) - len(taken))


def edits_text(edits: Edits) -> str:
    """The edits as the model reads them."""
    if not edits.taken:
        return words.say("no_edits")
    listed = "\n".join(_edit_text(number, edit) for number, edit in enumerate(edits.taken, start=1))
    left_out = words.say("edits_left_out", count=str(edits.left_out)) if edits.left_out else ""
    return words.joined(words.say("edits", edits=listed), left_out)


def _said(answer: str) -> str:
    """The answer behind its thoughts, with one kind of line end."""
    text = answer[:MOST_ANSWER_CHARS].replace("\r\n", "\n")
    ends = [text.rfind(closer) + len(closer) for closer in CLOSERS if closer in text]
    return text[max(ends, default=0) :].strip()


def _proposed(text: str) -> list[Edit]:
    """Every edit that is whole, in one pass over the lines."""
    found: list[Edit] = []
    parts: dict[str, list[str]] = {"why": []}
    place = "why"
    for line in text.split("\n"):
        mark = _MARK.fullmatch(line)
        if mark is None:
            parts[place].append(line)
        elif mark["find"]:
            # An edit that was given up begins anew; what it was for stays.
            parts, place = {"why": parts["why"], "find": []}, "find"
        elif mark["by"] and place == "find":
            parts["replace"], place = [], "replace"
        elif mark["end"] and place == "replace":
            found.append(_edit(parts))
            parts, place = {"why": []}, "why"
        else:
            parts[place].append(line)
    return found


def _edit(parts: dict[str, list[str]]) -> Edit:
    why = encodable(" ".join(" ".join(parts["why"]).split())).strip("`~ ")
    find, replace = ("\n".join(parts[name]).strip("\n") for name in ("find", "replace"))
    return Edit(find=find, replace=replace, why=why[-_MOST_WHY_CHARS:])


def _fits(edit: Edit, code: str) -> bool:
    changes = bool(edit.find.strip()) and edit.find != edit.replace
    return changes and code.count(edit.find) == 1


def _edit_text(number: int, edit: Edit) -> str:
    return words.say(
        "edit",
        number=str(number),
        why=edit.why or words.say("edit_no_reason"),
        find=words.fenced(words.clipped_lines(edit.find)),
        replace=words.fenced(words.clipped_lines(edit.replace)),
    )
