"""What an episode of writing kernels remembers: its attempts, its experiments, the best so far.

Place in the flow: a `KernelWorld` is shared by the process and holds the tasks' names and who
evaluates; each episode opens a `KernelState` for its task. The referee and the tool write into it.
All that a state holds is frozen, so a fork copies references and neither sees what the other does.

What it does not do: it evaluates nothing and values nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agent_env.domains.kernels.evaluator import Evaluator
from agent_env.domains.kernels.reward import Kind, Ladder
from agent_env.kernels import tasks as task_folder
from agent_env.store import canonical_json
from agent_env.types import Task
from agent_env.world import Diff


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One program that was evaluated, or one answer without any.

    Attributes:
        turn: The assistant turn, from 1; 0 for an experiment that no turn has taken up yet.
        kind: What came of it; a value of `reward.Kind`.
        reason: The judge's sentence.
        value: What it is worth.
        speedup_x: How many times faster than the baseline, where that was measured.
        code_hash: The first digits of the program's sha256; "" without a program.
    """

    turn: int
    kind: str
    reason: str
    value: float = 0.0
    speedup_x: float | None = None
    code_hash: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The attempt as JSON data, without its turn."""
        return {
            "kind": self.kind,
            "reason": self.reason,
            "value": self.value,
            "speedup_x": self.speedup_x,
            "code_hash": self.code_hash,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Everything that an episode remembers; never changed, only replaced.

    Attributes:
        attempts: Answers, in order.
        experiments: What the tool was asked to evaluate, in order.
        seen: How many experiments the referee has taken up.
        best: The most valuable answer; None before any is worth something or right.
        is_forfeited: A program deceived the judge: nothing of the episode is worth anything.
    """

    attempts: tuple[Tried, ...] = ()
    experiments: tuple[Tried, ...] = ()
    seen: int = 0
    best: Tried | None = None
    is_forfeited: bool = False

    @property
    def value(self) -> float:
        """What the episode has earned up to now."""
        return 0.0 if self.best is None or self.is_forfeited else self.best.value


class KernelState:
    """One episode's attempts at its task."""

    __slots__ = ("past", "task_name", "world")

    def __init__(self, world: KernelWorld, task_name: str, past: Past | None = None) -> None:
        """Starts with nothing tried.

        Args:
            world: Shared with every other episode.
            task_name: One of the world's tasks; "" for a state in which nothing can be tried.
            past: What was tried before.
        """
        self.world = world
        self.task_name = task_name
        self.past = past or Past()

    def note(self, **changes: Any) -> None:
        """Replaces what `Past` holds under these names."""
        self.past = replace(self.past, **changes)

    def fork(self) -> KernelState:
        """A state that starts from this one and goes its own way."""
        return KernelState(self.world, self.task_name, self.past)

    def restore(self, earlier: KernelState) -> None:
        """Goes back to a state that was forked from this one."""
        self.past = earlier.past

    def diff(self) -> Diff:
        """Attempts, experiments and the best, as rows that the episode added."""
        tables: dict[str, list[Tried]] = {
            "attempts": list(self.past.attempts),
            "best": [self.past.best] if self.past.best else [],
            "experiments": list(self.past.experiments),
        }
        return {
            table: {
                f"{number:03d}": _added({"turn": one.turn, **one.to_dict()})
                for number, one in enumerate(rows, start=1)
            }
            for table, rows in tables.items()
            if rows
        }

    def state_hash(self) -> str:
        """Hex sha256 of the world's fingerprint, the task, and what was tried with its rungs.

        Times are measured and no contents: the same programs have the same hash on another day.
        """
        past = self.past
        tried = [
            [one.turn, one.code_hash, "right" if Kind(one.kind).is_right else one.kind]
            for one in (*past.attempts, *past.experiments)
        ]
        text = canonical_json([self.task_name, past.is_forfeited, len(past.attempts), tried])
        return hashlib.sha256(f"{self.world.fingerprint}{text}".encode()).hexdigest()


def _added(row: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {field: {"after": value} for field, value in sorted(row.items())}


class KernelWorld:
    """The tasks of a domain and the evaluator that all its episodes share.

    Attributes:
        task_names: Which tasks there are.
        evaluator: Evaluates programs; starts its processes when it is first asked.
        ladder: What a verdict is worth.
        timed: Whether right programs are timed.
        fingerprint: Hex sha256 over the tasks' files.
    """

    __slots__ = ("evaluator", "fingerprint", "ladder", "task_names", "timed")

    def __init__(
        self,
        task_names: Iterable[str],
        evaluator: Evaluator,
        *,
        ladder: Ladder | None = None,
        timed: bool = True,
    ) -> None:
        """Reads the tasks' files, and imports none.

        Args:
            task_names: Of `kernels.tasks.list_tasks()`.
            evaluator: Shared by the episodes.
            ladder: None is `Ladder()`.
            timed: Whether right programs are timed.
        """
        self.task_names = tuple(task_names)
        self.evaluator = evaluator
        self.ladder = ladder or Ladder()
        self.timed = timed
        self.fingerprint = _fingerprint(self.task_names)

    def open(self) -> KernelState:
        """A state without a task; `open_task` is what episodes begin with."""
        return KernelState(self, "")

    def open_task(self, task: Task) -> KernelState:
        """The state in which a task begins."""
        return KernelState(self, task.kind)


def _fingerprint(task_names: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for name in task_names:
        path = Path(task_folder.__path__[0]) / f"{name}.py"
        digest.update(f"{name}\n".encode() + path.read_bytes())
    return digest.hexdigest()
