"""Checks that tasks can be solved, and only by doing the work.

Place in the flow: `python -m agent_env tasks validate` runs it on any domain, ours or adapted; a
domain is worth training on once its tasks pass. The checks are in `checks`.

A fault is data: a check that fails, and a domain that fails while it is checked, is noted with the
task and a sentence, and the next check goes on.

What it does not do: it judges no wording and no difficulty, and repairs nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from agent_env.domain import Domain
from agent_env.errors import EnvError, ToolError, boundary
from agent_env.types import Task
from agent_env.validation.checks import CHECKS, OF_SHOPS, Probe

DERIVED = "derived"
"""The check that a task can be made at all; it is made before the others can look at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong with one task."""

    check: str
    task_id: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What validating found.

    Attributes:
        domain: The domain's name.
        tasks: How many tasks were checked.
        refusals: How many of them want nothing changed and nothing told, so that doing nothing is
            right.
        swaps: How many pairs of independent changes were made in the other order.
        unsolved: How many tasks no right answer is known for; they were checked without one.
        left_out: Checks that do not apply to the domain.
        faults: Everything that is wrong, in the order of the tasks.
    """

    domain: str
    tasks: int
    refusals: int
    swaps: int
    faults: tuple[Fault, ...]
    unsolved: int = 0
    left_out: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    def failed(self) -> dict[str, list[Fault]]:
        """The first fault of each task, by check; every check has a key."""
        found: dict[str, list[Fault]] = {check: [] for check in (DERIVED, *CHECKS)}
        seen = set()
        for fault in self.faults:
            if (fault.check, fault.task_id) not in seen:
                seen.add((fault.check, fault.task_id))
                found[fault.check].append(fault)
        return found

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-able data."""
        return {
            "domain": self.domain,
            "tasks": self.tasks,
            "refusals": self.refusals,
            "swaps": self.swaps,
            "unsolved": self.unsolved,
            "left_out": list(self.left_out),
            "failed": {check: len(faults) for check, faults in self.failed().items()},
            "faults": [
                {"check": fault.check, "task": fault.task_id, "message": fault.message}
                for fault in self.faults
            ],
        }


def validate(domain: Domain, tasks: Iterable[Task]) -> Report:
    """What is wrong with these tasks of the domain; raises nothing for a bad task."""
    validator = Validator(domain)
    for task in tasks:
        validator.check(task)
    return validator.report()


class Validator:
    """Checks one task after the other, and keeps what is wrong."""

    def __init__(self, domain: Domain) -> None:
        """Nothing is checked yet."""
        self._domain = domain
        self._faults: list[Fault] = []
        self._ids: Counter[str] = Counter()
        self._tasks = self._refusals = self._swaps = self._unsolved = 0
        self._left_out = [name for name in CHECKS if domain.referee and name in OF_SHOPS]

    def derive(self, index: int, seed: int) -> None:
        """Makes task number `index` of a seed and checks it."""
        name = f"number {index} of seed {seed}"
        made: list[Task] = []
        for message in _guarded(lambda: _collect(made, self._domain.derive(index, seed))):
            self._tasks += 1
            self._faults.append(Fault(check=DERIVED, task_id=name, message=message))
        for task in made:
            self.check(task)

    def check(self, task: Task) -> None:
        """Runs every check on a task."""
        self._tasks += 1
        self._ids[task.id] += 1
        if self._ids[task.id] == 2:
            message = "Another task has the same id."
            self._faults.append(Fault(check=DERIVED, task_id=task.id, message=message))
        probe = Probe(self._domain, task)
        self._refusals += probe.wants_nothing
        self._unsolved += not probe.is_solved
        for name, check in CHECKS.items():
            if name in self._left_out:
                continue
            self._faults += [
                Fault(check=name, task_id=task.id, message=message)
                for message in _guarded(lambda check=check: check(probe))  # type: ignore[misc]
            ]
        self._swaps += probe.swaps

    def report(self) -> Report:
        """What was found so far."""
        return Report(
            domain=self._domain.name,
            tasks=self._tasks,
            refusals=self._refusals,
            swaps=self._swaps,
            faults=tuple(self._faults),
            unsolved=self._unsolved,
            left_out=tuple(self._left_out),
        )


def _guarded(check: Callable[[], Iterable[str]]) -> list[str]:
    """What the check says; an exception in it is one more thing that is wrong."""
    said: list[str] = []
    try:
        with boundary("while checking"):
            said.extend(check())
    except EnvError as error:
        said.append(f"{error.kind} {error.message}")
    except ToolError as refusal:
        said.append(f"A tool refused: {refusal}")
    return said


def _collect(made: list[Task], task: Task) -> Iterable[str]:
    made.append(task)
    return ()
