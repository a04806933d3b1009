"""What episodes hold, what they leave behind, and turns that were read before."""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from agent_env import Domain, Limits, Task, ToolEnv, load_domain
from parsers import parse, render

Script = Callable[[Domain, Task], list[str]]
LIMITS = Limits(max_turns=60)

domains = pytest.mark.parametrize("name", ["retail_mini", "retail"])


@contextmanager
def traced() -> Iterator[Callable[[], int]]:
    gc.collect()
    tracemalloc.start()
    start, _ = tracemalloc.get_traced_memory()

    def grown() -> int:
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - start

    try:
        yield grown
    finally:
        tracemalloc.stop()


def play(domain: Domain, task: Task, turns: list[str]) -> ToolEnv:
    env = ToolEnv(domain, task, limits=LIMITS)
    env.reset()
    for turn in turns:
        env.step(turn)
    return env


@domains
def test_a_live_episode_holds_at_most_10_kb_after_a_call(name: str) -> None:
    domain = load_domain(name)
    tasks = domain.tasks(20)
    calls = [
        next(render([one]) for one in domain.oracle(task) if not isinstance(one, str))
        for task in tasks
    ]
    for task, call in zip(tasks, calls, strict=True):
        play(domain, task, [call])
    with traced() as grown:
        alive = [play(domain, tasks[i % 20], [calls[i % 20]]) for i in range(300)]
        assert grown() / len(alive) <= 10 * 1024


@domains
def test_finished_episodes_leave_nothing_behind(name: str, script: Script) -> None:
    domain = load_domain(name)
    played = [(task, script(domain, task)) for task in domain.tasks(10)]

    def round_() -> None:
        for task, turns in played:
            assert play(domain, task, turns).done

    for _ in range(5):
        round_()
    with traced() as grown:
        for _ in range(20):
            round_()
        # 200 episodes; one that stayed would be seen.
        assert grown() < 4 * 1024


@domains
def test_a_thousand_interleaved_episodes_leave_the_world_as_it_was(
    name: str, script: Script
) -> None:
    domain = load_domain(name)
    tasks = domain.tasks(50)
    scripts = [script(domain, task) for task in tasks]
    envs = [ToolEnv(domain, tasks[i % 50], limits=LIMITS) for i in range(1000)]
    for env in envs:
        env.reset()
    read = [[parse(text, domain.schemas) for text in turns] for turns in scripts]
    for number in range(max(map(len, scripts))):
        for i, env in enumerate(envs):
            if number < len(read[i % 50]):
                env.step(read[i % 50][number])
    assert all(env.metrics()["reward/success"] == 1 for env in envs)
    assert domain.base.compute_fingerprint() == domain.base.fingerprint  # type: ignore[attr-defined]


def test_a_turn_that_was_read_before_is_the_same_turn(full_domain: Domain, script: Script) -> None:
    for task in full_domain.tasks(6):
        turns = ["<tool_call>{", *script(full_domain, task)]
        text = play(full_domain, task, turns)
        env = ToolEnv(full_domain, task, limits=LIMITS)
        env.reset()
        for turn in turns:
            env.step(parse(turn, full_domain.schemas))
        assert json.dumps(env.trajectory) == json.dumps(text.trajectory)
        assert env.metrics() == text.metrics()


def test_what_an_episode_gives_out_is_not_what_it_keeps(
    full_domain: Domain, script: Script
) -> None:
    task = full_domain.tasks(1)[0]
    env = play(full_domain, task, script(full_domain, task)[:-1])
    before = json.dumps(env.trajectory)
    env.diff().clear()
    env.trajectory["diff"].clear()
    env.step("Hm.").info["components"]["outcome"] = 9.0
    assert json.loads(json.dumps(env.trajectory))["diff"] == json.loads(before)["diff"]
    assert env.trajectory["turns"][-1]["components"]["outcome"] == 0.0
