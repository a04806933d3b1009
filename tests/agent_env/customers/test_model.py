from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from agent_env import Domain, Endpoint, EnvError, ModelUser, StopReason, Task, ToolEnv
from agent_env.customers.model import LEAVE, Budget
from agent_env.customers.user import Situation, UserReply
from agent_env.endpoints.endpoint import Retries
from agent_env.endpoints.scripted_server import Fault, Reply, ScriptedServer, faults_at
from agent_env.types import Message

QUICK = Retries(count=2, first_wait_s=0.001, longest_wait_s=0.01)


class Customer:
    """A `ModelUser` at a server that says these texts in order, and what it was sent."""

    def __init__(self, *texts: str | Reply, faults: Any = None, **settings: Any) -> None:
        replies = iter([Reply(text=one) if isinstance(one, str) else one for one in texts])
        self.bodies: list[dict[str, Any]] = []

        def answer(body: Any) -> Reply:
            self.bodies.append(body)
            return next(replies)

        self.server = ScriptedServer(answer, faults or (lambda number, body: None))
        self._settings = settings

    def __enter__(self) -> Customer:
        self.server.__enter__()
        endpoint = Endpoint(base_url=self.server.url, model="m", retries=QUICK)
        self.user = ModelUser(endpoint=endpoint, **self._settings)
        return self

    def __exit__(self, *_: object) -> None:
        self.user.endpoint.close()
        self.server.__exit__()


def situation(task: Task, *said: str, reached: bool = False) -> Situation:
    """The customer's and the agent's words in turn, the agent's last."""
    chat: Sequence[Message] = [
        {"role": "assistant" if number % 2 else "user", "content": text}
        for number, text in enumerate(said)
    ]
    return Situation(
        task=task,
        message=said[-1],
        conversation=tuple(chat),
        is_reached=reached,
        missing_facts=(),
    )


@pytest.fixture
def task(task_of: Callable[[str], Task]) -> Task:
    return task_of("cancel")


def test_it_opens_from_the_instruction(task: Task) -> None:
    with Customer("I would like to cancel an order.") as customer:
        reply = customer.user.open(task)
    assert reply.text == "I would like to cancel an order."
    assert not reply.done
    system, greeting = customer.bodies[0]["messages"]
    assert task.instruction in system["content"]
    assert LEAVE in system["content"]
    assert greeting["role"] == "user"


def test_it_hears_only_what_was_said_from_its_own_side(task: Task) -> None:
    with Customer("Yes, please.") as customer:
        reply = customer.user.reply(situation(task, "Cancel it.", f"[LE{LEAVE}AVE][leave]Shall I?"))
    assert reply.text == "Yes, please."
    assert [(one["role"], one["content"]) for one in customer.bodies[0]["messages"][2:]] == [
        ("assistant", "Cancel it."),
        ("user", "[LE(leave)AVE](leave)Shall I?"),
    ]


def test_an_agents_thinking_and_tools_never_reach_it(domain: Domain, task: Task, call: Any) -> None:
    with Customer("Cancel my order.", "Why?", "And?") as customer:
        env = ToolEnv(domain, task, customer.user)
        env.reset()
        env.step("<think>secret plan</think>Which one?")
        env.step(call("get_order", order_id=task.slots["order_id"]))
        env.step("<tool_call>{broken secret")
        env.step("Just a moment.")
    sent = str(customer.bodies)
    assert len(customer.bodies) == 3
    assert "Which one?" in sent
    assert "secret" not in sent
    assert "get_order" not in sent


def test_the_marker_ends_the_conversation_and_is_not_read_out(task: Task) -> None:
    with Customer(f"Thank you! {LEAVE}", LEAVE) as customer:
        done = situation(task, "Cancel it.", "It is cancelled.", reached=True)
        assert customer.user.reply(done) == UserReply(
            text="Thank you!",
            done=True,
            counts={
                "user/regenerated": 0.0,
                "user/retries": 0.0,
                "user/prompt_tokens": sum(
                    len(one["content"].split()) for one in customer.bodies[0]["messages"]
                ),
                "user/completion_tokens": 3.0,
            },
        )
        assert customer.user.reply(done).done


def test_one_that_leaves_before_it_is_served_is_asked_once_whether_it_means_it(task: Task) -> None:
    early = situation(task, "Cancel it.", "Shall I cancel it?")
    with Customer(f"Yes. {LEAVE}", "Yes, please.", f"No. {LEAVE}", f"Bye. {LEAVE}") as customer:
        stays = customer.user.reply(early)
        leaves = customer.user.reply(early)
    assert (stays.text, stays.done) == ("Yes, please.", False)
    assert (leaves.text, leaves.done) == ("Bye.", True)
    assert stays.counts["user/regenerated"] == 1
    assert "last message again" in customer.bodies[1]["messages"][0]["content"]


def test_nobody_leaves_with_the_opening(task: Task) -> None:
    with Customer(f"Hi. {LEAVE}", f"Hi. {LEAVE}") as customer:
        assert customer.user.open(task).done is False


@pytest.mark.parametrize(
    ("slip", "key", "reason"),
    [
        ("<think>Hm.</think>Yes.", "user/leaks", "it showed thoughts"),
        ("How can I help you?", "user/role_flips", "it spoke as the agent"),
        (Reply(calls=[("cancel_order", {})]), "user/role_flips", "it called a tool"),
        ("", None, "it was empty"),
    ],
)
def test_a_slip_is_asked_for_again_with_its_reason(
    task: Task, slip: str | Reply, key: str | None, reason: str
) -> None:
    with Customer(slip, "Yes, please.", seed=1) as customer:
        reply = customer.user.reply(situation(task, "Cancel it.", "Shall I?"))
    assert reply.text == "Yes, please."
    assert reply.counts["user/regenerated"] == 1
    assert key is None or reply.counts[key] == 1
    assert reason in customer.bodies[1]["messages"][0]["content"]
    assert customer.bodies[0]["seed"] != customer.bodies[1]["seed"]


def test_slips_without_end_are_an_infra_error(domain: Domain, task: Task) -> None:
    with Customer(*["<think>Hm.</think>Hello."] * 3, regenerations=2) as customer:
        env = ToolEnv(domain, task, customer.user)
        env.reset()
        assert len(customer.bodies) == 3
    assert env.stop_reason is StopReason.INFRA_ERROR
    assert env.infra_error is not None
    assert env.infra_error["kind"] == "UnusableCustomer"
    assert "3 attempts" in str(env.infra_error["message"])
    assert "reasoning parser" in str(env.infra_error["message"])


def test_a_dead_server_is_an_infra_error(domain: Domain, task: Task) -> None:
    with Customer(faults=lambda number, body: Fault.SERVER_ERROR) as customer:
        env = ToolEnv(domain, task, customer.user)
        env.reset()
    assert env.infra_error is not None
    assert "status 500: scripted failure" in str(env.infra_error["message"])


def test_retries_are_counted(task: Task) -> None:
    with Customer("Hi.", "Hi.", faults=faults_at({0: Fault.RATE_LIMIT, 1: Fault.CUT})) as customer:
        assert customer.user.open(task).counts["user/retries"] == 2


def test_seeds_differ_by_episode_task_and_turn_and_come_again(task: Task) -> None:
    with Customer(*["Hi."] * 5) as customer:
        one, other = customer.user.for_episode(1), customer.user.for_episode(2)
        one.open(task)
        one.open(task)
        other.open(task)
        one.reply(situation(task, "Hi.", "Hello."))
        customer.user.open(task)
    first, again, second, later = (body["seed"] for body in customer.bodies[:4])
    assert first == again
    assert len({first, second, later}) == 3
    assert "seed" not in customer.bodies[4]


def test_a_spent_budget_is_a_clear_failure(task: Task) -> None:
    with Customer(*["Hi."] * 9, budget=Budget(limit=10_000)) as customer:
        episode = customer.user.for_episode(None, max_tokens=100)
        episode.open(task)
        with pytest.raises(EnvError, match="budget of 100 tokens is spent") as caught:
            episode.open(task)
        assert caught.value.kind == "BudgetSpent"
        customer.user.for_episode(None).open(task)
        customer.user.budget.limit = customer.user.budget.spent
        with pytest.raises(EnvError, match="BudgetSpent"):
            customer.user.for_episode(None, max_tokens=10**9).open(task)


def test_many_episodes_wait_side_by_side(domain: Domain, task: Task) -> None:
    async def play(user: ModelUser) -> str:
        env = ToolEnv(domain, task, user)
        await env.areset()
        result = await env.astep("Hello?")
        return result.messages[0]["content"]

    async def play_all(user: ModelUser) -> list[str]:
        try:
            return await asyncio.gather(*(play(user) for _ in range(20)))
        finally:
            await user.endpoint.aclose()

    with Customer(*["Hi."] * 40) as customer:
        assert asyncio.run(play_all(customer.user)) == ["Hi."] * 20
