"""What an episode of the `code` domain holds: the attempts that were made.

Place in the flow: every episode opens an `Attempts` of its own over the `Problems` of the domain;
the referee writes each judgement into it. It stands where a shop's store stands elsewhere, so that
`fork`, `diff` and `state_hash` mean the same.

What it does not do: no judging; what was not judged is not in it.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from agent_env.customers.user import Situation, UserReply
from agent_env.domains.code.problem import Problem
from agent_env.types import Task
from agent_env.world import Diff


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One attempt.

    Attributes:
        turn: The assistant turn, from 1.
        code: The program.
        value: What it was worth, from 0 to 1.
        passed_told: Whether it passed every test that the model may be told of.
        told: How many tests of the slice it passed, in words.
        is_right: Whether it passed every test that pays.
        forged: Whether it tried to answer for the judge.
    """

    turn: int
    code: str
    value: float
    passed_told: bool
    told: str
    is_right: bool
    forged: bool


class Attempts:
    """One episode's attempts; what was appended is never changed."""

    def __init__(self) -> None:
        """Starts without any."""
        self.entries: tuple[Entry, ...] = ()

    @property
    def forged(self) -> bool:
        """Whether any attempt tried to answer for the judge; nothing is earned then."""
        return any(one.forged for one in self.entries)

    @property
    def earned(self) -> float:
        """What the episode has earned: the best value so far, or nothing after a forgery."""
        return 0.0 if self.forged else max((one.value for one in self.entries), default=0.0)

    @property
    def is_solved(self) -> bool:
        """Whether some attempt was right and none forged."""
        return not self.forged and any(one.is_right for one in self.entries)

    def add(self, entry: Entry) -> float:
        """What the attempt gained on the best so far; below 0 takes back what was earned."""
        before = self.earned
        self.entries += (entry,)
        return self.earned - before

    def fork(self) -> Self:
        """Equal attempts that go their own way."""
        return copy.copy(self)

    def restore(self, earlier: Self) -> None:
        """Goes back to the attempts of a state that was forked from this one."""
        self.entries = earlier.entries

    def diff(self) -> Diff:
        """Every attempt as a row that is new."""
        rows: dict[str, dict[str, dict[str, Any]] | None] = {
            str(one.turn): {
                "code": {"after": one.code},
                "value": {"after": one.value},
                "told": {"after": one.told},
                "is_right": {"after": one.is_right},
                "forged": {"after": one.forged},
            }
            for one in self.entries
        }
        return {"attempts": rows} if rows else {}

    def state_hash(self) -> str:
        """Equal for equal attempts."""
        return hashlib.sha256(json.dumps(self.diff(), sort_keys=True).encode()).hexdigest()


class Problems:
    """The tasks of the domain; what all its episodes start from."""

    def __init__(self, problems: Mapping[str, Problem]) -> None:
        """Takes the tasks by name."""
        self.problems = problems
        texts = [
            (one.name, one.signature, one.statement, list(one.tests)) for one in problems.values()
        ]
        self._fingerprint = hashlib.sha256(json.dumps(texts).encode()).hexdigest()

    @property
    def fingerprint(self) -> str:
        """Changes with any word of any task."""
        return self._fingerprint

    def open(self) -> Attempts:
        """No attempts yet."""
        return Attempts()


class Opening:
    """States the task; after that it is the referee who replies."""

    def open(self, task: Task) -> UserReply:
        """The opening that the task holds."""
        return UserReply(text=task.opening)

    def reply(self, situation: Situation) -> UserReply:
        """The task again, for whoever asks in the referee's place."""
        return UserReply(text=situation.task.opening)
