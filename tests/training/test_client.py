"""The lockstep client: who is decoded together, who waits, what a failing worker does."""

import asyncio
import pickle
from typing import Any

import pytest

from training import compat

compat.prepare_process()

from training.cpu.client import LockstepClient, turn_seed  # noqa: E402 - SkyRL imports only after prepare_process
from training.cpu.sampler import Sample  # noqa: E402


class Words:
    """Tokenizer double: token n is the word n."""

    eos_token_id = 0

    def decode(self, ids: list[int], skip_special_tokens: bool) -> str:
        assert not skip_special_tokens  # the end token must reach the environment
        return " ".join(map(str, ids))


class Worker:
    """Policy worker double: ``sample.remote`` answers a prompt with its first token and the end."""

    def __init__(self, fail: bool = False) -> None:
        self.batches: list[list[list[int]]] = []
        self.fail = fail
        self.sample = self

    async def remote(self, prompts: Any, seeds: Any, *_limits: Any) -> list[Sample]:
        self.batches.append(prompts)
        if self.fail:
            raise RuntimeError("worker died")
        return [
            Sample(ids=[prompt[0], 0], logprobs=[-1.0, -2.0], stopped=True) for prompt in prompts
        ]


def client_of(*workers: Worker) -> LockstepClient:
    client = LockstepClient(
        tokenizer=Words(), seed=1, max_new_tokens=5, temperature=1.0, name="tiny"
    )
    client.attach(workers)
    return client


async def episode(client: LockstepClient, session: str, first: int, turns: int) -> list[str]:
    said = []
    for turn in range(turns):
        await asyncio.sleep(0.001 * first)  # arrive in an order of their own
        output = await client.generate(
            {"prompt_token_ids": [[first + turn]], "session_ids": [session]}
        )
        said.append(output["responses"][0])
    await client.finish_session(session)
    return said


async def run_batch(client: LockstepClient, lengths: dict[str, int]) -> list[list[str]]:
    client.begin_batch(7, lengths)
    episodes = [
        episode(client, name, 10 * i + 1, turns) for i, (name, turns) in enumerate(lengths.items())
    ]
    return await asyncio.wait_for(asyncio.gather(*episodes), timeout=10)


def test_each_turn_of_all_unfinished_episodes_is_one_decode_split_over_the_workers() -> None:
    one, two = Worker(), Worker()
    said = asyncio.run(run_batch(client_of(one, two), {"a": 1, "b": 3, "c": 2, "d": 3}))
    assert said[1] == ["11 0", "12 0", "13 0"]
    assert one.batches == [[[1], [21]], [[12], [32]], [[13]]]
    assert two.batches == [[[11], [31]], [[22]], [[33]]]


def test_a_failing_worker_fails_the_episodes_instead_of_hanging_them() -> None:
    with pytest.raises(RuntimeError, match="worker died"):
        asyncio.run(run_batch(client_of(Worker(fail=True)), {"a": 1, "b": 1}))


def test_a_batch_cannot_begin_inside_another() -> None:
    client = client_of(Worker())
    client.begin_batch(1, ["a"])
    with pytest.raises(RuntimeError, match="1 episodes of the last one still run"):
        client.begin_batch(2, ["b"])


def test_seeds_depend_on_everything_that_names_a_turn() -> None:
    base = (0, 1, "3_2", 0)
    others = [(1, 1, "3_2", 0), (0, 2, "3_2", 0), (0, 1, "3_3", 0), (0, 1, "3_2", 1)]
    seeds = {turn_seed(*key) for key in [base, *others]}
    assert len(seeds) == 5
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert turn_seed(*base) == turn_seed(*base)


def test_workers_receive_a_client_without_its_event_loop() -> None:
    assert pickle.loads(pickle.dumps(client_of(Worker()))).model_name == "tiny"
