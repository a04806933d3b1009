from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from agent_env import (
    Domain,
    Limits,
    RewardWeights,
    Situation,
    StopReason,
    Store,
    Task,
    ToolEnv,
    ToolError,
    UserReply,
    episode_keys,
    load_domain,
)

Start = Callable[..., ToolEnv]
Script = Callable[[Domain, Task], list[str]]
TaskOf = Callable[[str], Task]
Call = Callable[..., str]


def test_a_perfect_episode(domain: Domain, task_of: TaskOf, script: Script) -> None:
    task = task_of("cancel")
    env = ToolEnv(domain, task)
    opening = env.reset()
    assert [message["role"] for message in opening] == ["system", "user"]
    assert opening[1]["content"] == task.opening
    lookup, write, last = (env.step(text) for text in script(domain, task))
    assert json.loads(lookup.messages[0]["content"])["status"] == "pending"
    assert (lookup.messages[0]["role"], last.messages[0]["role"]) == ("tool", "user")
    assert [lookup.reward, write.reward, last.reward] == [0.15, 0.15, 1.0]
    assert [lookup.done, write.done, last.done] == [False, False, True]
    assert last.stop_reason is StopReason.USER_DONE
    assert env.diff() == task.gold_diff
    assert env.metrics()["reward/success"] == 1


def test_a_malformed_turn_is_answered_to_the_model_only(
    domain: Domain, task_of: TaskOf, start: Start
) -> None:
    heard: list[str] = []

    class Listener:
        def open(self, task: Task) -> UserReply:
            return UserReply(text="Hello.")

        def reply(self, situation: Situation) -> UserReply:
            heard.extend(message["content"] for message in situation.conversation)
            return UserReply(text="Go on.")

    env = start(domain, task_of("cancel"), user=Listener())
    result = env.step("<tool_call>\n{broken")
    assert [message["role"] for message in result.messages] == ["tool"]
    assert result.reward == -0.5
    assert result.info["status"] == "malformed"
    env.step("<think>secret</think>Which order?")
    assert heard == ["Hello.", "Which order?"]


def test_calls_run_in_order_and_a_bad_sibling_is_told(
    domain: Domain, task_of: TaskOf, start: Start, call: Call
) -> None:
    task = task_of("cancel")
    order, reason = task.slots["order_id"], task.slots["reason"]
    env = start(domain, task)
    result = env.step(
        "\n".join(
            [
                call("cancel_order", order_id=order, reason=reason),
                call("get_ordr", order_id=order),
                call("get_order", order_id=order),
            ]
        )
    )
    write, read, dropped = (message["content"] for message in result.messages)
    assert json.loads(write)["status"] == json.loads(read)["status"] == "cancelled"
    assert "unknown_tool" in dropped
    assert env.metrics()["tool/unknown"] == 1


def test_invalid_arguments_are_all_named_and_nothing_runs(
    domain: Domain, task_of: TaskOf, start: Start, call: Call
) -> None:
    env = start(domain, task_of("cancel"))
    result = env.step(call("cancel_order", reason="bored"))
    assert "order_id" in result.messages[0]["content"]
    assert "bored" in result.messages[0]["content"]
    assert env.diff() == {}
    assert env.metrics()["tool/invalid_arguments"] == 1


def test_a_refusal_goes_back_to_the_model_and_undoes_half_a_write(
    domain: Domain, task_of: TaskOf, start: Start, call: Call, with_tool: Callable[..., Domain]
) -> None:
    def half(store: Store, order_id: str) -> None:
        store.update("orders", order_id, status="lost")
        raise ToolError("The order cannot be found in the warehouse.")

    task = task_of("return")
    env = start(with_tool(domain, "return_order", half), task)
    result = env.step(call("return_order", order_id=task.slots["order_id"]))
    assert json.loads(result.messages[0]["content"]) == {
        "error": "The order cannot be found in the warehouse."
    }
    assert (env.diff(), result.done, env.metrics()["tool/tool_error"]) == ({}, False, 1)


@pytest.mark.parametrize("error", [KeyError("total"), ConnectionError("gone"), RecursionError()])
def test_a_failing_tool_is_an_infra_error_and_no_reward(
    domain: Domain,
    task_of: TaskOf,
    start: Start,
    call: Call,
    with_tool: Callable[..., Domain],
    error: Exception,
) -> None:
    def broken(store: Store, order_id: str) -> None:
        raise error

    env = start(with_tool(domain, "get_order", broken), task_of("cancel"))
    result = env.step(call("get_order", order_id="#W1234"))
    assert (result.done, result.reward, result.messages) == (True, 0.0, ())
    assert result.stop_reason is StopReason.INFRA_ERROR
    assert result.info["infra_error"]["kind"] == type(error).__name__
    assert result.info["infra_error"]["retryable"] is isinstance(error, ConnectionError)
    counts = env.metrics()
    assert (counts["infra_error"], counts["reward/zero"], counts["stop/infra_error"]) == (1, 0, 1)
    json.dumps(env.trajectory)


def test_an_answer_that_is_no_json_is_an_infra_error(
    domain: Domain, task_of: TaskOf, start: Start, call: Call, with_tool: Callable[..., Domain]
) -> None:
    env = start(with_tool(domain, "get_order", lambda store, order_id: {1}), task_of("cancel"))
    assert env.step(call("get_order", order_id="#W1")).stop_reason is StopReason.INFRA_ERROR


class Broken:
    """A customer that fails where it is told to."""

    def __init__(self, where: str) -> None:
        self.where = where

    def open(self, task: Task) -> UserReply:
        if self.where == "open":
            raise TimeoutError("no answer")
        return UserReply(text=task.opening)

    def reply(self, situation: Situation) -> Any:
        if self.where == "reply":
            raise TimeoutError("no answer")
        return "no UserReply"


@pytest.mark.parametrize("where", ["open", "reply", "type"])
def test_a_failing_customer_is_an_infra_error(
    domain: Domain, task_of: TaskOf, start: Start, where: str
) -> None:
    env = start(domain, task_of("cancel"), user=Broken(where))
    for _ in range(2):
        result = env.step("Hello.")
        assert (result.done, result.reward) == (True, 0.0)
        assert result.info["infra_error"]["message"].startswith("customer: ")
    assert env.metrics()["infra_error"] == 1


def test_at_the_turn_limit_the_state_is_scored(
    domain: Domain, task_of: TaskOf, start: Start, script: Script
) -> None:
    class Clingy:
        def open(self, task: Task) -> UserReply:
            return UserReply(text=task.opening)

        def reply(self, situation: Situation) -> UserReply:
            return UserReply(text="And now?")

    task = task_of("cancel")
    env = start(domain, task, user=Clingy(), limits=Limits(max_turns=3))
    result = [env.step(text) for text in script(domain, task)][-1]
    assert result.stop_reason is StopReason.MAX_TURNS
    assert env.metrics()["reward/success"] == 1


def test_calls_beyond_the_limit_are_not_run_and_that_is_told(
    domain: Domain, task_of: TaskOf, start: Start, call: Call
) -> None:
    env = start(domain, task_of("cancel"), limits=Limits(max_calls=2))
    order = task_of("cancel").slots["order_id"]
    result = env.step("\n".join([call("get_order", order_id=order)] * 5))
    assert len(result.messages) == 3
    assert "first 2 calls" in result.messages[-1]["content"]
    assert env.metrics()["tool/calls"] == 2


def test_long_answers_are_cut(domain: Domain, task_of: TaskOf, start: Start, call: Call) -> None:
    env = start(domain, task_of("cancel"), limits=Limits(max_answer_chars=10))
    result = env.step(call("get_order", order_id=task_of("cancel").slots["order_id"]))
    assert result.messages[0]["content"] == '{"order_id\n[cut at 10 characters]'


def test_another_change_or_an_untold_fact_is_no_success(
    domain: Domain, task_of: TaskOf, start: Start, script: Script, call: Call
) -> None:
    task = task_of("change_city")
    other = task_of("cancel")
    wrong = call("cancel_order", order_id=other.slots["order_id"], reason="no longer needed")
    env = start(domain, task, limits=Limits(max_turns=9))
    for text in [wrong, *script(domain, task)]:
        result = env.step(text)
    assert (result.done, env.metrics()["reward/success"]) == (True, 0)
    assert result.info["components"]["outcome"] == 0.0


def test_a_wrong_write_earns_nothing(
    domain: Domain, task_of: TaskOf, start: Start, call: Call
) -> None:
    env = start(domain, task_of("return"))
    wrong = call(
        "cancel_order", order_id=task_of("cancel").slots["order_id"], reason="no longer needed"
    )
    assert env.step(wrong).reward == 0.0


def test_weights_are_the_callers(
    domain: Domain, task_of: TaskOf, script: Script, start: Start
) -> None:
    task = task_of("return")
    weights = RewardWeights(outcome=2.0, parse=-1.0, lookup=0.0, progress=0.5)
    env = start(domain, task, weights=weights)
    assert env.step("").reward == -1.0
    assert [env.step(text).reward for text in script(domain, task)] == [0.0, 0.5, 2.0]


def test_an_open_thought_is_read_as_one(domain: Domain, task_of: TaskOf, start: Start) -> None:
    text = "I think.</think>Which order?"
    env = start(domain, task_of("cancel"), reasoning="open")
    assert env.step(text).info["parsed"].content == "Which order?"


def test_a_fork_goes_its_own_way(
    domain: Domain, task_of: TaskOf, script: Script, start: Start
) -> None:
    task = task_of("cancel")
    env = start(domain, task)
    lookup, write, last = script(domain, task)
    env.step(lookup)
    before = (json.dumps(env.trajectory), env.metrics(), env.state_hash())
    twin = env.fork()
    assert (json.dumps(twin.trajectory), twin.metrics(), twin.state_hash()) == before
    rewards = [twin.step(write).reward, twin.step(last).reward]
    assert (json.dumps(env.trajectory), env.metrics(), env.state_hash()) == before
    assert [env.step(write).reward, env.step(last).reward] == rewards
    assert env.state_hash() == twin.state_hash()


def test_misuse_is_said_in_one_sentence(
    domain: Domain, task_of: TaskOf, script: Script, start: Start
) -> None:
    task = task_of("cancel")
    with pytest.raises(RuntimeError, match="before reset"):
        ToolEnv(domain, task).step("Hello.")
    env = start(domain, task)
    with pytest.raises(RuntimeError, match="single-use"):
        env.reset()
    for text in script(domain, task):
        env.step(text)
    with pytest.raises(RuntimeError, match="episode is over"):
        env.step("Hello.")
    with pytest.raises(ValueError, match="load the domain with the options"):
        ToolEnv(load_domain("retail_mini", seed=99), task)
    with pytest.raises(ValueError, match="comes from world"):
        ToolEnv(domain, replace(task, world="0" * 64))


def test_what_a_caller_does_to_messages_does_not_reach_the_episode(
    domain: Domain, task_of: TaskOf, start: Start
) -> None:
    env = start(domain, task_of("cancel"))
    env.step("Hello.").messages[0]["content"] = "changed"
    env.trajectory["messages"][0]["content"] = "changed"
    assert "changed" not in [message["content"] for message in env.messages]


def test_every_episode_has_the_same_keys(domain: Domain, start: Start, script: Script) -> None:
    for task in domain.tasks(6, 1):
        env = start(domain, task)
        for text in script(domain, task)[:-1]:
            env.step(text)
        assert tuple(env.metrics()) == episode_keys()


def test_an_episode_costs_less_than_a_millisecond(domain: Domain, script: Script) -> None:
    tasks = domain.tasks(60, 2)
    scripts = [script(domain, task) for task in tasks]
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        for task, texts in zip(tasks, scripts, strict=True):
            env = ToolEnv(domain, task)
            env.reset()
            for text in texts:
                env.step(text)
            env.metrics()
        best = min(best, (time.process_time() - started) / len(tasks))
    assert best < 1e-3
