"""A turn asks the customer the same way in a thread and on an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from agent_env import Domain, Situation, StopReason, Task, ToolEnv, UserReply


class Awaited:
    """A customer that can only be awaited."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def open(self, task: Task) -> UserReply:
        raise AssertionError("asked in a thread")

    def reply(self, situation: Situation) -> UserReply:
        raise AssertionError("asked in a thread")

    async def aopen(self, task: Task) -> UserReply:
        await asyncio.sleep(0)
        self.asked.append("open")
        return UserReply(text=task.opening, counts={"user/completion_tokens": 3.0})

    async def areply(self, situation: Situation) -> UserReply:
        await asyncio.sleep(0)
        self.asked.append(situation.message)
        if situation.message == "Fail.":
            raise TimeoutError("no answer")
        return UserReply(text="Yes.", done=True, counts={"user/completion_tokens": 2.0})


def test_an_awaited_customer_is_awaited_and_what_it_cost_is_counted(
    domain: Domain, task_of: Callable[[str], Task]
) -> None:
    async def episode(message: str) -> tuple[ToolEnv, Awaited]:
        user = Awaited()
        env = ToolEnv(domain, task_of("cancel"), user=user)
        await env.areset()
        await env.astep(message)
        return env, user

    env, user = asyncio.run(episode("Hello?"))
    assert user.asked == ["open", "Hello?"]
    assert env.stop_reason is StopReason.USER_DONE
    assert env.metrics()["user/completion_tokens"] == 5
    assert env.metrics()["user/replies"] == 2
    env, _ = asyncio.run(episode("Fail."))
    assert env.stop_reason is StopReason.INFRA_ERROR
    assert env.infra_error is not None
    assert env.infra_error["kind"] == "TimeoutError"
    assert env.infra_error["retryable"] is True


def test_a_scripted_customer_gives_the_same_episode_either_way(
    domain: Domain, script: Callable[[Domain, Task], list[str]]
) -> None:
    async def awaited(task: Task) -> ToolEnv:
        env = ToolEnv(domain, task)
        await env.areset()
        for text in script(domain, task):
            await env.astep(text)
        return env

    for task in domain.tasks(3):
        env = ToolEnv(domain, task)
        env.reset()
        for text in script(domain, task):
            env.step(text)
        assert asyncio.run(awaited(task)).trajectory == env.trajectory
