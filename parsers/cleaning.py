"""Cuts the loop off a generation that never ended by itself, for the eyes of tools and people only.

A generation that stopped by itself is never edited, whatever it repeats: legal code and JSON repeat
themselves too. One that ran into its token limit (or was stopped for repeating) and ends in an
exactly periodic tail keeps what came before and one copy of what recurs. It does not touch what is
trained on: training tokens stay the sampled ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from .degeneration import Loop, find_loop

STOP_STRINGS = ("<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|start_header_id|>")
"""Stop strings that are safe to recommend: turn marks of chat templates, which no legal Python or
JSON holds outside of a quoted string. Fences, blank lines and `User:` are not safe and not here."""


class Ending(Enum):
    """How a generation came to its end."""

    STOP = "stop"
    """The model ended it."""
    LENGTH = "length"
    """It ran into the limit of tokens."""
    REPETITION = "repetition"
    """The server stopped it because it repeated itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """A text without its loop, the loop that was cut, and how much of the text that loop was.

    Attributes:
        text: The kept text; the original when there was nothing to cut.
        loop: What was found, with offsets into the original; None without a loop.
        severity: Share of the original that the loop covers, 0.0 without one.
    """

    text: str
    loop: Loop | None
    severity: float


def clean(text: str, ending: Ending) -> Cleaned:
    """The text as tools and people should see it; linear in its length.

    Args:
        text: The raw generation.
        ending: How it ended; after `Ending.STOP` the text is kept whole and the loop only reported.
    """
    loop = find_loop(text, len(text))
    if loop is None:
        return Cleaned(text=text, loop=None, severity=0.0)
    severity = (loop.end - loop.start) / len(text)
    kept = text if ending is Ending.STOP else text[: loop.start + loop.period]
    return Cleaned(text=kept, loop=loop, severity=severity)
