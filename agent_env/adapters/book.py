"""What the adapters of benchmarks with written-out tasks share.

Place in the flow: an adapter gives a `TaskBook` a function that makes the task at one place of its
list; the book's methods are those of a `Domain`.

What it does not do: it reads no checkout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from random import Random
from types import MappingProxyType
from typing import Any

import prompts
from agent_env.errors import ToolError, UnknownNameError
from agent_env.store import thaw
from agent_env.tool_spec import ToolSpec
from agent_env.types import Action, Call, FactRule, Goal, Limits, Task, Wording
from agent_env.world import Diff

ENDING = frozenset({"transfer_to_human_agents"})
"""Tools after which the conversation is over, in tau-bench and tau2 alike."""

LIMITS = Limits(max_turns=30)
"""tau-bench's own default of turns; tau2 counts steps, of which it allows more."""

OUTPUTS = MappingProxyType({"token": FactRule.TOKEN, "upstream": FactRule.SUBSTRING})
"""How what must be told is looked for, by the names of the option `outputs`."""


WORDINGS = MappingProxyType({wording.value: wording for wording in Wording})
"""How faults are worded, by the names of the option `feedback`."""


def check_options(outputs: str, feedback: str) -> None:
    """Checks the options that the adapters share.

    Raises:
        UnknownNameError: No such rule for outputs, or no such feedback.
    """
    if outputs not in OUTPUTS:
        raise UnknownNameError("rule for outputs", outputs, OUTPUTS)
    if feedback not in WORDINGS:
        raise UnknownNameError("feedback", feedback, WORDINGS)


@dataclass(frozen=True, kw_only=True)
class TaskBook:
    """A list of tasks.

    Attributes:
        name: The domain's.
        split: Which list it is.
        count: How many tasks there are.
        make: The task at a place.
        made: The tasks that were made, by place.
    """

    name: str
    split: str
    count: int
    make: Callable[[int], Task]
    made: dict[int, Task] = field(default_factory=dict)

    def derive(self, index: int, seed: int) -> Task:
        """Task number `index`; seed 0 keeps the list's order, any other shuffles it.

        Raises:
            ValueError: There is no such task.
        """
        if not 0 <= index < self.count:
            raise ValueError(
                f"{self.name} has the tasks 0 to {self.count - 1} in its {self.split} split; "
                f"{index} is none of them."
            )
        place = _order(self.count, seed)[index]
        if place not in self.made:
            self.made[place] = self.make(place)
        return self.made[place]

    def task(
        self,
        place: int,
        base: str,
        texts: tuple[str, str],
        gold: tuple[Iterable[Call], Diff],
        told: tuple[Iterable[str], FactRule],
        kind: str = "instruction",
    ) -> Task:
        """A task of this book; `Task.seed` is its place.

        Args:
            place: Where it stands in the list.
            base: Fingerprint of the world.
            texts: What the customer opens with, and its whole instruction.
            gold: The calls that do the job, and what changes by them.
            told: What the customer must be told, and how that is looked for.
            kind: See `Task.kind`.
        """
        facts = {f"output_{number}": text for number, text in enumerate(told[0], 1)}
        diff = thaw(gold[1])
        return Task(
            id=f"{self.name}-{self.split}-{place}",
            kind=kind,
            domain=self.name,
            world=base,
            opening=texts[0],
            slots={},
            gold_calls=tuple(gold[0]),
            gold_diff=diff,
            facts=facts,
            seed=place,
            goals=(Goal(kind=kind, slots={}, wants=diff, facts=tuple(facts)),),
            instruction=texts[1],
            fact_rule=told[1],
        )


@cache
def _order(count: int, seed: int) -> tuple[int, ...]:
    places = range(count)
    return tuple(Random(seed).sample(places, count) if seed else places)


def script(task: Task) -> tuple[Action, ...]:
    """The gold calls, then a closing message, or the hand-over where they hold one."""
    calls = [(name, dict(given)) for name, given in task.gold_calls]
    over = [call for call in calls if call[0] in ENDING]
    work: list[Action] = [call for call in calls if call[0] not in ENDING]
    last: list[Action] = [over[-1]] if over and not task.facts else [close(task)]
    return tuple(work + last)


def close(task: Task) -> str:
    """The oracle's closing message, which tells every fact."""
    return prompts.render("agent", "instruction_closing", facts=" | ".join(task.facts.values()))


def replay(spec: ToolSpec, state: Any, given: Mapping[str, Any]) -> None:
    """Runs a gold call as those projects score it: it may fail, and what it wrote stays."""
    try:
        spec.call(state, given)
    except ToolError:
        return
