"""SkyRL's inference client on the CPU: gathers the turns of all episodes into one decode.

Place in the flow: between SkyRL's agent loops (driver, asyncio) and the policy workers that sample.
A batch is decoded when every unfinished episode waits for its next turn. That is the fastest
choice (few, full decodes) and a deterministic one: what is decoded together depends on the episodes
and not on the clock, so that one seed gives one run.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from skyrl.backends.skyrl_train.inference_servers.base import (
    InferenceEngineInput,
    InferenceEngineInterface,
    InferenceEngineOutput,
)

from training.cpu.sampler import Sample


@dataclass(slots=True, kw_only=True)
class _Request:
    session: str
    turn: int
    prompt: list[int]
    answer: asyncio.Future[Sample]


@dataclass(slots=True)
class _Batch:
    """Episodes of the running batch: which are unfinished, which wait, how many turns each had."""

    step: int = 0
    unfinished: set[str] = field(default_factory=set)
    waiting: list[_Request] = field(default_factory=list)
    turns: dict[str, int] = field(default_factory=dict)


class LockstepClient(InferenceEngineInterface):
    """Decodes the turns of all running episodes together, split evenly over the workers."""

    def __init__(
        self, *, tokenizer: Any, seed: int, max_new_tokens: int, temperature: float, name: str
    ) -> None:
        self._tokenizer = tokenizer
        self._seed = seed
        self._max_new_tokens = max_new_tokens
        self._temperature = temperature
        self._name = name
        self._workers: tuple[Any, ...] = ()
        self._batch = _Batch()

    def __getstate__(self) -> dict[str, Any]:
        """Only the name travels: SkyRL hands the client to workers, which need no more."""
        return {"_name": self._name}

    def attach(self, workers: Iterable[Any]) -> None:
        """Use these policy workers (Ray actor handles) for sampling from now on."""
        self._workers = tuple(workers)

    def begin_batch(self, step: int, sessions: Iterable[str]) -> None:
        """Announce the episodes that are about to run, so that the client knows whom to wait for.

        Raises:
            RuntimeError: The previous batch has not ended.
        """
        if self._batch.unfinished:
            raise RuntimeError(
                f"a batch begins while {len(self._batch.unfinished)} episodes of the last one "
                "still run"
            )
        self._batch = _Batch(step=step, unfinished=set(sessions))

    @property
    def model_name(self) -> str:
        """The path the tiny model was loaded from."""
        return self._name

    async def generate(
        self, input_batch: InferenceEngineInput, model: str | None = None
    ) -> InferenceEngineOutput:
        """Continuations of ``prompt_token_ids``, one session each."""
        prompts, sessions = input_batch["prompt_token_ids"], input_batch["session_ids"]
        if prompts is None or sessions is None:
            raise ValueError(
                "the CPU client takes token ids with session ids, as SkyRL's gym generator "
                "sends them"
            )
        loop = asyncio.get_running_loop()
        requests = []
        for prompt, session in zip(prompts, sessions, strict=True):
            turn = self._batch.turns.get(str(session), 0)
            self._batch.turns[str(session)] = turn + 1
            requests.append(
                _Request(
                    session=str(session), turn=turn, prompt=prompt, answer=loop.create_future()
                )
            )
        self._batch.waiting.extend(requests)
        self._decode_when_all_wait()
        samples = await asyncio.gather(*(request.answer for request in requests))
        return InferenceEngineOutput(
            responses=[
                self._tokenizer.decode(sample.ids, skip_special_tokens=False) for sample in samples
            ],
            response_ids=[sample.ids for sample in samples],
            stop_reasons=["stop" if sample.stopped else "length" for sample in samples],
            response_logprobs=[sample.logprobs for sample in samples],
            prompt_logprobs=None,
            rollout_expert_indices=None,
        )

    async def finish_session(self, session_id: str) -> None:
        """Stop waiting for this episode."""
        self._batch.unfinished.discard(session_id)
        self._decode_when_all_wait()

    def _decode_when_all_wait(self) -> None:
        batch = self._batch
        if batch.waiting and len(batch.waiting) >= len(batch.unfinished):
            requests, batch.waiting = sorted(batch.waiting, key=lambda r: r.session), []
            self._decoding = asyncio.get_running_loop().create_task(self._decode(requests))

    async def _decode(self, requests: Sequence[_Request]) -> None:
        shards = [requests[rank :: len(self._workers)] for rank in range(len(self._workers))]
        try:
            await asyncio.gather(
                *(self._decode_shard(w, s) for w, s in zip(self._workers, shards, strict=True) if s)
            )
        # Whatever went wrong belongs to the agent loops that wait; they would wait for ever
        # otherwise.
        except BaseException as error:
            for request in requests:
                if not request.answer.done():
                    request.answer.set_exception(error)

    async def _decode_shard(self, worker: Any, requests: Sequence[_Request]) -> None:
        samples = await worker.sample.remote(
            [request.prompt for request in requests],
            [
                turn_seed(self._seed, self._batch.step, request.session, request.turn)
                for request in requests
            ],
            self._max_new_tokens,
            self._temperature,
            self._tokenizer.eos_token_id,
        )
        for request, sample in zip(requests, samples, strict=True):
            if not request.answer.done():
                request.answer.set_result(sample)

    def increment_weight_version(self) -> None:
        """Called after each sync; nothing here is cached under a weight version."""

    async def get_world_size(self) -> tuple[int, int]:
        """Sampling processes in total and per server."""
        return len(self._workers), 1

    async def pause_generation(self) -> None:
        """Nothing is in flight when weights are synced: a batch ends before training begins."""

    async def resume_generation(self) -> None:
        """See ``pause_generation``."""

    async def reset_prefix_cache(self, reset_running_requests: bool = False) -> None:
        """There is no prefix cache."""

    async def sleep(self, *args: Any, **kwargs: Any) -> None:
        """Workers hold no memory worth giving back."""

    async def wake_up(self, *args: Any, **kwargs: Any) -> None:
        """See ``sleep``."""

    async def teardown(self) -> None:
        """Workers end with Ray."""

    async def init_weight_update_communicator(self, init_info: Any) -> None:
        """Weights are copied inside each worker."""

    async def update_named_weights(self, request: Any) -> None:
        """Weights are copied inside each worker."""

    def get_endpoint_url(self) -> str:
        """Raises NotImplementedError: there is no server."""
        raise NotImplementedError(_NO_SERVER)

    async def chat_completion(self, request_payload: dict[str, Any]) -> dict[str, Any]:
        """Raises NotImplementedError: there is no server."""
        raise NotImplementedError(_NO_SERVER)

    async def render_chat_completion(self, request_payload: dict[str, Any]) -> dict[str, Any]:
        """Raises NotImplementedError: there is no server."""
        raise NotImplementedError(_NO_SERVER)

    async def completion(self, request_payload: dict[str, Any]) -> dict[str, Any]:
        """Raises NotImplementedError: there is no server."""
        raise NotImplementedError(_NO_SERVER)


_NO_SERVER = "the CPU client samples inside the policy workers and serves no HTTP; use generate()"


def turn_seed(seed: int, step: int, session: str, turn: int) -> int:
    """Seed of one turn of one episode, the same in a resumed run as in an uninterrupted one."""
    digest = hashlib.blake2b(f"{seed}/{step}/{session}/{turn}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
