"""The customer of the starter shop: one wish, stated whole in its first message.

Place in the flow: the domain's `user`. Small models learn on its words, so they stay as they are;
`agent_env.customers.scripted` is the customer of larger shops.

What it does not do: no goals in turn, no noise, no identity that it holds back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import prompts
from agent_env.customers.user import Situation, UserReply
from agent_env.types import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One thing that a customer knows and tells when asked.

    Attributes:
        label: What the customer calls it.
        asked: Matches a question for it.
        values: Matches any value it could have, so that a proposal with another one is noticed.
    """

    label: str
    asked: re.Pattern[str]
    values: re.Pattern[str]


_PROPOSAL = re.compile(
    r"\b(?:shall i|should i|may i|can i go ahead|do you want me to|would you like me to"
    r"|do you confirm|please confirm|is (?:this|that) (?:right|correct|ok|okay|what you want))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MiniUser:
    """A customer with one goal that follows rules: the same situation gets the same words.

    In this order: it leaves once the change is visible and it was told every fact; it asks for a
    fact it misses; it answers questions for what it knows; it confirms a proposal that names what
    it wants and contradicts none of it, and refuses one that does; else it says again what it
    wants.

    Attributes:
        domain: Opens the names of its prompt files: `<domain>_<kind>_wish`, `<domain>_ask_<fact>`.
        slots: What it may be asked for, by the names in `Task.slots`.
        deeds: Matches talk of doing each kind of task, so that a proposal of another deed is
            noticed.
    """

    domain: str
    slots: Mapping[str, Slot]
    deeds: Mapping[str, re.Pattern[str]]

    def open(self, task: Task) -> UserReply:
        """The opening that the task holds."""
        return UserReply(text=task.opening)

    def reply(self, situation: Situation) -> UserReply:
        """What the rules say; never raises for any message."""
        variant = situation.task.seed + situation.replies
        if situation.is_reached and not situation.missing_facts:
            return UserReply(text=_words("thanks", variant), done=True)
        if situation.is_reached:
            return UserReply(
                text=_words(f"{self.domain}_ask_{situation.missing_facts[0]}", variant)
            )
        if answers := self._answers(situation):
            return UserReply(text=answers)
        wish = _words(
            f"{self.domain}_{situation.task.kind}_wish", variant, **self._known(situation.task)
        )
        if _PROPOSAL.search(situation.message) is None:
            return UserReply(text=wish)
        if self._contradicts(situation):
            return UserReply(text=_words("refuse", variant, wish=wish))
        if any(value in situation.message for value in situation.task.slots.values()):
            return UserReply(text=_words("agree", variant))
        return UserReply(text=wish)

    def _known(self, task: Task) -> dict[str, str]:
        wanted = prompts.load("user", f"{self.domain}_{task.kind}_wish").examples
        return {name: task.slots[name] for name in wanted}

    def _answers(self, situation: Situation) -> str:
        """What the message asks for; asking back what it already states is no question for it."""
        told = [
            _words("reveal", 0, label=self.slots[name].label, value=value)
            for name, value in situation.task.slots.items()
            if name in self.slots
            and value not in situation.message
            and self.slots[name].asked.search(situation.message)
        ]
        return " ".join(told)

    def _contradicts(self, situation: Situation) -> bool:
        message, task = situation.message, situation.task
        for name, value in task.slots.items():
            if name in self.slots and any(
                found != value for found in self.slots[name].values.findall(message)
            ):
                return True
        named = {kind for kind, deed in self.deeds.items() if deed.search(message)}
        return bool(named) and task.kind not in named


def _words(name: str, variant: int, **variables: str) -> str:
    return prompts.load("user", name).render(variables, variant)
