"""Makes our tasks of tau2's, starts them, and judges their states.

Place in the flow: `tau2.build` hands the book's methods to the `Domain`.

What it does not do: no judge of language; what a task's reward basis names beyond tables,
assertions and what must be told is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

from agent_env.adapters.book import TaskBook
from agent_env.adapters.checkout import CheckoutError
from agent_env.adapters.tau2_state import State, Tau2World, WholeState
from agent_env.goal import Progress
from agent_env.types import FactRule, Task

COMPUTED = frozenset({"DB", "ENV_ASSERTION", "COMMUNICATE"})
"""What of a reward basis is scored here; the rest needs a judge, or one order of actions."""


class Tau2Book:
    """The tasks of one split.

    Attributes:
        tasks: The book that a `Domain` derives from.
        needs_judge: Whether comparing diffs is not enough for some task.
    """

    def __init__(
        self,
        name: str,
        split: str,
        raw: Sequence[Any],
        world: Tau2World,
        make_environment: Callable[[], Any],
        rule: FactRule,
    ) -> None:
        """Makes no task yet.

        Args:
            name: The domain's.
            split: Which list it is.
            raw: Their tasks.
            world: Where they begin.
            make_environment: The checkout's own, for `audit`.
            rule: How what must be told is looked for.
        """
        self.tasks = TaskBook(name=name, split=split, count=len(raw), make=self._make)
        self.needs_judge = any(basis_of(one) & {"DB", "ENV_ASSERTION"} != {"DB"} for one in raw)
        self._raw = raw
        self._world = world
        self._make_environment = make_environment
        self._rule = rule
        self._starts: dict[int, State] = {}
        self._hashes: dict[int, tuple[Any, Any]] = {}

    def start(self, task: Task) -> State:
        """The state in which the task begins."""
        return self._start(task.seed)

    def judge(self, task: Task, state: State) -> bool:
        """Whether the tables and the assertions that the task's reward basis names are right."""
        raw = self._raw[task.seed]
        basis = basis_of(raw)
        if "DB" in basis and not Progress(task).is_right(state):
            return False
        return "ENV_ASSERTION" not in basis or self._holds(raw, state)

    def audit(self, task: Task, state: State, is_right: bool) -> None:
        """Does nothing when tau2's own hash and assertions find the state as we did.

        Raises:
            RuntimeError: They do not.
        """
        raw = self._raw[task.seed]
        basis, whole = basis_of(raw), self._world.whole(state)
        agrees = (
            "DB" not in basis
            or (whole.get_db_hash(), whole.get_user_db_hash()) == self._gold_hashes(task.seed)
        ) and ("ENV_ASSERTION" not in basis or self._holds(raw, state))
        if agrees is not is_right:
            ours, theirs = ("right", "wrong") if is_right else ("wrong", "right")
            raise RuntimeError(f"{task.id}: tau2 calls the state {theirs}, we call it {ours}.")

    def _make(self, place: int) -> Task:
        raw = self._raw[place]
        criteria, basis = raw.evaluation_criteria, basis_of(raw)
        actions = (criteria.actions if criteria else None) or []
        told = (criteria.communicate_info if criteria else None) or []
        state = self._start(place)
        for one in actions:
            _replay(self._world.environment_of(state, self._world.reads(one.name)), [one])
        opening = getattr(raw, "ticket", None) if self._world.is_solo else None
        return self.tasks.task(
            place,
            self._world.fingerprint,
            (opening or str(raw.user_scenario.instructions), str(raw.user_scenario)),
            ([(one.name, one.arguments) for one in actions], state.diff()),
            (told if "COMMUNICATE" in basis else (), self._rule),
            kind="scored" if basis <= COMPUTED else "scored_in_part",
        )

    def _start(self, place: int) -> State:
        raw = self._raw[place]
        if getattr(raw, "initial_state", None) is None:
            return self._world.open()
        if place not in self._starts:
            state, initial = self._world.open(), raw.initial_state
            if initial.message_history or not isinstance(state, WholeState):
                raise CheckoutError(
                    f"Task {raw.id} of {self.tasks.name} begins in the middle of a conversation, "
                    "or with tables of its own; such tasks cannot be run here."
                )
            state.environment.set_state(
                initial.initialization_data, initial.initialization_actions, []
            )
            state.begin()
            self._starts[place] = state
        return self._starts[place].fork()

    def _holds(self, raw: Any, state: State) -> bool:
        # An assertion may change what it looks at: it is a function of their tools like any other.
        environment = self._world.environment_of(state.fork())
        return all(
            environment.run_env_assertion(one, raise_assertion_error=False)
            for one in raw.evaluation_criteria.env_assertions or []
        )

    def _gold_hashes(self, place: int) -> tuple[Any, Any]:
        if place not in self._hashes:
            raw, gold = self._raw[place], self._make_environment()
            initial = raw.initial_state
            gold.set_state(
                initial and initial.initialization_data,
                initial and initial.initialization_actions,
                [],
            )
            _replay(gold, raw.evaluation_criteria.actions or [])
            self._hashes[place] = gold.get_db_hash(), gold.get_user_db_hash()
        return self._hashes[place]


def basis_of(raw: Any) -> frozenset[str]:
    """The names of what one of their tasks is scored by."""
    criteria = raw.evaluation_criteria
    return frozenset(one.value for one in criteria.reward_basis) if criteria else frozenset()


def _replay(environment: Any, actions: Sequence[Any]) -> None:
    """Runs gold actions as tau2's evaluator does: each may fail, and nothing is synchronised."""
    was_solo, environment.solo_mode = environment.solo_mode, False
    for one in actions:
        try:
            environment.make_tool_call(one.name, requestor=one.requestor, **deepcopy(one.arguments))
        except Exception:  # Their evaluator swallows any exception of a gold action.
            continue
    environment.solo_mode = was_solo
