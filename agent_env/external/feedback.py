"""Tells a model about its attempt in the mode that was chosen, asking the expert where one is.

Place in the flow: a domain makes one `Feedback` for all its episodes and calls `tell` after an
attempt, or awaits `atell` where an event loop must not be held up.

When the expert is down, slow or unreadable, `tell` raises, which ends the episode as `infra_error`.
Only `external.on_failure=plain` goes on without edits; then the words say so, and `Told.failure`
holds the reason for the trajectory. What is told is never silently less than was asked for.

What it does not do: no judging, no budget.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agent_env.endpoints.endpoint import Answer, Endpoint, Retries
from agent_env.errors import EnvError
from agent_env.external import expert, words
from agent_env.external.attempt import Attempt
from agent_env.external.modes import EXPERT, find_mode
from agent_env.external.settings import ExternalSettings

KEYS = (
    "external/asked",
    "external/failed_edits",
    "external/prompt_tokens",
    "external/completion_tokens",
    "external/retries",
)
"""What a referee that tells by a mode counts beside its own; all 0 where no expert is asked."""
_RETRIES = Retries(count=2, first_wait_s=0.5, longest_wait_s=5.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a model is told.

    Attributes:
        text: The words; never empty.
        failure: Why an expert's edits are missing from them; "" when none are missing.
        counts: What asking cost, by `KEYS`.
    """

    text: str
    failure: str = ""
    counts: Mapping[str, float] = field(default_factory=dict)


class Feedback:
    """The mode of some settings; serves any number of episodes."""

    def __init__(self, settings: ExternalSettings, endpoint: Endpoint | None = None) -> None:
        """Asks nobody yet.

        Args:
            settings: Which mode, and which expert.
            endpoint: The expert's, in place of one made from the settings.
        """
        self.settings = settings
        self._mode = find_mode(settings.mode)
        self._endpoint = endpoint
        self._lock = threading.Lock()

    def tell(self, attempt: Attempt) -> Told:
        """What the model is told about its attempt.

        Raises:
            EnvError: The expert gave no edits, and going on without them was not chosen.
        """
        text = self._mode(attempt)
        if self.settings.mode != EXPERT:
            return Told(text=text)
        if not attempt.code.strip():
            return _not_asked(text, attempt)
        try:
            answer = self._expert().ask(expert.request(attempt))
        except EnvError as error:
            return self._without_edits(text, error, None)
        return self._with_edits(text, attempt, answer)

    async def atell(self, attempt: Attempt) -> Told:
        """As `tell`, without holding up the event loop."""
        text = self._mode(attempt)
        if self.settings.mode != EXPERT:
            return Told(text=text)
        if not attempt.code.strip():
            return _not_asked(text, attempt)
        try:
            answer = await self._expert().aask(expert.request(attempt))
        except EnvError as error:
            return self._without_edits(text, error, None)
        return self._with_edits(text, attempt, answer)

    def close(self) -> None:
        """Closes the connections of `tell`."""
        if self._endpoint is not None:
            self._endpoint.close()

    async def aclose(self) -> None:
        """Closes the connections of this event loop."""
        if self._endpoint is not None:
            await self._endpoint.aclose()

    def _expert(self) -> Endpoint:
        with self._lock:
            if self._endpoint is None:
                settings = self.settings
                self._endpoint = Endpoint(
                    base_url=settings.expert_edits_url,
                    model=settings.expert_edits_model,
                    api_key=os.environ.get(settings.expert_key_env, ""),
                    timeout_s=settings.expert_timeout_s,
                    retries=_RETRIES,
                )
            return self._endpoint

    def _with_edits(self, text: str, attempt: Attempt, answer: Answer) -> Told:
        try:
            edits = expert.read_edits(answer.content, attempt.code)
        except expert.UnreadableEditsError as error:
            failure = EnvError("UnusableEdits", str(error), True)
            return self._without_edits(text, failure, answer)
        return Told(text=words.joined(text, expert.edits_text(edits)), counts=_cost(answer))

    def _without_edits(self, text: str, error: EnvError, answer: Answer | None) -> Told:
        if self.settings.on_failure != "plain":
            raise EnvError(error.kind, f"expert: {error.message}", error.retryable) from error
        told = words.say("failed_edits", kind=error.kind)
        return Told(
            text=words.joined(text, told),
            failure=f"{error.kind}: {error.message}",
            counts={**_cost(answer), "external/failed_edits": 1.0},
        )


def feedback_of(options: Mapping[str, Any]) -> Feedback | None:
    """What tells of attempts by a domain's options; None where they choose no mode.

    Args:
        options: As of `ExternalSettings.from_options`, but that `external_mode` may be None: then
            the domain has words of its own.

    Raises:
        ValueError: The settings cannot be used, or an expert is named and no mode chosen.
    """
    if options["external_mode"] is not None:
        return Feedback(ExternalSettings.from_options(options))
    for name in ("expert_edits_model", "expert_edits_url"):
        if named := options[f"external_{name}"]:
            raise ValueError(
                f"external.{name} is {named!r}, but no external.mode is chosen; "
                "give external.mode=expert_edits."
            )
    return None


def _not_asked(text: str, attempt: Attempt) -> Told:
    return Told(text=words.joined(text, words.say("not_asked", subject=attempt.subject)))


def _cost(answer: Answer | None) -> dict[str, float]:
    if answer is None:
        return {"external/asked": 1.0}
    return {
        "external/asked": 1.0,
        "external/prompt_tokens": answer.prompt_tokens,
        "external/completion_tokens": answer.completion_tokens,
        "external/retries": len(answer.retried),
    }
