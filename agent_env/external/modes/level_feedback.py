"""The mode that tells most: every level with what was wrong, and every failing check of the slice.

Place in the flow: the default mode.

What it does not do: it tells no check outside the slice.
"""

from __future__ import annotations

from agent_env.external import words
from agent_env.external.attempt import Attempt


def level_feedback(attempt: Attempt) -> str:
    """The verdict, the levels, the failing checks and the best so far."""
    failing = words.failing(attempt)
    return words.joined(
        words.verdict(attempt),
        words.levels(attempt, with_detail=True),
        words.say("failing", checks=failing) if failing else "",
        attempt.best,
        words.closing(attempt),
    )
