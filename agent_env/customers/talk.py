"""A situation as a scripted customer looks at it: what was said since when, and what is left.

Place in the flow: `ScriptedUser` makes one for each reply. Which goals were brought up follows from
what the customer said: each goal's wish has its own words.

What it does not do: no words, no judgement of proposals.
"""

from __future__ import annotations

from dataclasses import dataclass

from agent_env.customers.acts import Acts, read_acts
from agent_env.customers.user import Situation
from agent_env.goal import is_stated
from agent_env.types import Goal, Task


@dataclass(init=False, slots=True)
class Talk:
    """A situation, as the rules look at it.

    Attributes:
        situation: What the customer knows.
        task: Its task.
        message: What the agent just wrote.
        mine: Everything that the customer has said, a text a message.
        heard: Everything that the agent has written, a text a message.
        brought_up: The goals that it has brought up; there is always one.
        number: The place of the current goal, which is the last of those.
        begin: How many messages the agent had written when it was brought up.
        missing: The facts of the current goal that it has not been told.
    """

    situation: Situation
    task: Task
    message: str
    mine: list[str]
    heard: list[str]
    brought_up: tuple[Goal, ...]
    number: int
    begin: int
    missing: list[str]

    def __init__(self, situation: Situation) -> None:
        self.situation = situation
        self.task = situation.task
        self.message = situation.message
        self.heard = heard = list[str]()
        self.mine = mine = list[str]()
        goals, count, self.begin = situation.task.goals, 1, 0
        for one in situation.conversation:
            if one["role"] == "assistant":
                heard.append(one["content"])
                continue
            said = one["content"]
            mine.append(said)
            while count < len(goals) and goals[count].slots["wish"] in said:
                count, self.begin = count + 1, len(heard)
        self.number = count - 1
        self.brought_up = goals[:count]
        self.missing = self._find_missing()

    @property
    def said(self) -> str:
        """Everything that the customer has said, in one text."""
        return "\n".join(self.mine)

    @property
    def acts(self) -> Acts:
        """What the message does."""
        return read_acts(self.message)

    @property
    def goal(self) -> Goal:
        """The goal that was brought up last."""
        return self.task.goals[self.number]

    @property
    def is_visible(self) -> bool:
        """Whether every change that the current goal wants is in the store."""
        return self.situation.visible_goals[self.number]

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to do about the current goal."""
        if self.missing or not self.is_visible:
            return False
        # Where nothing changes, a proposal still asks for a yes.
        return bool(self.goal.wants or not self.goal.slots["_deeds"]) or not self.acts.proposal

    def following(self) -> Goal | None:
        """The goal to be spoken of once the current one is settled; None when none is left."""
        goals = self.task.goals
        if self.number + 1 < len(goals):
            return goals[self.number + 1]
        if self.situation.is_reached and not self.situation.missing_facts:
            return None
        missing = set(self.situation.missing_facts)
        for goal, visible in zip(goals, self.situation.visible_goals, strict=True):
            if not visible or missing & set(goal.facts):
                return goal
        return goals[-1]

    def _find_missing(self) -> list[str]:
        facts = self.goal.facts
        if self.goal.wants:
            return [name for name in facts if name in self.situation.missing_facts]
        # What answers a question, or is the reason of a refusal, counts only once it was asked:
        # "your refund is being processed" tells nobody that an order is processed.
        since = self.heard[self.begin :]
        untold = self.situation.missing_facts
        return [
            name
            for name in facts
            if name in untold or not any(is_stated(name, self.task, text) for text in since)
        ]
