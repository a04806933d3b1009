"""Whether a proposal is what a scripted customer wants: what it names, against what the goal needs.

Place in the flow: `ScriptedUser` asks before it says yes. A goal's slots "_needs", "_may", "_deeds"
and "_amounts" (see `scripted`) hold what a right proposal can name.

What it does not do: it does not tell a proposal from other talk (`acts`), and words nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from agent_env.customers.amounts import listed_cents, moved_cents
from agent_env.customers.denials import denies_all, says_doing, split_denials
from agent_env.types import Goal

_PLAIN = {0x2018: "'", 0x2019: "'"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sort:
    """One sort of value that a proposal can name.

    Attributes:
        values: Each matches values of the sort in a text in lower case; with a group, the group is
            the value.
        spelling: What a value counts as, where two words mean one thing.
        is_strict: Whether a proposal must name every needed value of the sort and no other, once it
            names any; else one needed value is enough, whatever is named beside it.
    """

    values: tuple[re.Pattern[str], ...]
    spelling: Mapping[str, str] = field(default_factory=dict)
    is_strict: bool = False

    def find(self, text: str) -> frozenset[str]:
        """The values that a text in lower case names."""
        return frozenset(
            self.spelling.get(value, value)
            for pattern in self.values
            for value in pattern.findall(text)
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text names.

    Attributes:
        values: The values of each sort.
        deeds: What it says will be done.
        denied: What it says will not be done.
        is_denial: Whether it says that nothing at all will be done, or nothing to something.
        is_doing: Whether it says of anything that it will be done.
        cents: The amounts that it says are moved.
    """

    values: tuple[frozenset[str], ...]
    deeds: frozenset[str]
    denied: frozenset[str]
    is_denial: bool
    is_doing: bool
    cents: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Proposals:
    """What proposals can be about.

    Attributes:
        sorts: What a proposal can name, and so get wrong.
        deeds: Matches talk of doing something, in lower case, by the name of the deed.
    """

    sorts: tuple[Sort, ...]
    deeds: Mapping[str, re.Pattern[str]]

    def read(self, text: str) -> Reading:
        """What the text names; never raises."""
        return _read(self, text)

    def states(self, value: str, text: str) -> bool:
        """Whether a text holds the value, or everything in it that can be told apart."""
        if value in text:
            return True
        parts = [
            (wanted, found)
            for wanted, found in zip(self.read(value).values, self.read(text).values, strict=True)
            if wanted
        ]
        return bool(parts) and all(wanted <= found for wanted, found in parts)

    def concerns(self, goal: Goal, text: str) -> bool:
        """Whether a text names the goal's deed or anything that it needs."""
        named, needed = self.read(text), self.read(goal.slots["_needs"])
        return not named.deeds.isdisjoint(goal.slots["_deeds"].split()) or any(
            one & other for one, other in zip(named.values, needed.values, strict=True)
        )

    def contradicts(
        self, goal: Goal, brought_up: Iterable[Goal], proposal: str, message: str
    ) -> bool:
        """Whether a proposal names something that the goal is not about, or denies what it is.

        Args:
            goal: The current one.
            brought_up: The goals that the customer spoke of, which may be named beside it.
            proposal: The sentences that ask for a yes.
            message: The whole text that they are about.
        """
        pointed, whole = self.read(proposal), self.read(message)
        said = pointed if pointed.deeds or pointed.denied or pointed.is_denial else whole
        if _is_other_deed(set(goal.slots["_deeds"].split()), said):
            return True
        needs = self.read(goal.slots["_needs"]).values
        may = self.read(goal.slots.get("_may", "")).values
        others = [self.read(one.slots["_needs"]).values for one in brought_up]
        for place, needed in enumerate(needs):
            found = needed and (pointed.values[place] or whole.values[place])
            if not found:
                continue
            if not self.sorts[place].is_strict:
                if not found & needed:
                    return True
                continue
            # One that names only what is to be replaced leaves open by what; one that names a part
            # of what is needed does not.
            is_enough = needed <= found if found & needed else bool(found & may[place])
            if not is_enough or not found <= needed.union(
                may[place], *(one[place] for one in others)
            ):
                return True
        allowed = _allowed(goal.slots.get("_amounts", ""))
        return bool(allowed) and not whole.cents <= allowed


def _is_other_deed(wanted: set[str], said: Reading) -> bool:
    """Whether a text is about other deeds than the wanted ones, or about not doing those.

    Args:
        wanted: The goal's; empty when what it wants has no name.
        said: What the text names.
    """
    if said.deeds:
        return said.deeds.isdisjoint(wanted)
    denies = said.is_denial or not said.denied.isdisjoint(wanted)
    return denies and (bool(wanted) or not said.is_doing)


_allowed = lru_cache(maxsize=4096)(listed_cents)


# A few texts are looked through by each reply, and what a goal needs again and again.
@lru_cache(maxsize=4096)
def _read(proposals: Proposals, text: str) -> Reading:
    lowered = text.lower().translate(_PLAIN)
    kept, denied = split_denials(lowered)
    deeds = proposals.deeds.items()
    return Reading(
        tuple(sort.find(lowered) for sort in proposals.sorts),
        frozenset(name for name, pattern in deeds if pattern.search(kept)),
        frozenset(name for name, pattern in deeds if denied and pattern.search(denied)),
        denies_all(denied),
        says_doing(kept),
        moved_cents(text),
    )
