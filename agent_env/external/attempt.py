"""One attempt of a model, as far as it may be told about it.

Place in the flow: a domain fills an `Attempt` from what its judge found; every mode words that and
nothing else, so that no mode can tell what the domain holds back, such as the tests that pay.

What it does not do: no wording beyond what the judge said, no judging.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One rung of the ladder that an attempt climbs.

    Attributes:
        name: What it is called, such as "syntax".
        passed: Whether the attempt passed it; None when it did not get that far.
        detail: What was wrong, for one that it failed.
    """

    name: str
    passed: bool | None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check that an attempt failed.

    Attributes:
        text: The check itself, such as an assert.
        got: What happened instead.
    """

    text: str
    got: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What a mode may tell of one attempt.

    Attributes:
        code: What was attempted: a program, or a turn's text; "" when there was none.
        levels: The rungs, lowest first.
        failing: The checks of the slice that it failed.
        verdict: What the judge says, in one sentence or with a tool chain's message.
        best: The best attempt so far, in a sentence; "" without one.
        turn: Which attempt this is, from 1.
        turns_left: How many more there may be.
        subject: What the model is asked to revise, such as "program".
        goal: The task, for an expert that knows nothing else of it.
        language: What the fence around `code` says, such as "python"; "" for a plain text.
    """

    code: str
    levels: tuple[Level, ...]
    verdict: str
    turn: int
    turns_left: int
    failing: tuple[Check, ...] = ()
    best: str = ""
    subject: str = "program"
    goal: str = ""
    language: str = "python"

    def __post_init__(self) -> None:
        """Checks the numbers and that there is something to tell.

        Raises:
            ValueError: No level, a turn below 1, or fewer than no turns left.
        """
        if not self.levels:
            raise ValueError("An Attempt has no levels; give at least one rung of the ladder.")
        if self.turn < 1 or self.turns_left < 0:
            raise ValueError(
                f"An Attempt has turn {self.turn} with {self.turns_left} left; "
                "turns count from 1 and 0 is the fewest that can be left."
            )

    @property
    def is_right(self) -> bool:
        """Whether every rung was passed."""
        return all(level.passed for level in self.levels)
