"""What every single generation cost and how it ended, noted while SkyRL's agent loops run.

Place in the flow: between the agent loops and the inference client. SkyRL keeps the stop reason of
an episode's last generation alone; here each is kept, until its episode is asked for. Nothing that
passes through is changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One generation: tokens that went in and came out, and the sampler's word for its end."""

    prompt_tokens: int
    response_tokens: int
    stop_reason: str


class GenerationRecorder:
    """An inference client that notes what passes through; all else is the inner client's.

    Args:
        client: SkyRL's client.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._taken: dict[str, list[Generation]] = defaultdict(list)
        self._is_noting = False

    def __getattr__(self, name: str) -> Any:
        """Whatever the inner client has."""
        return getattr(self._client, name)

    async def generate(self, input_batch: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
        """The inner client's answer."""
        output = await self._client.generate(input_batch, *args, **kwargs)
        prompts, sessions = input_batch.get("prompt_token_ids"), input_batch.get("session_ids")
        if self._is_noting and prompts is not None and sessions is not None:
            for session, prompt, ids, reason in zip(
                sessions, prompts, output["response_ids"], output["stop_reasons"], strict=True
            ):
                self._taken[str(session)].append(
                    Generation(
                        prompt_tokens=len(prompt),
                        response_tokens=len(ids),
                        stop_reason=str(reason),
                    )
                )
        return output

    def note(self) -> None:
        """Note what passes through from now on, and forget what nobody took."""
        self._taken.clear()
        self._is_noting = True

    def take(self, session: str) -> list[Generation]:
        """The generations of an episode in order, each handed out once."""
        return self._taken.pop(session, [])
