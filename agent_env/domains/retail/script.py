"""What a perfect agent of the retail shop does on a task, a turn each.

Place in the flow: the domain's `script` and `close`. Everything follows from the task: its gold
calls are grouped by goal, and its facts are what the tools answered.

What it does not do: no decisions, it derives nothing; the oracle did.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import prompts
from agent_env.types import Action, Goal, Task

_ASKED = ("order_id", "reason", "method")
_WORDS = {
    "refund": "refund {}",
    "charged": "charged {}",
    "refunded": "refunded {}",
    "total": "new total {}",
}


def script(task: Task) -> tuple[Action, ...]:
    """Asks who it is, identifies; for each goal asks, looks up, proposes, acts and reports."""
    served = sum(len(goal.calls) for goal in task.goals)
    identify = task.gold_calls[: len(task.gold_calls) - served]
    turns: list[Action] = [_say("ask_identity"), *identify]
    for goal in task.goals:
        turns += _serve(goal, _facts_of(goal, task))
    return tuple(turns)


def close(task: Task) -> str:
    """A message that tells every fact of the task."""
    reports = [
        _report(goal, _facts_of(goal, task)) for goal in task.goals if goal.kind != "hand_over"
    ]
    return " ".join(reports) or _say("ask_identity")


def _serve(goal: Goal, facts: dict[str, str]) -> Iterator[Action]:
    left_out = goal.slots["_left_out"].split()
    questions = {name: _say(f"ask_{name}") for name in _ASKED if name in left_out}
    # The order is looked up before anything else is asked: its number may have been told wrong.
    if "order_id" in questions:
        yield questions.pop("order_id")
    if not goal.wants:
        yield from goal.calls
        yield _report(goal, facts)
        return
    yield from goal.calls[:-1]
    yield from questions.values()
    if goal.kind != "hand_over":
        tool, given = goal.calls[-1]
        yield _say("propose", plan=_describe(f"{tool}_plan", given, facts))
    yield goal.calls[-1]
    if goal.kind != "hand_over":
        yield _report(goal, facts)


def _report(goal: Goal, facts: dict[str, str]) -> str:
    if goal.wants:
        tool, given = goal.calls[-1]
        return _say("report", result=_describe(f"{tool}_done", given, facts))
    if "status" in facts:
        order_id = goal.slots["_needs"].split()[0]
        return _say("refuse", order_id=order_id, status=facts["status"])
    return _say("tell", answer=", ".join(facts.values()))


def _describe(name: str, given: dict[str, Any], facts: dict[str, str]) -> str:
    """Words for a write, from its arguments and the amounts that it moves."""
    words = {
        key: ", ".join(value) if isinstance(value, list) else value for key, value in given.items()
    }
    amounts = [_WORDS[kind].format(value) for kind, value in facts.items() if kind in _WORDS]
    words["amounts"] = ", ".join(amounts)
    takes = prompts.load("agent", f"retail_{name}").examples
    return _say(name, **{key: words[key] for key in takes})


def _facts_of(goal: Goal, task: Task) -> dict[str, str]:
    """The goal's facts by kind: "refund_2" is the refund of the second goal."""
    return {name.rstrip("0123456789").rstrip("_"): task.facts[name] for name in goal.facts}


def _say(name: str, **variables: str) -> str:
    return prompts.render("agent", f"retail_{name}", **variables)
