"""Recorded trajectories through today's parser and scoring.

Place in the flow: `python -m agent_env rescore FILE`. The model's texts are given to a new
`ToolEnv`, turn by turn, and what comes out is compared with what was recorded. The domain's own
customer answers anew; a customer that a model played answers what it answered then.

What it does not do: it changes no file and asks no model. Where today's parser takes a turn for a
message that was none then, a model's customer has no answer to it, and the episode cannot be
scored again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from agent_env.customers.user import Situation, UserReply
from agent_env.domain import load_domain
from agent_env.env import ToolEnv
from agent_env.evaluation.ledger import digest
from agent_env.evaluation.shape import SCORED, check
from agent_env.store import canonical_json
from agent_env.types import StopReason, Task

COMPARED = ("success", "reward", "stop_reason", "state_hash", "told")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescored:
    """What became of one record.

    Attributes:
        pair: The numbers of task and trial.
        task_id: The task's id.
        before: Whether it was recorded as solved.
        after: Whether it is solved now; None when that cannot be said.
        differences: What is not as recorded, each in a few words.
    """

    pair: tuple[int, int]
    task_id: str
    before: bool
    after: bool | None
    differences: tuple[str, ...]


class _Recorded:
    """A customer that says what was recorded, turn by turn."""

    def __init__(self, trajectory: Mapping[str, Any]) -> None:
        self.turn = -1
        self._replies: dict[int, UserReply] = {}
        turn = -1
        for message in trajectory["messages"][1:]:
            turn += message["role"] == "assistant"
            if message["role"] == "user":
                self._replies[turn] = UserReply(text=message["content"])
        last = max(self._replies, default=-1)
        left = trajectory["stop_reason"] == StopReason.USER_DONE.value
        if left and last >= 0:
            self._replies[last] = UserReply(text=self._replies[last].text, done=True)

    def open(self, task: Task) -> UserReply:
        return self._replies[-1]

    def reply(self, situation: Situation) -> UserReply:
        if self.turn not in self._replies:
            raise LookupError(f"the customer was not asked in turn {self.turn + 1}")
        return self._replies[self.turn]


def rescore(record: Mapping[str, Any]) -> Rescored | None:
    """The record scored again; None for an episode that failed, and so has no score.

    Raises:
        ValueError: This is no record of an evaluation; or its domain cannot be loaded any more, or
            is another one now.
    """
    recorded_as = digest(record)
    if recorded_as.infra_error is not None:
        return None
    check(record, SCORED)
    old = record["trajectory"]
    task = Task.from_dict(old["task"])
    domain = load_domain(old["domain"]["name"], **old["domain"]["options"])
    is_played = record["settings"]["user"] is not None
    recorded = _Recorded(old)
    limits = replace(domain.limits, max_turns=record["settings"]["max_turns"])
    env = ToolEnv(domain, task, recorded if is_played else None, limits)
    env.reset()
    for number, turn in enumerate(old["turns"]):
        if env.done:
            break
        recorded.turn = number
        env.step(turn["text"])
    new = env.trajectory
    failed = env.infra_error is not None
    return Rescored(
        pair=recorded_as.pair,
        task_id=recorded_as.task_id,
        before=recorded_as.success,
        after=None if failed else bool(new["success"]),
        differences=(
            (f"cannot be scored: {env.infra_error['message']}",)
            if env.infra_error is not None
            else tuple(_differences(old, new))
        ),
    )


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    found = [
        f"{key} {old[key]!r} -> {new[key]!r}"
        for key in COMPARED
        if canonical_json(old[key]) != canonical_json(new[key])
    ]
    for number, (before, after) in enumerate(zip(old["turns"], new["turns"], strict=False), 1):
        if before["status"] != after["status"]:
            found.append(f"turn {number}: {before['status']} -> {after['status']}")
        elif canonical_json(before["calls"]) != canonical_json(after["calls"]):
            found.append(f"turn {number}: other calls")
    if len(old["turns"]) != len(new["turns"]):
        found.append(f"{len(old['turns'])} turns -> {len(new['turns'])}")
    return found
