"""Groups of settings that ``training/config.py`` only lists: how turns are credited and sampled.

What this module does not do: read anything; it needs the standard library alone, because settings
are checked before anything is installed.
"""

from __future__ import annotations

from dataclasses import dataclass

from training import credit
from training.settings import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditConfig:
    """How what an episode earned becomes the advantage of each turn; see training/credit."""

    estimator: str = setting(
        credit.DEFAULT,
        "Return and baseline of a turn; rl.gamma is the discount.",
        choices=tuple(credit.ESTIMATORS),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingConfig:
    """What ends or bends a generation; see training/sampling.py."""

    stop_strings: bool = setting(True, "On a GPU, turn marks of chat templates end a turn.")
    stop_repetition: bool = setting(True, "On a GPU, vLLM ends a turn that repeats itself.")
    repetition_penalty: float = setting(
        1.0, "On a GPU, above 1 bends sampling off the trained policy.", least=1.0
    )
