"""The mode that tells in one line whether the attempt passed.

Place in the flow: `external.mode=passed`.

What it does not do: it names no level.
"""

from __future__ import annotations

from agent_env.external import words
from agent_env.external.attempt import Attempt


def passed(attempt: Attempt) -> str:
    """One line."""
    name = "passed" if attempt.is_right else "not_passed"
    return words.say(name, subject=attempt.subject)
