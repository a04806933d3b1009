"""How difficult a scripted customer is.

Place in the flow: a field of `ScriptedUser`. Whether a difficulty strikes is drawn from the task's
seed and what it strikes, never from a running generator: the same situation gets the same words.

What it does not do: no words; those are in `prompts/user/`.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, fields
from typing import Self

_LAST_DIGIT = re.compile(r"\d(?=\D*\Z)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """Probabilities, each of 0 to 1.

    Attributes:
        omission: That a question is answered only when it is asked a second time.
        contradiction: That a number is told wrong at first; it is put right when the agent says it
            back or asks again.
        rudeness: That an answer opens with impatience. Style only.
        paraphrase: That an answer is worded in another way than the first.
    """

    omission: float = 0.0
    contradiction: float = 0.0
    rudeness: float = 0.0
    paraphrase: float = 1.0

    def __post_init__(self) -> None:
        """Checks the probabilities.

        Raises:
            ValueError: One that is outside 0 to 1.
        """
        for one in fields(self):
            if not 0 <= getattr(self, one.name) <= 1:
                raise ValueError(f"Noise.{one.name} is {getattr(self, one.name)}; give 0 to 1.")

    @classmethod
    def of(cls, level: float) -> Self:
        """The noise in which every difficulty has this probability.

        Raises:
            ValueError: A level outside 0 to 1.
        """
        return cls(omission=level, contradiction=level, rudeness=level)


def draw(seed: int, what: str) -> float:
    """A number of 0 up to 1 that follows from seed and name, the same in every process."""
    return zlib.crc32(f"{seed}/{what}".encode()) / 2**32


def misread(value: str) -> str:
    """The value with its last digit wrong; the value itself when it has no digit."""
    return _LAST_DIGIT.sub(lambda digit: str((int(digit.group()) + 1) % 10), value)
