"""The adapter against tau-bench itself, where a checkout is given in TAU_BENCH_PATH."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from typing import Any

import pytest

from agent_env import Domain, Limits, Task, ToolEnv, load_domain
from agent_env.store import pack
from agent_env.types import Action, CallOutcome
from parsers import render

pytestmark = pytest.mark.tau_bench

SPLITS = [
    ("tau_bench_retail", "test", 115),
    ("tau_bench_retail", "train", 500),
    ("tau_bench_airline", "test", 50),
]
every_split = pytest.mark.parametrize(("name", "split", "count"), SPLITS)


def judge_of(domain: Domain) -> Any:
    """tau-bench's own environment, as the strict mode builds it."""
    return load_domain(domain.name, **{**domain.options, "strict": True}).audit.env  # type: ignore[union-attr]


def perturbed(script: list[Action], seed: int) -> list[list[Action]]:
    """The script, and with an action dropped, repeated, and with one argument wrong."""
    draw = random.Random(seed)
    calls = [place for place, one in enumerate(script) if not isinstance(one, str)]
    if not calls:
        return [script]
    place = calls[-1] if calls[-1] == len(script) - 1 and len(calls) > 1 else draw.choice(calls)
    name, given = script[place]
    wrong = dict(given)
    if texts := [key for key, value in wrong.items() if isinstance(value, str)]:
        wrong[draw.choice(texts)] = "something else"
    return [
        script,
        script[:place] + script[place + 1 :] or ["Done."],
        [*script[: place + 1], (name, given), *script[place + 1 :]],
        [*script[:place], (name, wrong), *script[place + 1 :]],
    ]


def our_episode(domain: Domain, task: Task, script: list[Action]) -> ToolEnv:
    env = ToolEnv(domain, task, limits=Limits(max_turns=len(script)))
    env.reset()
    for action in script:
        if not env.done:
            env.step(action if isinstance(action, str) else render([action]))
    assert env.infra_error is None
    return env


def play_theirs(stock: Any, place: int, env: ToolEnv, *, score: bool) -> float | None:
    """What they make of the calls and messages that our episode really had."""
    stock.reset(task_index=place)
    stock.actions = []
    make = type(stock.tasks[0].actions[0]) if stock.tasks[0].actions else None
    for turn, record in zip(env._turns, env.trajectory["turns"], strict=True):
        if record["status"] == "message":
            stock.actions.append(make(name="respond", kwargs={"content": turn.parsed.content}))
        for call, result in zip(turn.parsed.calls, turn.results, strict=True):
            # The one difference: what does not fit a tool's schema is refused by us, run by them.
            if result.outcome is CallOutcome.INVALID_ARGUMENTS:
                continue
            stock.step_tool(make(name=call.name, kwargs=deepcopy(call.arguments)))
    return stock.calculate_reward().reward if score else None


def theirs_changed(stock: Any, domain: Domain) -> dict[tuple[str, str], Any]:
    """The rows of theirs that are not as they were loaded, by table and key."""
    packed = domain.base.packed  # type: ignore[attr-defined]
    return {
        (table, key): row
        for table, rows in stock.data.items()
        for key, row in rows.items()
        if pack(row) != packed[table].get(key)
        and json.dumps(row, sort_keys=True)
        != json.dumps(stock.loaded[table].get(key), sort_keys=True)
    }


def ours_changed(env: ToolEnv) -> dict[tuple[str, str], Any]:
    whole = env.store.whole()  # type: ignore[attr-defined]
    return {(table, key): whole[table][key] for table, rows in env.diff().items() for key in rows}


@pytest.mark.slow  # Their environment takes a fifth of a second for each of 1,160 episodes.
@every_split
def test_states_and_rewards_agree_for_gold_and_for_perturbed_actions(
    name: str, split: str, count: int
) -> None:
    domain = load_domain(name, split=split, outputs="upstream")
    assert domain.task_count == count
    stock = judge_of(domain)
    tools = stock.tools_map

    def step_tool(action: Any) -> None:
        # As their step, without the scoring that it does after a tool that ends the conversation.
        stock.actions.append(action)
        try:
            tools[action.name].invoke(data=stock.data, **action.kwargs)
        except Exception:  # Theirs may raise anything, and their step swallows it.
            return

    stock.step_tool = step_tool
    stock.loaded = stock.data_load_func()
    scored = 0
    for task in domain.tasks(count):
        scripts = perturbed(list(domain.oracle(task)), task.seed)
        if split == "train" and task.seed % 5:
            scripts = scripts[:1]
        for number, script in enumerate(scripts):
            env = our_episode(domain, task, script)
            ours = env.metrics()["reward/success"]
            assert ours == 1 or number > 0, task.id
            # Their scoring reads and hashes everything twice, so of the training tasks it is asked
            # for the gold alone; their tools run for all.
            score = split == "test" or number == 0
            reward = play_theirs(stock, task.seed, env, score=False)
            assert theirs_changed(stock, domain) == ours_changed(env), (task.id, number)
            if score:
                reward = play_theirs(stock, task.seed, env, score=True)
                assert reward == ours, (task.id, number)
                scored += 1
    assert scored >= count


@every_split
def test_the_shared_rows_are_never_changed(name: str, split: str, count: int) -> None:
    domain = load_domain(name, split=split)
    for task in domain.tasks(count):
        our_episode(domain, task, list(domain.oracle(task)))
    assert domain.base.compute_fingerprint() == domain.base.fingerprint  # type: ignore[attr-defined]


def test_strict_agrees_on_every_fifth_task() -> None:
    domain = load_domain("tau_bench_retail", strict=True)
    for index in range(0, 115, 5):
        task = domain.derive(index, 0)
        for script in perturbed(list(domain.oracle(task)), index):
            our_episode(domain, task, script)


def test_doing_nothing_scores_what_is_known_of_the_benchmark() -> None:
    # Seven retail test tasks change nothing and ask for nothing; 20 of airline change nothing.
    retail, airline = load_domain("tau_bench_retail"), load_domain("tau_bench_airline")
    solved = [
        task.seed
        for task in retail.tasks(115)
        if our_episode(retail, task, ["Done."]).metrics()["reward/success"]
    ]
    assert solved == [10, 12, 25, 50, 57, 65, 106]
    assert sum(not task.gold_diff for task in airline.tasks(50)) == 20
