"""What the model is told after a turn: answers of tools, and what was wrong.

Place in the flow: the environment passes what happened, `prompts/turn/` holds the words, and the
result is a message of role "tool". A fault is told to the model only; the customer never sees it.

What it does not do: it runs nothing and decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import prompts
from agent_env.compact_json import compact
from agent_env.types import Wording
from parsers import FaultKind, ParsedMessage


def answer_text(answer: Any) -> str:
    """A tool's answer as compact JSON; one that is text already stays as it is.

    Raises:
        TypeError: The tool answered something that JSON does not hold.
        ValueError: The tool answered a NaN or an infinity.
        RecursionError: The tool's answer holds itself.
    """
    if isinstance(answer, str):
        return answer
    return compact(answer)


def refusal_text(message: str) -> str:
    """A tool's refusal as compact JSON."""
    return answer_text({"error": message})


def cut(text: str, limit_chars: int) -> str:
    """The text, or its beginning and a line that says where it was cut."""
    if len(text) <= limit_chars:
        return text
    return f"{text[:limit_chars]}\n{prompts.render('turn', 'cut_answer', limit=str(limit_chars))}"


def encodable(text: str) -> str:
    """The text with lone surrogates replaced, so that every tokenizer and file can take it."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def malformed_text(parsed: ParsedMessage, wording: Wording) -> str:
    """What to say after a turn of which nothing could be made."""
    return _fault_text("malformed", parsed, wording)


def dropped_text(parsed: ParsedMessage, wording: Wording) -> str:
    """What to say after a turn whose good calls ran while others could not be read."""
    return _fault_text("dropped", parsed, wording)


def invalid_arguments_text(errors: Sequence[str], wording: Wording) -> str:
    """What to say when a call's arguments do not fit its schema: every error at once."""
    errors_text = "; ".join(errors)
    return prompts.render("turn", f"invalid_arguments_{wording.value}", errors=f"{errors_text}.")


def after_handover_text() -> str:
    """What to say when calls behind a hand-over were not run."""
    return prompts.render("turn", "after_handover")


def too_many_text(limit: int) -> str:
    """What to say when calls beyond the limit were not run."""
    return prompts.render("turn", "too_many_calls", limit=str(limit))


def _fault_text(prompt: str, parsed: ParsedMessage, wording: Wording) -> str:
    if wording is Wording.FULL:
        return prompts.render("turn", f"{prompt}_full", feedback=parsed.feedback())
    lost = [fault.kind for fault in parsed.faults if fault.kind is not FaultKind.INVALID_ARGUMENTS]
    kind = lost[0] if lost else FaultKind.MALFORMED_CALL
    return prompts.render("turn", f"{prompt}_compact", kind=kind.value)
