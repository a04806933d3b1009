"""What a verdict is worth: a ladder for compiling and being right, then doublings of speed.

Place in the flow: the referee values each answer with `Ladder.value` and pays what it adds to the
best answer before, so that neither stopping early nor a worse try later costs anything.

    no program, refused, cheat  0
    compiles                    compiled
    right                       compiled + correct
    right and faster            the same + doubling * log2(speed-up), up to `most_doublings`

A speed-up counts only where the timing says something about speed, is not noisy, and its whole
interval lies above 1: what may be chance is not paid for.

What it does not do: it takes nothing back; fraud is the referee's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from enum import Enum

from agent_env.kernels.verdict import Status, Timing, Verdict


class Kind(Enum):
    """What came of an answer; names the instruction in `prompts/turn/kernel_*.md`."""

    NO_CODE = "no_code"
    POLICY = "policy"
    COMPILE_ERROR = "compile_error"
    RUNTIME_ERROR = "runtime_error"
    TIMEOUT = "timeout"
    WRONG = "wrong"
    CHEAT = "cheat"
    CORRECT = "correct"
    """Right, with nothing known about its speed."""
    SLOW = "slow"
    """Right, and not shown to be faster than the baseline."""
    FAST = "fast"
    """Right, and faster than the baseline by its whole interval."""

    @property
    def is_right(self) -> bool:
        """Whether the answer is right."""
        return self in (Kind.CORRECT, Kind.SLOW, Kind.FAST)

    @property
    def is_measured(self) -> bool:
        """Whether the answer is right and its speed is known."""
        return self in (Kind.SLOW, Kind.FAST)


_COMPILED = (Status.RUNTIME_ERROR, Status.TIMEOUT, Status.WRONG, Status.CORRECT)


def kind_of(verdict: Verdict) -> Kind:
    """The kind of a verdict."""
    if verdict.status is not Status.CORRECT:
        return Kind(verdict.status.value)
    if not counts_as_speed(verdict.timing):
        return Kind.CORRECT
    return Kind.FAST if speedup(verdict) > 1.0 else Kind.SLOW


def counts_as_speed(timing: Timing | None) -> bool:
    """Whether a timing says something about speed that may be believed."""
    return (
        timing is not None
        and timing.is_performance
        and not timing.noisy
        and math.isfinite(timing.speedup_x)
        and timing.speedup_x > 0
    )


def speedup(verdict: Verdict) -> float:
    """How many times faster a right program was shown to be; 1 where that is not known."""
    timing = verdict.timing
    if timing is None or verdict.status is not Status.CORRECT or not counts_as_speed(timing):
        return 1.0
    return timing.speedup_x if timing.speedup_ci[0] > 1.0 else min(timing.speedup_x, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """What each rung adds.

    Attributes:
        compiled: For a program that compiles.
        correct: For a right one, beside that.
        doubling: For each doubling of the speed, beside those.
        most_doublings: How many doublings are paid for.
    """

    compiled: float = 0.1
    correct: float = 0.3
    doubling: float = 1.0
    most_doublings: float = 3.0

    def __post_init__(self) -> None:
        """Checks that no rung costs.

        Raises:
            ValueError: A rung that is below 0 or not finite.
        """
        for rung in fields(self):
            worth = getattr(self, rung.name)
            if not (math.isfinite(worth) and worth >= 0):
                raise ValueError(
                    f"{rung.name} is {worth}; give a finite number that is not below 0."
                )

    @property
    def most(self) -> float:
        """What the best program is worth."""
        return self.compiled + self.correct + self.doubling * self.most_doublings

    def value(self, verdict: Verdict) -> float:
        """What a program with this verdict is worth."""
        if verdict.status not in _COMPILED:
            return 0.0
        if verdict.status is not Status.CORRECT:
            return self.compiled
        doublings = min(max(math.log2(speedup(verdict)), 0.0), self.most_doublings)
        return self.compiled + self.correct + self.doubling * doublings
