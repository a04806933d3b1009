from __future__ import annotations

from dataclasses import replace
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_env import Domain, Limits, Task, ToolEnv, load_domain
from agent_env.customers.noise import Noise, draw, misread
from agent_env.scripted_agent import ScriptedAgent, texts
from agent_env.tool_spec import ToolSpec
from parsers import render

TASKS = 200


@cache
def retail() -> Domain:
    return load_domain("retail")


@cache
def tasks() -> tuple[Task, ...]:
    return retail().tasks(TASKS, 4)


def play(task: Task, agent: ScriptedAgent, noise: Noise, limits: Limits) -> ToolEnv:
    env = ToolEnv(retail(), task, replace(retail().user, noise=noise), limits)
    env.reset()
    while not env.done:
        env.step(agent.write(env.messages))
    return env


@pytest.mark.parametrize(
    "noise",
    [
        Noise(),
        Noise(omission=1.0),
        Noise(contradiction=1.0),
        Noise(rudeness=1.0),
        Noise(paraphrase=0.0),
        Noise.of(0.4),
        Noise.of(1.0),
    ],
    ids=str,
)
def test_every_task_is_solved_under_any_noise(noise: Noise) -> None:
    for task in tasks():
        agent = ScriptedAgent(script=retail().oracle(task))
        counts = play(task, agent, noise, Limits(max_turns=60)).metrics()
        assert counts["reward/success"] == 1, task.id
        assert counts["tool/tool_error"] == counts["parse/malformed"] == 0


def test_noise_costs_turns_and_only_those_that_it_must() -> None:
    turns = {}
    for noise in (Noise(), Noise(rudeness=1.0), Noise(omission=1.0)):
        played = [
            play(task, ScriptedAgent(script=retail().oracle(task)), noise, Limits(max_turns=60))
            for task in tasks()[:40]
        ]
        turns[noise] = sum(env.metrics()["parse/turns"] for env in played)
    plain, rude, omitting = turns.values()
    assert plain == rude < omitting


def test_a_quiet_customer_needs_no_turn_beyond_the_script() -> None:
    for task in tasks():
        script = retail().oracle(task)
        env = play(task, ScriptedAgent(script=script), Noise(), Limits(max_turns=60))
        assert env.metrics()["parse/turns"] == len(script), task.id


def test_its_place_follows_from_the_conversation() -> None:
    task = tasks()[0]
    agent = ScriptedAgent(script=retail().oracle(task))
    env = play(task, agent, Noise.of(0.5), Limits(max_turns=60))
    roles = [message["role"] for message in env.messages]
    said = [message["content"] for message in env.messages if message["role"] == "assistant"]
    starts = [place for place, role in enumerate(roles) if role == "assistant"]
    assert [agent.write(env.messages[:start]) for start in starts] == said


@given(st.integers(0, TASKS - 1), st.data())
@settings(max_examples=80, deadline=None)
def test_a_damaged_script_never_gets_more_than_the_oracle(index: int, data: st.DataObject) -> None:
    task = tasks()[index]
    actions = list(retail().oracle(task))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(actions) - 1))
        how = data.draw(st.sampled_from(["drop", "repeat", "swap", "cut"]))
        if how == "drop" and len(actions) > 1:
            del actions[place]
        elif how == "repeat":
            actions.insert(place, actions[place])
        elif how == "swap":
            other = data.draw(st.integers(0, len(actions) - 1))
            actions[place], actions[other] = actions[other], actions[place]
        else:
            action = actions[place]
            text = action if isinstance(action, str) else render([action])
            actions[place] = text[: data.draw(st.integers(0, len(text)))]
    env = ToolEnv(retail(), task, limits=Limits(max_turns=len(actions)))
    env.reset()
    for action in actions:
        if not env.done:
            env.step(action if isinstance(action, str) else render([action]))
    counts = env.metrics()
    assert env.infra_error is None
    assert counts["reward/total"] <= 1.3 + 1e-9
    if counts["reward/success"]:
        assert env.diff() == task.gold_diff


def guess(random: Random, spec: ToolSpec, seen: list[str]) -> dict[str, Any]:
    """Arguments that fit the schema, of whatever has been seen."""
    given = {}
    for name, schema in spec.parameters["properties"].items():
        word = random.choice(schema.get("enum") or seen)
        given[name] = [word] if schema["type"] == "array" else word
    return given


def test_random_agents_never_succeed() -> None:
    random = Random(0)
    wrote = 0
    for task in tasks()[:60]:
        env = ToolEnv(retail(), task, limits=Limits(max_turns=15))
        env.reset()
        # It knows more than any agent could: every value of the gold.
        seen = [text for _, given in task.gold_calls for text in texts(given)]
        while not env.done:
            spec = random.choice(retail().tools)
            speaks = random.random() < 0.3
            text = (
                "Shall I go ahead?" if speaks else render([(spec.name, guess(random, spec, seen))])
            )
            env.step(text)
        assert env.infra_error is None
        assert not env.metrics()["reward/success"]
        wrote += bool(env.diff())
    assert wrote > 5


def test_draws_are_spread_and_settled() -> None:
    drawn = [draw(seed, "x") for seed in range(400)]
    assert drawn == [draw(seed, "x") for seed in range(400)]
    assert 0.4 < sum(drawn) / 400 < 0.6
    assert all(0 <= one < 1 for one in drawn)


@pytest.mark.parametrize(
    ("value", "wrong"), [("#W12345", "#W12346"), ("a9@b.example", "a0@b.example"), ("abc", "abc")]
)
def test_misreading_changes_the_last_digit(value: str, wrong: str) -> None:
    assert misread(value) == wrong
