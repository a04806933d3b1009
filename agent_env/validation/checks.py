"""The checks that a task has to pass, one function a check.

Place in the flow: `validate` runs `CHECKS` on each task. A check yields a sentence for each thing
that is wrong; its docstring is what the table says about it.

Where a referee judges, there is no customer, no fact to tell and no store to compare: those checks
are left out (`OF_SHOPS`), and a task for which no right answer is known is checked without it.

What it does not do: it counts nothing and catches nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from agent_env.domain import Domain
from agent_env.env import ToolEnv
from agent_env.errors import ToolError
from agent_env.goal import is_told
from agent_env.rewards import RewardWeights
from agent_env.scripted_agent import ScriptedAgent
from agent_env.types import Call, Effect, FactRule, Limits, StopReason, Task
from agent_env.world import State
from parsers import render

_SPARE_TURNS = 4


def is_refusal(task: Task) -> bool:
    """Whether a task wants nothing changed and nothing told."""
    return not task.gold_diff and not task.facts


class Probe:
    """One task under check.

    Attributes:
        domain: Its domain.
        task: The task.
        swaps: How many pairs of changes were made in the other order.
    """

    def __init__(self, domain: Domain, task: Task) -> None:
        """Runs nothing yet."""
        self.domain = domain
        self.task = task
        self.swaps = 0

    @property
    def is_solved(self) -> bool:
        """Whether a right answer is known."""
        return self.domain.referee is None or bool(self.domain.oracle(self.task))

    @property
    def wants_nothing(self) -> bool:
        """Whether doing nothing is right."""
        return self.domain.referee is None and is_refusal(self.task)

    @cached_property
    def gold(self) -> ToolEnv:
        """The episode that the oracle played, asking again where the customer is difficult."""
        if self.domain.referee is not None:
            return self.play([one for one in self.domain.oracle(self.task) if isinstance(one, str)])
        agent = ScriptedAgent(script=self.domain.oracle(self.task))
        env = self._start(max_turns=_SPARE_TURNS + 3 * len(agent.script))
        while not env.done:
            env.step(agent.write(env.messages))
        return env

    def play(self, texts: Sequence[str]) -> ToolEnv:
        """The episode in which an agent says this, a text a turn."""
        env = self._start(max_turns=max(1, len(texts)))
        for text in texts:
            if not env.done:
                env.step(text)
        return env

    def _start(self, max_turns: int) -> ToolEnv:
        env = ToolEnv(self.domain, self.task, limits=Limits(max_turns=max_turns))
        env.reset()
        return env

    def open(self) -> State:
        """A state in which nothing of the task has been done."""
        return ToolEnv(self.domain, self.task).store

    def effect(self, call: Call) -> Effect:
        """What a gold call does beside answering."""
        return self.domain.tool(call[0]).effect

    def needs_yes(self, call: Call) -> bool:
        """Whether the customer is asked before a call is made."""
        return self.domain.tool(call[0]).needs_yes


def check_gold_runs(probe: Probe) -> Iterator[str]:
    """No gold call errs."""
    counts = probe.gold.metrics()
    if probe.gold.infra_error is not None:
        yield f"The environment failed: {probe.gold.infra_error['message']}."
    if counts["parse/malformed"]:
        yield "A turn of the oracle could not be read."
    if not counts["tool/tool_error"] and not counts["tool/invalid_arguments"]:
        return
    for turn in probe.gold.trajectory["turns"]:
        for call in turn["calls"]:
            if call["outcome"] != "ok":
                yield f"{call['name']}({json.dumps(call['arguments'])}): {call['outcome']}."


def check_gold_succeeds(probe: Probe) -> Iterator[str]:
    """The oracle succeeds with full outcome, and the customer leaves."""
    if not probe.is_solved:
        return
    env = probe.gold
    if env.stop_reason is StopReason.MAX_TURNS:
        yield "The customer does not leave when all is done and told."
    elif env.stop_reason is StopReason.INFRA_ERROR:
        yield "The oracle's episode ends as a failure of the environment."
    elif not env.metrics()["reward/success"] or (
        probe.domain.referee is None and env.metrics()["reward/outcome"] != RewardWeights().outcome
    ):
        yield "The oracle's episode is no success."


def check_nothing(probe: Probe) -> Iterator[str]:
    """Doing nothing scores 0."""
    if not probe.wants_nothing and probe.play(["Done."]).metrics()["reward/success"]:
        yield "An agent that does nothing succeeds."


def check_talk(probe: Probe) -> Iterator[str]:
    """Only talking scores 0, whatever is said."""
    if probe.wants_nothing:
        return
    facts = " ".join(probe.task.facts.values())
    talk = (probe.task.opening, f"{probe.domain.close(probe.task)} {facts}", "Yes. All is done.")
    if probe.play(talk).metrics()["reward/success"]:
        yield "An agent that only says the facts succeeds."


def check_shotgun(probe: Probe) -> Iterator[str]:
    """Reciting every fact without its look-up scores 0."""
    needy = [goal for goal in probe.task.goals if goal.needs and goal.facts]
    if not needy:
        return
    values = [
        *probe.task.facts.values(),
        *(v for goal in needy for vs in goal.rivals.values() for v in vs),
    ]
    talk = f"I am sorry, I cannot do that: {', '.join(values)}."
    if _play_writes(probe, [talk, talk]).metrics()["reward/success"]:
        yield "An agent that looks nothing up and recites every fact succeeds."


def check_handover(probe: Probe) -> Iterator[str]:
    """Handing over without a look-up scores 0, where one is needed."""
    calls = probe.task.gold_calls
    needy = any(goal.needs and not goal.facts for goal in probe.task.goals)
    if not needy or not any(probe.effect(call) is Effect.HANDOVER for call in calls):
        return
    talk = " ".join(probe.task.facts.values())
    if _play_writes(probe, [talk] if talk else []).metrics()["reward/success"]:
        yield "An agent that hands over without a look-up succeeds."


def check_unasked(probe: Probe) -> Iterator[str]:
    """Changing anything without asking for a yes scores 0, where the rules demand one."""
    calls = probe.task.gold_calls
    writes = [call for call in calls if probe.effect(call) is Effect.WRITE]
    if not probe.domain.needs_consent or not any(map(probe.needs_yes, writes)):
        return
    last = [call for call in calls if probe.effect(call) is Effect.HANDOVER]
    talk = [probe.domain.close(probe.task), " ".join(probe.task.facts.values()) or "Done."]
    done = [render([call]) for call in calls if call not in last]
    if probe.play([*done, *talk, *(render([call]) for call in last)]).metrics()["reward/success"]:
        yield "An agent that asks for no yes succeeds."


def check_facts(probe: Probe) -> Iterator[str]:
    """Facts are told by the oracle, and match on token boundaries only."""
    task = probe.task
    told = "\n".join(one for one in probe.domain.oracle(task) if isinstance(one, str))
    for name, fact in task.facts.items():
        if not is_told(fact, told, task.fact_rule):
            yield f"The oracle never tells {name}, {fact!r}."
        for longer in (f"{fact}1", f"1{fact}"):
            if is_told(fact, longer, task.fact_rule):
                yield f"The fact {name}, {fact!r}, counts as told by {longer!r}."
    if task.fact_rule is not FactRule.TOKEN and task.facts:
        yield f"Facts are looked for by the rule {task.fact_rule.value!r}."


def check_order(probe: Probe) -> Iterator[str]:
    """Independent changes give the same state in either order."""
    writes = [call for call in probe.task.gold_calls if probe.effect(call) is Effect.WRITE]
    if len(writes) < 2:
        return
    wanted, wanted_hash = _outcome(probe, writes)
    for place in range(len(writes) - 1):
        swapped = list(writes)
        swapped[place : place + 2] = writes[place + 1], writes[place]
        answers, state_hash = _outcome(probe, swapped)
        answers[place : place + 2] = answers[place + 1], answers[place]
        if answers != wanted:
            continue  # One needs what the other did.
        probe.swaps += 1
        if state_hash != wanted_hash:
            names = f"{writes[place][0]} and {writes[place + 1][0]}"
            yield f"{names} answer the same in either order, but leave different states."


def check_needs_customer(probe: Probe) -> Iterator[str]:
    """The first prompt and the tools alone do not give every argument of the gold calls."""
    domain, state = probe.domain, probe.open()
    known = [domain.system_prompt, json.dumps(domain.schemas, ensure_ascii=False)]
    for spec in domain.tools:
        if spec.effect is Effect.READ and not spec.parameters.get("required"):
            known.append(_answer(probe, state, (spec.name, {})))
    for call in probe.task.gold_calls:
        text = "\n".join(known)
        if not all(value in text for value in _leaves(call[1])):
            return
        known.append(_answer(probe, state, call))
    if probe.task.gold_calls:
        yield "Every argument of the gold calls is known without the customer."


def check_world(probe: Probe) -> Iterator[str]:
    """A task of another world is refused."""
    try:
        ToolEnv(probe.domain, replace(probe.task, world="another"))
    except ValueError:
        return
    yield "The domain takes a task of another world."


def check_round_trip(probe: Probe) -> Iterator[str]:
    """A task is the same after it was written as JSON and read back."""
    if Task.from_dict(json.loads(json.dumps(probe.task.to_dict()))) != probe.task:
        yield "The task differs after it was written as JSON and read back."


CHECKS: Mapping[str, Callable[[Probe], Iterator[str]]] = MappingProxyType(
    {
        "gold_runs": check_gold_runs,
        "gold_succeeds": check_gold_succeeds,
        "nothing_fails": check_nothing,
        "talk_fails": check_talk,
        "shotgun_fails": check_shotgun,
        "handover_at_once_fails": check_handover,
        "unasked_writes_fail": check_unasked,
        "facts_exact": check_facts,
        "order_free": check_order,
        "needs_customer": check_needs_customer,
        "world_bound": check_world,
        "round_trip": check_round_trip,
    }
)

OF_SHOPS = frozenset(
    {
        "shotgun_fails",
        "handover_at_once_fails",
        "unasked_writes_fail",
        "facts_exact",
        "order_free",
        "needs_customer",
    }
)
"""Checks of what customers, facts and stores must not give away; none where a referee judges."""


def _play_writes(probe: Probe, talk: Sequence[str]) -> ToolEnv:
    """The episode of an agent that makes the gold writes, talks, and looks nothing up."""
    calls = [call for call in probe.task.gold_calls if probe.effect(call) is not Effect.READ]
    last = [call for call in calls if probe.effect(call) is Effect.HANDOVER]
    first = [call for call in calls if call not in last]
    return probe.play([*(render([one]) for one in first), *talk, *(render([one]) for one in last)])


def _outcome(probe: Probe, calls: Iterable[Call]) -> tuple[list[str], str]:
    """What tools answer to these calls in a row, and the hash of the state afterwards."""
    state = probe.open()
    return [_answer(probe, state, call) for call in calls], state.state_hash()


def _answer(probe: Probe, state: State, call: Call) -> str:
    name, given = call
    try:
        return json.dumps(probe.domain.tool(name).call(state, given), ensure_ascii=False)
    except ToolError as refusal:
        return f"refused: {refusal}"


def _leaves(value: Any) -> Iterator[str]:
    """Every text and number inside a JSON value, as text."""
    if isinstance(value, Mapping):
        for one in value.values():
            yield from _leaves(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _leaves(one)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
