"""Plays episodes against an endpoint, many at a time.

Place in the flow: `command` gives the pairs of task and trial that are still to be played; each
finished episode becomes a record, which is handed on at once, so that what was paid for is kept
whatever happens next.

A record that fails for want of an answer is an `infra_error` with its reason. A conversation that
has outgrown the model's context is the model's affair: the episode is unfinished, and scored so.

What it does not do: no files, no figures, no second try of a failed episode (`Endpoint` has tried
each request several times; the same command plays failed episodes again).
"""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from agent_env import metrics
from agent_env.customers.model import ModelUser
from agent_env.domain import Domain
from agent_env.endpoints.endpoint import Answer, ContextFullError, Endpoint
from agent_env.env import ToolEnv
from agent_env.errors import EnvError
from agent_env.evaluation.chair import NativeChair, TextChair
from agent_env.evaluation.settings import Settings
from agent_env.types import StopReason

Pair = tuple[int, int]
"""The number of a task, and of the trial on it, both from 0."""
HOPELESS = 3
"""After this many failures in a row for each episode at a time, a server is taken for dead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What every episode of a run shares.

    Attributes:
        domain: As the settings name it.
        settings: What is measured.
        endpoint: The model.
        user: A customer that a model plays; None for the domain's own.
        user_episode_tokens: What that customer may spend in one episode.
        commit: Of this code, if it is under version control.
    """

    domain: Domain
    settings: Settings
    endpoint: Endpoint
    user: ModelUser | None = None
    user_episode_tokens: int | None = None
    commit: str | None = None

    async def play_all(
        self, pairs: Iterable[Pair], concurrency: int, keep: Callable[[dict[str, Any]], None]
    ) -> bool:
        """Plays every pair; `keep` gets each record when its episode is over.

        Returns:
            Whether all were played: when `HOPELESS` times as many episodes in a row failed as are
            played at a time, no new one is begun.
        """
        failures = 0

        def count(record: dict[str, Any]) -> None:
            nonlocal failures
            failures = failures + 1 if record["trajectory"]["infra_error"] else 0
            keep(record)

        def begun() -> Iterator[Pair]:
            for pair in pairs:
                if failures >= HOPELESS * concurrency:
                    return
                yield pair

        waiting = begun()
        try:
            await asyncio.gather(*(self._work(waiting, count) for _ in range(concurrency)))
        finally:
            await self.endpoint.aclose()
            if self.user is not None:
                await self.user.endpoint.aclose()
        return failures < HOPELESS * concurrency

    async def _work(self, waiting: Iterator[Pair], keep: Callable[[dict[str, Any]], None]) -> None:
        for task_number, trial in waiting:
            keep(await self.play(task_number, trial))

    async def play(self, task_number: int, trial: int) -> dict[str, Any]:
        """The record of one episode, as JSON data."""
        settings = self.settings
        task = self.domain.derive(task_number, settings.seed)
        seed = zlib.crc32(f"{settings.seed}/{task.id}/{trial}".encode()) >> 1
        user = None
        if self.user is not None:
            user_seed = seed if settings.sends_seed else None
            user = self.user.for_episode(user_seed, self.user_episode_tokens)
        limits = replace(self.domain.limits, max_turns=settings.max_turns)
        env = ToolEnv(self.domain, task, user, limits)
        requests: list[dict[str, Any]] = []
        started = time.perf_counter()
        failure = None
        try:
            await self._converse(env, seed, requests)
        except EnvError as error:
            failure = error
        return {
            "version": 1,
            "settings": settings.to_dict(),
            "commit": self.commit,
            "task_number": task_number,
            "trial": trial,
            "seed": seed,
            "wall_s": round(time.perf_counter() - started, 4),
            "requests": requests,
            **_ending(env, failure),
        }

    async def _converse(self, env: ToolEnv, seed: int, requests: list[dict[str, Any]]) -> None:
        """Plays the episode to its end.

        Raises:
            EnvError: The model did not answer.
        """
        opening = await env.areset()
        chair = (
            NativeChair(opening, self.domain.schemas)
            if self.settings.native_tools
            else TextChair(opening, self.settings.tool_role)
        )
        options = chair.options | ({"seed": seed} if self.settings.sends_seed else {})
        while not env.done:
            answer = await self.endpoint.aask(chair.messages, **options)
            result = await env.astep(chair.take(answer))
            parsed = result.info["parsed"]
            chair.hear(result.messages, parsed)
            requests.append(_request(answer, chair.is_rescue(parsed)))


def _request(answer: Answer, is_rescue: bool) -> dict[str, Any]:
    """What one turn's request cost, and how it ended."""
    told: dict[str, Any] = {
        "latency_s": round(answer.latency_s, 5),
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
        "finish_reason": answer.finish_reason,
        "retried": list(answer.retried),
        "is_rescue": is_rescue,
    }
    thought = answer.message.get("reasoning_content") or answer.message.get("reasoning")
    return told | {"reasoning": thought} if isinstance(thought, str) else told


def _ending(env: ToolEnv, failure: EnvError | None) -> dict[str, Any]:
    """The trajectory and the counts of an episode, however it ended."""
    trajectory, counts = env.trajectory, env.metrics()
    if isinstance(failure, ContextFullError):
        trajectory["context_full"] = failure.message
    elif failure is not None:
        trajectory["stop_reason"] = StopReason.INFRA_ERROR.value
        trajectory["infra_error"] = failure.to_dict()
        counts |= {metrics.UNFINISHED: 0.0, "infra_error": 1.0, "stop/infra_error": 1.0}
    # Most are 0; the reader fills them in again.
    counts = {key: value for key, value in counts.items() if value}
    return {"trajectory": trajectory, "counts": counts}
