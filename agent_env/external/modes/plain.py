"""The mode that tells nothing of what happened: the attempt again, and that it is to be revised.

Place in the flow: `external.mode=plain`.

What it does not do: it does not even say whether the attempt was right.
"""

from __future__ import annotations

from agent_env.external import words
from agent_env.external.attempt import Attempt


def plain(attempt: Attempt) -> str:
    """The attempt and one sentence."""
    if not attempt.code.strip():
        return words.say("plain_empty", subject=attempt.subject)
    return words.say("plain", subject=attempt.subject, code=words.code(attempt))
