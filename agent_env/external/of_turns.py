"""An assistant turn of which nothing could be made, as an attempt that a mode can word.

Place in the flow: where a domain chose `external.mode`, the environment has a malformed turn worded
by that mode in place of `prompts/turn/malformed_*`; `corrected` is what it asks. The levels are

    parsed  ->  tool known  ->  arguments valid  ->  tool accepted

What it does not do: calls that were taken up are answered by their tools, in every mode.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from agent_env import feedback
from agent_env.asking import Asking
from agent_env.calls import tool_message
from agent_env.domain import Domain
from agent_env.errors import boundary
from agent_env.external.attempt import Attempt, Level
from agent_env.external.feedback import Told
from agent_env.types import Limits, Message
from parsers import FaultKind, ParsedMessage

LEVELS = ("parsed", "tool known", "arguments valid", "tool accepted")
_REACHED = {FaultKind.UNKNOWN_TOOL: 1, FaultKind.BAD_ARGUMENTS: 2, FaultKind.INVALID_ARGUMENTS: 2}
"""The level at which a fault stops a turn; every other one leaves it unread."""
_EXPERT = boundary("expert")


def corrected(
    domain: Domain, parsed: ParsedMessage, turns_before: int, limits: Limits
) -> Asking[tuple[list[Message], dict[str, Any] | None]]:
    """What the model is told after a malformed turn, and a note where a mode worded it."""
    if domain.corrective is None:
        return [tool_message(feedback.malformed_text(parsed, domain.wording))], None
    turn = turns_before + 1
    attempt = attempt_of_turn(parsed, turn, max(0, limits.max_turns - turn))
    with _EXPERT:
        told: Told = yield partial(domain.corrective, attempt)
    note: dict[str, Any] = {"levels": {level.name: level.passed for level in attempt.levels}}
    if told.failure:
        note["failed_edits"] = told.failure
    return [tool_message(told.text)], note


def attempt_of_turn(parsed: ParsedMessage, turn: int, turns_left: int) -> Attempt:
    """The turn as an attempt.

    Args:
        parsed: What was read in it; its status is MALFORMED.
        turn: Which assistant turn it is, from 1.
        turns_left: How many more there may be.
    """
    reached = max((_REACHED.get(fault.kind, 0) for fault in parsed.faults), default=0)
    said = parsed.faults[0].message if parsed.faults else ""
    return Attempt(
        code=parsed.text,
        levels=tuple(
            Level(
                name=name,
                passed=True if place < reached else False if place == reached else None,
                detail=said if place == reached else "",
            )
            for place, name in enumerate(LEVELS)
        ),
        verdict=parsed.feedback(),
        turn=turn,
        turns_left=turns_left,
        subject="turn",
        language="",
    )
