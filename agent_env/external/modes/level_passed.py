"""The mode that tells which levels were passed, and nothing of why others were not.

Place in the flow: `external.mode=level_passed`.

What it does not do: no messages of tools, no checks.
"""

from __future__ import annotations

from agent_env.external import words
from agent_env.external.attempt import Attempt


def level_passed(attempt: Attempt) -> str:
    """The levels, a line each."""
    return words.joined(words.levels(attempt, with_detail=False), words.closing(attempt))
