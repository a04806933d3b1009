from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_env import Domain, Situation, Task, load_domain
from agent_env.customers.user import UserReply


@pytest.fixture
def say(domain: Domain, task_of: Callable[[str], Task]) -> Callable[..., UserReply]:
    """What the scripted customer answers to a message."""

    def ask(
        message: str,
        kind: str = "cancel",
        reached: bool = False,
        missing: tuple[str, ...] = ("refund",),
    ) -> UserReply:
        task = task_of(kind)
        conversation = (
            {"role": "user", "content": task.opening},
            {"role": "assistant", "content": message},
        )
        situation = Situation(
            task=task,
            message=message,
            conversation=conversation,
            is_reached=reached,
            missing_facts=missing,
        )
        return domain.user.reply(situation)

    return ask


def test_leaves_only_when_the_change_is_visible_and_the_facts_are_told(
    say: Callable[..., UserReply],
) -> None:
    assert say("Done.", reached=True, missing=()).done
    assert not say("Done.", reached=True).done
    assert not say("Done.", reached=False, missing=()).done


def test_asks_for_the_fact_it_misses(say: Callable[..., UserReply]) -> None:
    assert say("Done.", reached=True).text in {"How much do I get back?", "What is the refund?"}
    city = say("Done.", kind="change_city", reached=True, missing=("city",)).text
    assert city in {"Where does it go now?", "Which city is it sent to now?"}


@pytest.mark.parametrize("kind", ["cancel", "return", "change_city"])
def test_restates_everything_that_the_write_needs(
    say: Callable[..., UserReply], task_of: Callable[[str], Task], kind: str
) -> None:
    said = say("Goodbye.", kind=kind).text
    _, arguments = task_of(kind).gold_calls[-1]
    assert all(value in said for value in arguments.values())


@pytest.mark.parametrize(
    ("question", "kind", "slots"),
    [
        ("What is your order number?", "cancel", ["order_id"]),
        ("Could you tell me the order id?", "return", ["order_id"]),
        ("What is the reason?", "cancel", ["reason"]),
        ("Why?", "cancel", ["reason"]),
        ("Which city should it go to?", "change_city", ["city"]),
        ("May I have your e-mail address?", "cancel", ["email"]),
        ("What is your order number, and please your email?", "cancel", ["order_id", "email"]),
    ],
)
def test_tells_what_it_is_asked_for_and_no_more(
    say: Callable[..., UserReply],
    task_of: Callable[[str], Task],
    question: str,
    kind: str,
    slots: list[str],
) -> None:
    said = say(question, kind=kind).text
    known = task_of(kind).slots
    assert [name for name in known if known[name] in said] == [
        name for name in known if name in slots
    ]


def test_confirms_only_what_it_wants(
    say: Callable[..., UserReply], task_of: Callable[[str], Task]
) -> None:
    order = task_of("cancel").slots["order_id"]
    yes = {"Yes, please do that.", "Yes, go ahead."}
    assert say(f"Shall I cancel order {order}?").text in yes
    for other in (
        "Shall I cancel order #W0001?",
        f"Shall I return order {order}?",
        f"Should I cancel {order} and #W0001?",
    ):
        assert say(other).text.startswith("No, not that. ")
        assert order in say(other).text
    assert say("Shall I go ahead?").text not in yes


@given(st.text(max_size=80), st.booleans())
@settings(max_examples=80, deadline=None)
def test_any_message_gets_the_same_words_twice_and_no_early_goodbye(
    message: str, reached: bool
) -> None:
    domain = load_domain("retail_mini", seed=0, orders=16, prompt="retail_mini_compact")
    task = domain.tasks(1, 0)[0]
    situation = Situation(
        task=task,
        message=message,
        conversation=(),
        is_reached=reached,
        missing_facts=tuple(task.facts),
    )
    reply = domain.user.reply(situation)
    assert reply == domain.user.reply(situation)
    assert reply.text
    assert not reply.done
