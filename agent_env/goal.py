"""Whether a task's goal is reached: what the store holds and what the customer was told.

Place in the flow: the environment keeps one `Progress` an episode and asks it after every turn;
customers, rewards and metrics use the answers.

What it does not do: no weights (`rewards`), no judgement of style or politeness.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

from agent_env.rewards import QUIET, TurnEvents
from agent_env.store import is_equal
from agent_env.types import CallOutcome, CallResult, Effect, FactRule, Goal, Task
from agent_env.world import Diff, State

_ABSENT: Any = object()


def is_told(fact: str, text: str, rule: FactRule = FactRule.TOKEN) -> bool:
    """Whether the text states the fact.

    As a token of its own: "$10.00" is not told by "$110.00" or "$10.005". Case does not matter, and
    a round amount may drop its cents, so "$10" tells "$10.00". A bare number may stand with zeros
    behind its point and commas between its thousands, so "$1,180.10" tells "1180.1". The substring
    rule is tau-bench's.
    """
    if rule is FactRule.SUBSTRING:
        return fact.lower() in text.lower().replace(",", "")
    sought = _sought(fact)
    if sought.is_number and "," in text:
        text = _THOUSANDS.sub("", text)
    return sought.core in text.lower() and sought.pattern.search(text) is not None


_NUMBER = re.compile(r"\d+(?P<decimals>\.\d+)?")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")


@dataclass(frozen=True, slots=True)
class _Sought:
    """How a fact is looked for.

    Attributes:
        core: Stands in every text in lower case that tells it; most texts are settled by that.
        pattern: Matches it as a token of its own.
        is_number: Whether it is a bare number.
    """

    core: str
    pattern: re.Pattern[str]
    is_number: bool


@lru_cache(maxsize=4096)
def _sought(fact: str) -> _Sought:
    core = fact.removesuffix(".00") if re.fullmatch(r"\$[\d,]+\.00", fact) else fact
    body = re.escape(core) + ("" if core == fact else r"(?:\.00)?")
    before = r"(?<![\d$])" if fact.startswith("$") else r"(?<!\w)"
    number = _NUMBER.fullmatch(fact)
    if number:
        body += "0*" if number["decimals"] else r"(?:\.0+)?"
        before = r"(?<![\w.])"
    pattern = re.compile(f"{before}{body}" + r"(?![\w%]|[.,]\d)", re.IGNORECASE)
    return _Sought(core.lower(), pattern, number is not None)


def is_stated(name: str, task: Task, text: str) -> bool:
    """Whether the text tells one of the task's facts, and does not merely guess at it.

    A value in a list with its rivals ("pending, processed or delivered") tells nothing, nor does
    one amount among more than its goal allows.
    """
    fact = task.facts[name]
    if not is_told(fact, text, task.fact_rule):
        return False
    goal = next((goal for goal in task.goals if name in goal.facts), None)
    if goal is None:
        return True
    if goal.most_amounts and len(set(_AMOUNT.findall(text))) > goal.most_amounts:
        return False
    rivals = goal.rivals.get(name)
    return not rivals or is_told(fact, _listed((fact, *rivals)).sub(" ", text), task.fact_rule)


_AMOUNT = re.compile(r"\d[\d,]*\.\d\d(?!\d)|\$\d[\d,]*")


@lru_cache(maxsize=256)
def _listed(values: tuple[str, ...]) -> re.Pattern[str]:
    one = "(?:" + "|".join(map(re.escape, values)) + ")"
    return re.compile(rf"\b{one}\b(?:[\s,;/|]+(?:(?:or|and)\s+)?{one}\b)+", re.IGNORECASE)


class Progress:
    """How far one episode has come; looks at the store, never changes it.

    Attributes:
        told: Names of the facts that the customer has been told.
    """

    __slots__ = (
        "_best_rows",
        "_diff",
        "_judge",
        "_looked_up",
        "_right",
        "_task",
        "_unread",
        "_visible",
        "_wanted",
        "told",
    )

    def __init__(self, task: Task, judge: Callable[[Task, Any], bool] | None = None) -> None:
        """Starts with nothing done.

        Args:
            task: The job.
            judge: See `Domain.judge`.
        """
        self._task = task
        self._judge = judge
        self._wanted = sum(map(len, task.gold_diff.values()))
        # The diff that was looked at last, its rows, as (table, key), whose change is exactly the
        # gold's, and the goals that are visible in it: most turns change nothing.
        self._diff: Diff | None = None
        self._right: frozenset[tuple[str, str]] = frozenset()
        self._visible: tuple[bool, ...] = ()
        self.told: frozenset[str] = frozenset()
        self._best_rows: frozenset[tuple[str, str]] = frozenset()
        self._looked_up = False
        # The look-ups that goals need and that were not made yet: the goal, and what is asked for.
        self._unread: tuple[tuple[Goal, Mapping[str, Any]], ...] = tuple(
            (goal, given) for goal in task.goals for _, given in goal.needs
        )

    def fork(self) -> Self:
        """An equal progress that goes its own way."""
        return copy.copy(self)

    def hear(self, message: str) -> None:
        """Notes the facts that a message to the customer states."""
        # What a goal needs looked up first cannot be known yet.
        unread = [name for goal, _ in self._unread for name in goal.facts]
        for name in self.missing_facts():
            if name not in unread and is_stated(name, self._task, message):
                self.told |= {name}

    def missing_facts(self) -> tuple[str, ...]:
        """Names of the facts that the customer has not been told, in the task's order."""
        return tuple([name for name in self._task.facts if name not in self.told])

    def visible_goals(self, diff: Diff) -> tuple[bool, ...]:
        """For each of the task's goals, whether every change it wants is there."""
        self._look(diff)
        return self._visible

    def is_reached(self, state: State) -> bool:
        """Whether every change that the task wants is there, whatever else is."""
        if self._judge is not None:
            return self._judge(self._task, state)
        self._look(state.diff())
        return len(self._right) == self._wanted

    def is_right(self, state: State) -> bool:
        """Whether every change that the task wants is there, and no other."""
        return self.is_reached(state) and (
            self._judge is not None or sum(map(len, state.diff().values())) == self._wanted
        )

    def is_success(self, state: State) -> bool:
        """Whether a state is as wanted, every fact was told, and what that needs was read."""
        return not self.missing_facts() and not self._unread and self.is_right(state)

    def events(
        self, state: State, results: Sequence[CallResult], *, malformed: bool, done: bool
    ) -> TurnEvents:
        """What this turn brought for the first time; remembers it."""
        first_lookup = False
        if results:
            self._note_read(results)
            if not self._looked_up and any(map(self._is_gold_lookup, results)):
                first_lookup, self._looked_up = not self._has_acted(), True
        self._look(state.diff())
        new_rows = self._right - self._best_rows
        if new_rows:
            self._best_rows |= new_rows
        if not (malformed or first_lookup or new_rows or done):
            return QUIET
        return TurnEvents(
            is_malformed=malformed,
            is_first_lookup=first_lookup,
            progress_frac=len(new_rows) / self._wanted if new_rows else 0.0,
            is_success=done and self.is_success(state),
        )

    def _note_read(self, results: Sequence[CallResult]) -> None:
        """Notes the look-ups that goals need; a refused write tells why it is refused."""
        if not self._unread:
            return
        answered = [one.arguments for one in results if _is_answered(one)]
        self._unread = tuple(
            (goal, given)
            for goal, given in self._unread
            if not any(_holds_all(one, given) for one in answered)
        )

    def _has_acted(self) -> bool:
        """Whether a change that a goal wants has been there; who the customer is, no goal wants."""
        goals = self._task.goals
        wanted = [goal.wants for goal in goals] if goals else [self._task.gold_diff]
        return any(key in rows.get(table, ()) for rows in wanted for table, key in self._best_rows)

    def _is_gold_lookup(self, result: CallResult) -> bool:
        # Writes are no look-ups; they earn `progress` by their rows.
        return (
            result.outcome is CallOutcome.OK
            and result.effect is Effect.READ
            and (result.name, result.arguments) in self._task.gold_calls
        )

    def _look(self, diff: Diff) -> None:
        """Finds what is right in a diff, unless it is the one that was looked at last."""
        if diff is self._diff:
            return
        self._diff = diff
        gold = self._task.gold_diff
        self._right = frozenset(
            (table, key)
            for table, rows in diff.items()
            if table in gold
            for key, change in rows.items()
            if key in gold[table] and is_equal(change, gold[table][key])
        )
        self._visible = tuple([_is_visible(goal, diff) for goal in self._task.goals])


def _holds_all(given: Mapping[str, Any], needed: Mapping[str, Any]) -> bool:
    return all(name in given and given[name] == value for name, value in needed.items())


def _is_answered(result: CallResult) -> bool:
    return result.outcome is CallOutcome.OK or (
        result.outcome is CallOutcome.TOOL_ERROR and result.effect is Effect.WRITE
    )


def _is_visible(goal: Goal, diff: Diff) -> bool:
    for table, rows in goal.wants.items():
        changed = diff.get(table, {})
        for key, change in rows.items():
            if not _holds(changed.get(key, _ABSENT), change):
                return False
    return True


def _holds(row: Any, wanted: Any) -> bool:
    """Whether a row's change holds at least the fields of the wanted one."""
    if wanted is None or row is None or row is _ABSENT:
        return wanted is None and row is None
    return all(field in row and is_equal(row[field], change) for field, change in wanted.items())
