"""A customer that follows rules: several goals, told one after another.

Place in the flow: the `User` of domains whose tasks have goals. It keeps no state: which goals it
has brought up follows from what it has said, and how far they are from the store and from what it
was told.

    none left                        thanks and leaves: every change is visible, every fact was told
    the current goal is settled      brings up the next
    the change is visible            asks for the fact that it misses
    the agent asks                   tells what was asked for, and no more
    the agent asks for a yes         agrees to what it wants, refuses anything else and says why
    the agent refuses                accepts a refusal only where that is right, and with the reason
    anything else                    says again what it wants

A goal's slots whose names are in `ScriptedUser.slots` are told when asked for. Four more it must
have: "wish" (its first words), "full" (the same with nothing left out), "_needs" (every value that
a right proposal can name) and "_deeds" (names of the deeds that it can be called, separated by
spaces). Two it may have: "_may" (values that a proposal can name besides) and "_amounts". The
customer compares with what begins with "_" and never says it.

What it does not do: no scoring, no tools; it never sees calls.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import chain

import prompts
from agent_env.customers.acts import read_acts, refuses
from agent_env.customers.noise import Noise, draw, misread
from agent_env.customers.proposals import Proposals
from agent_env.customers.talk import Talk
from agent_env.customers.user import Situation, UserReply
from agent_env.types import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One thing that a customer knows and tells when asked.

    Attributes:
        label: What the customer calls it; "" when the value is a sentence of its own.
        asked: Matches talk of it in a sentence that asks for something, in lower case.
    """

    label: str
    asked: re.Pattern[str]


# What names values to choose from asks for one, though the right one may stand in it.
_OPEN = re.compile(r"\b(?:or|what|which|why|how|where|choose|pick|select)\b|/", re.IGNORECASE)
_WHO = re.compile(
    r"\b(?:whom? (?:am i|are you|is this|i am|i'm|do i)|identif\w+|identity|verif\w+|authenticat\w+"
    r"|your account|account (?:details|info\w*|holder)|look you up|your (?:details|data))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedUser:
    """A customer that follows rules: the same situation gets the same words.

    Attributes:
        domain: Opens the names of the prompt files of its own: `<domain>_ask_<fact>`.
        identity: Names of the task's slots that tell who it is, grouped by what is enough.
        slots: What it may be asked for, by the names in `Task.slots` and `Goal.slots`.
        proposals: What can be proposed to it, and so be got wrong.
        noise: How difficult it is.
    """

    domain: str
    identity: tuple[tuple[str, ...], ...]
    slots: Mapping[str, Slot]
    proposals: Proposals
    noise: Noise = field(default_factory=Noise)

    def open(self, task: Task) -> UserReply:
        """The opening that the task holds."""
        return UserReply(text=self._styled(task.opening, task, 0))

    def reply(self, situation: Situation) -> UserReply:
        """What the rules say; never raises for any message."""
        talk = Talk(situation)
        goal, text = talk.goal, ""
        if talk.is_settled:
            following = talk.following()
            if following is None:
                return UserReply(text=self._words("thanks", talk), done=True)
            text = following.slots["wish"]
            if following in talk.brought_up:
                text = self._words("again", talk, wish=text)
            else:
                text = self._words("next", talk, wish=text)
        elif goal.wants and talk.is_visible:
            text = self._words(f"{self.domain}_ask_{_kind_of(talk.missing[0])}", talk)
        else:
            text = (
                self._correct(talk) or self._answer(talk) or self._judge(talk) or self._insist(talk)
            )
        return UserReply(text=self._styled(text, talk.task, len(talk.mine)))

    def _answer(self, talk: Talk) -> str:
        """What the message asks for, as far as it is known; "" when it asks for nothing known."""
        if not talk.acts.asking:
            return ""
        told = [self._tell(name, value, talk) for name, value in self._asked(talk)]
        if not told:
            return ""
        return " ".join(filter(None, told)) or self._words("evade", talk)

    def _asked(self, talk: Talk) -> list[tuple[str, str]]:
        """Names and values of what the message asks for; what a closed question states is told."""
        asking = talk.acts.asking
        known = talk.task.slots
        names = self._named(asking, {*talk.goal.slots, *self._who()})
        is_open = _OPEN.search(asking) is not None
        asked = [
            (name, value)
            for name, value in talk.goal.slots.items()
            if name in names and (is_open or not self.proposals.states(value, asking))
        ]
        groups = [group for group in self.identity if known.keys() >= set(group)]
        named = [group for group in groups if not names.isdisjoint(group)]
        if groups and not named and self._asks_who(names, asking):
            named = groups
        for group in named[:1]:
            if not all(known[name] in talk.message for name in group):
                asked += [(name, known[name]) for name in group]
        return asked

    def _named(self, asking: str, known: Collection[str]) -> frozenset[str]:
        """Which of these slots a text asks for."""
        lowered = asking.lower()
        slots = self.slots
        return frozenset(
            [name for name in known if name in slots and slots[name].asked.search(lowered)]
        )

    def _who(self) -> set[str]:
        """Names of the slots that say who the customer is."""
        return set(chain.from_iterable(self.identity))

    def _asks_who(self, names: frozenset[str], asking: str) -> bool:
        """Whether a text, which asks for these slots, asks who the customer is."""
        return _WHO.search(asking) is not None or any(
            not names.isdisjoint(group) for group in self.identity
        )

    def _tell(self, name: str, value: str, talk: Talk) -> str:
        """The words that tell a slot; "" for what is told only when asked again."""
        seed, noise = talk.task.seed, self.noise
        key = name if name in talk.task.slots else f"{talk.number}/{name}"
        is_omitted = noise.omission and draw(seed, f"omit/{key}") < noise.omission
        if is_omitted and not self._was_asked(name, talk):
            return ""
        label = self.slots[name].label
        if not label:
            return value
        wrong = misread(value) if noise.contradiction else value
        if wrong != value and draw(seed, f"wrong/{key}") < noise.contradiction:
            if wrong in talk.said:
                return self._words("correct", talk, label=label, value=value)
            value = wrong
        return self._words("reveal", talk, label=label, value=value)

    def _was_asked(self, name: str, talk: Talk) -> bool:
        earlier = [read_acts(text).asking for text in talk.heard[:-1]]
        if name in talk.task.slots:
            return any(
                one and self._asks_who(self._named(one, self._who()), one) for one in earlier
            )
        return any(self._named(asking, (name,)) for asking in earlier[talk.begin :])

    def _correct(self, talk: Talk) -> str:
        """Puts right what it told wrong and the agent says back; "" when there is nothing."""
        if not self.noise.contradiction:
            return ""
        for name, value in {**talk.task.slots, **talk.goal.slots}.items():
            if name not in self.slots or not (label := self.slots[name].label):
                continue
            wrong = misread(value)
            if wrong != value and wrong in talk.message and wrong in talk.said:
                return self._words("correct", talk, label=label, value=value)
        return ""

    def _judge(self, talk: Talk) -> str:
        """The answer to a proposal; "" when there is none, or none that says what it is about."""
        if not talk.acts.proposal:
            return ""
        if self._contradicts(talk, talk.message):
            return self._words("refuse", talk, wish=talk.goal.slots["full"])
        if self.proposals.concerns(talk.goal, talk.message):
            return self._words("agree", talk)
        # "Shall I go ahead?" is about what the agent said just before.
        before = talk.heard[-2] if len(talk.heard) - 1 > talk.begin else ""
        if (
            before
            and self.proposals.concerns(talk.goal, before)
            and not self._contradicts(talk, before)
        ):
            return self._words("agree", talk)
        return ""

    def _contradicts(self, talk: Talk, message: str) -> bool:
        """Whether the proposal is about something else, read with the message that it is about."""
        return self.proposals.contradicts(talk.goal, talk.brought_up, talk.acts.proposal, message)

    def _insist(self, talk: Talk) -> str:
        """Says the wish again, or asks for the reason of a refusal that may be right."""
        if talk.missing and not talk.goal.wants and refuses(talk.message):
            return self._words(f"{self.domain}_ask_{_kind_of(talk.missing[0])}", talk)
        return self._words("again", talk, wish=talk.goal.slots["wish"])

    def _words(self, name: str, talk: Talk, **variables: str) -> str:
        turn, seed, often = len(talk.mine), talk.task.seed, self.noise.paraphrase
        is_plain = often < 1 and draw(seed, f"paraphrase/{turn}") >= often
        variant = 0 if is_plain else seed + turn
        return prompts.load("user", name).render(variables, variant)

    def _styled(self, text: str, task: Task, turn: int) -> str:
        if not self.noise.rudeness or draw(task.seed, f"rude/{turn}") >= self.noise.rudeness:
            return text
        return f"{prompts.load('user', 'rude').render({}, task.seed + turn)} {text}"


def _kind_of(fact: str) -> str:
    """What a fact is about: "refund_2" is the refund of the second goal."""
    return fact.rstrip("0123456789").rstrip("_")
