"""Walks every domain: a new domain is tested by being there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_env import Domain, Limits, Store, Task, ToolEnv, list_domains, load_domain
from agent_env.feedback import answer_text
from agent_env.goal import is_told
from agent_env.types import Effect
from parsers import ParseStatus, parse, render

DOMAINS = list_domains()
every_domain = pytest.mark.parametrize("name", DOMAINS)
every_shop = pytest.mark.parametrize(
    "name", [name for name in DOMAINS if load_domain(name).referee is None]
)
Script = Callable[[Domain, Task], list[str]]

PIECES = (
    *("<tool_call>", "</tool_call>", '{"name": ', '"get_order"', ', "arguments": ', "{}", "}", "["),
    *("]", "<think>", "</think>", "```json\n", "```", "\nUser: ", "<|im_end|>", "\ud800", "\x00"),
    *("9" * 5_000, '{"tool_calls": [', "NaN", "#W0000", "Shall I cancel", "order number?", " "),
)


@every_domain
def test_the_same_seed_gives_the_same_tasks_in_another_process(name: str) -> None:
    code = (
        "import json; from agent_env import load_domain; "
        f"print(json.dumps([t.to_dict() for t in load_domain({name!r}).tasks(8, 5)]))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [task.to_dict() for task in load_domain(name).tasks(8, 5)]


@every_domain
def test_seeds_differ_ids_are_unique_and_counts_only_extend(name: str) -> None:
    domain = load_domain(name)
    tasks = domain.tasks(60, 1)
    assert tasks[:9] == domain.tasks(9, 1)
    assert len({task.id for task in tasks}) == 60
    assert [task.opening for task in tasks] != [task.opening for task in domain.tasks(60, 2)]
    with pytest.raises(ValueError, match="count is -1"):
        domain.tasks(-1)


@every_shop
def test_the_oracle_succeeds_with_full_reward_and_no_fault(name: str, script: Script) -> None:
    domain = load_domain(name)
    for task in domain.tasks(60, 1):
        texts = script(domain, task)
        env = ToolEnv(domain, task, limits=Limits(max_turns=len(texts) + 1))
        env.reset()
        results = [env.step(text) for text in texts]
        counts = env.metrics()
        assert results[-1].done
        assert counts["reward/success"] == 1, task
        # Where the first write needs no look-up, none is paid.
        assert counts["reward/total"] in (pytest.approx(1.3), pytest.approx(1.15))
        assert counts["parse/malformed"] == counts["tool/tool_error"] == 0


@every_shop
@pytest.mark.parametrize("what", ["nothing", "talk", "facts", "read"])
def test_without_the_work_there_is_no_success(name: str, what: str, script: Script) -> None:
    domain = load_domain(name)
    for task in domain.tasks(12, 1):
        text = {
            "nothing": "Done.",
            "talk": f"Of course! {task.opening} It is done.",
            "facts": domain.close(task),
            "read": script(domain, task)[0],
        }[what]
        env = ToolEnv(domain, task)
        env.reset()
        while not env.done:
            env.step(text)
        counts = env.metrics()
        assert (counts["reward/success"], counts["reward/zero"]) == (0, 1)
        assert counts["stop/infra_error"] == 0


@every_shop
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=9).map("".join), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_no_text_raises_or_breaks_the_environment(name: str, turns: list[str]) -> None:
    domain = load_domain(name)
    env = ToolEnv(domain, domain.tasks(1)[0])
    env.reset()
    for text in turns:
        result = env.step(text)
        assert env.infra_error is None
        assert (result.info["status"] == "malformed") == (result.reward < 0)
        roles = {message["role"] for message in result.messages}
        assert roles == ({"user"} if result.info["status"] == "message" else {"tool"})
    json.dumps(env.trajectory)
    assert env.metrics()["parse/turns"] == len(turns)


@every_shop
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_oracle_never_gets_more_than_the_oracle(name: str, data: st.DataObject) -> None:
    domain = load_domain(name)
    task = data.draw(st.sampled_from(domain.tasks(6)))
    texts = [one if isinstance(one, str) else render([one]) for one in domain.oracle(task)]
    env = ToolEnv(domain, task, limits=Limits(max_turns=len(texts)))
    env.reset()
    for text in texts:
        if not env.done:
            start = data.draw(st.integers(0, len(text)))
            env.step(text[:start] + text[data.draw(st.integers(start, len(text))) :])
    counts = env.metrics()
    assert counts["reward/total"] <= 1.3 + 1e-9
    if counts["reward/success"]:
        assert env.diff() == task.gold_diff


@every_shop
def test_a_task_can_only_be_solved_with_what_the_customer_says(name: str) -> None:
    domain = load_domain(name)
    for task in domain.tasks(30, 2):
        slots = [
            *task.slots.values(),
            *(slot for goal in task.goals for slot in goal.slots.values()),
        ]
        said, read = " ".join([task.opening, task.instruction, *slots]), ""
        store, secrets = Store(domain.base), set()
        for tool, given_arguments in task.gold_calls:
            values = set(leaves(given_arguments))
            known = read + domain.system_prompt
            secrets |= {value for value in values if value in said and value not in known}
            if domain.tool(tool).effect is Effect.WRITE:
                assert all(value in said or value in read for value in values), (task.id, tool)
            read += answer_text(domain.tool(tool).call(store, given_arguments))
        assert secrets, f"{task.id}: nothing that only the customer knows is needed"
        told = " ".join(action for action in domain.oracle(task) if isinstance(action, str))
        assert all(is_told(fact, told) for fact in task.facts.values())


def leaves(value: Any) -> Iterator[str]:
    """Every scalar in JSON data, as text."""
    if isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from leaves(item)
    else:
        yield str(value)


@every_domain
def test_a_domain_is_built_once_for_equal_options(name: str) -> None:
    domain = load_domain(name)
    assert load_domain(name, **domain.options) is domain


@every_shop
def test_prompt_examples_parse_to_exactly_what_they_show_and_leak_nothing(name: str) -> None:
    domain = load_domain(name)
    assert domain.examples
    keys = {key for table in domain.base.tables() for key in domain.base.table(table)}
    for example in domain.examples:
        turn = parse(example.text, domain.schemas)
        assert turn.status is ParseStatus.CALLS
        assert [(one.name, one.arguments) for one in turn.calls] == [example.call]
        assert not turn.faults
        assert not turn.calls[0].repairs
        assert example.text in domain.system_prompt
        assert keys.isdisjoint(map(str, example.call[1].values()))
