"""The mode in which an expert's edits follow what `level_feedback` tells.

Place in the flow: `feedback` asks the expert and puts its edits behind these words.

What it does not do: it asks nobody.
"""

from __future__ import annotations

from agent_env.external.attempt import Attempt
from agent_env.external.modes.level_feedback import level_feedback


def expert_edits(attempt: Attempt) -> str:
    """What the edits are given for."""
    return level_feedback(attempt)
