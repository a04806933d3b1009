"""What a turn earns: named components, each a function of what happened, times its weight.

Place in the flow: the environment describes a turn as `TurnEvents`, `score` weighs it, the sum is
the step's reward. `outcome` is the goal; the others shape, and the metrics keep the two apart.

A new component is one function in `COMPONENTS` and one weight of the same name.
What it does not do: it sees neither text nor store; nothing here can be earned by a wrong write.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import NamedTuple


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardWeights:
    """What one unit of each component is worth.

    Attributes:
        outcome: For success, once, at the end.
        parse: For each turn that nothing could be made of; a penalty, so not above 0.
        lookup: For the first look-up that the gold needs, when it comes before the writes.
        progress: For the writes that the gold needs, split evenly among the rows that must change.
    """

    outcome: float = 1.0
    parse: float = -0.5
    lookup: float = 0.15
    progress: float = 0.15

    def __post_init__(self) -> None:
        """Checks the weights.

        Raises:
            ValueError: A weight that is not finite, or a `parse` that would pay for faults.
        """
        for weight in fields(self):
            if not math.isfinite(getattr(self, weight.name)):
                got = getattr(self, weight.name)
                raise ValueError(f"RewardWeights.{weight.name} is {got}; give a finite number.")
        if self.parse > 0:
            raise ValueError(
                f"RewardWeights.parse is {self.parse}; give 0 or less, for it is paid per fault."
            )


class TurnEvents(NamedTuple):
    """What happened in one turn, as far as rewards care; a named tuple, as `CallResult`.

    Attributes:
        is_malformed: Nothing could be made of the turn.
        is_first_lookup: A look-up of the gold ran, the first in this episode and before any gold
            write.
        progress_frac: Share of the gold's rows that became right for the first time in this
            episode.
        is_success: The episode ended in this turn with the goal reached.
        gain: What a referee says that the turn earned of the outcome; None without a referee.
    """

    is_malformed: bool = False
    is_first_lookup: bool = False
    progress_frac: float = 0.0
    is_success: bool = False
    gain: float | None = None


QUIET = TurnEvents()
"""A turn in which nothing happened that rewards care about, as in most."""


def outcome(turn: TurnEvents) -> float:
    """1 in the turn that ends an episode successfully; with a referee, what it says was gained."""
    return float(turn.is_success) if turn.gain is None else turn.gain


def parse(turn: TurnEvents) -> float:
    """1 for a malformed turn."""
    return float(turn.is_malformed)


def lookup(turn: TurnEvents) -> float:
    """1 in the turn of the first look-up that was needed."""
    return float(turn.is_first_lookup)


def progress(turn: TurnEvents) -> float:
    """The share of the needed changes that became visible in this turn."""
    return turn.progress_frac


COMPONENTS: Mapping[str, Callable[[TurnEvents], float]] = MappingProxyType(
    {"outcome": outcome, "parse": parse, "lookup": lookup, "progress": progress}
)


_NOTHING = dict.fromkeys(COMPONENTS, 0.0)
"""What a quiet turn earns, whatever the weights."""


def score(turn: TurnEvents, weights: RewardWeights) -> dict[str, float]:
    """The weighted value of every component, by name, zeros included; to be read only."""
    if turn is QUIET:
        return _NOTHING
    return {
        name: getattr(weights, name) * component(turn) + 0.0
        for name, component in COMPONENTS.items()
    }
