"""What the retail customer answers to messages in many styles."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_env import Domain, Situation, Task, ToolEnv, UserReply, load_domain
from agent_env.customers.noise import Noise
from agent_env.goal import is_stated
from parsers import render


@cache
def shop(kind: str) -> Domain:
    return load_domain("retail", kinds=(kind,), max_intents=1)


TOOLS = {
    "cancel": "cancel_order",
    "modify_address": "modify_order_address",
    "change_home_address": "modify_user_address",
    "hand_over": "transfer_to_person",
    "refuse_cancel": "get_order",
}


@cache
def first(kind: str, left_out: str = "", knows: str = "", number: bool = True) -> Task:
    """A task of one intent whose customer leaves this out, knows this, and gives its order."""
    for task in (shop(kind).derive(index, 3) for index in range(300)):
        slots = task.goals[0].slots
        if task.gold_calls[-1][0] not in (kind, TOOLS.get(kind)):
            continue
        if slots["_left_out"] != left_out or (number and "order_id" not in slots):
            continue
        if not knows or set(knows.split()) == set(task.slots):
            return task
    raise LookupError(f"no {kind} leaves out {left_out!r}")


def reply(
    task: Task,
    message: str,
    *before: str,
    visible: bool = False,
    missing: tuple[str, ...] | None = None,
    noise: Noise | None = None,
) -> UserReply:
    """The answer to a message; `before` are the agent's earlier ones."""
    user = shop(task.goals[0].kind).user
    user = user if noise is None else replace(user, noise=noise)
    chat = [{"role": "user", "content": task.opening}]
    for text in before:
        chat.append({"role": "assistant", "content": text})
        chat.append({"role": "user", "content": answer(user, task, chat, False, missing)})
    chat.append({"role": "assistant", "content": message})
    return user.reply(situation(task, chat, visible, missing))


def situation(
    task: Task, chat: list[dict[str, str]], visible: bool, missing: tuple[str, ...] | None
) -> Situation:
    is_visible = visible or not task.goals[0].wants
    if missing is None:
        heard = [one["content"] for one in chat if one["role"] == "assistant"]
        missing = tuple(
            name for name in task.facts if not any(is_stated(name, task, one) for one in heard)
        )
    return Situation(
        task=task,
        message=chat[-1]["content"],
        conversation=tuple(chat),
        is_reached=is_visible,
        visible_goals=(is_visible,),
        missing_facts=missing,
    )


def answer(user: Any, task: Task, chat: list[dict[str, str]], visible: bool, missing: Any) -> str:
    return str(user.reply(situation(task, chat, visible, missing)).text)


def filled(task: Task, message: str) -> str:
    """The message with the task's own values in its places."""
    write = task.gold_calls[-1][1]
    values = {
        "order": task.goals[0].slots.get("order_id", ""),
        "reason": write.get("reason", ""),
        "other_reason": "ordered by mistake"
        if write.get("reason") == "no longer needed"
        else "no longer needed",
        "items": ", ".join(write.get("item_ids", ())),
        "new": ", ".join(write.get("new_item_ids", ())),
        "method": write.get("payment_method_id", ""),
        "amount": next(iter(task.facts.values()), ""),
        "city": write.get("city", ""),
        "street": write.get("street", ""),
        "zip": write.get("zip", ""),
        "country": write.get("country", ""),
    }
    for name, value in values.items():
        message = message.replace(f"<{name}>", value)
    return message


MESSAGES = json.loads((Path(__file__).parent / "retail_messages.json").read_text("utf-8"))
ASKS_WHO = MESSAGES["asks_who"]
ASKS = MESSAGES["asks_for_a_slot"]
PROPOSES = MESSAGES["proposes_what_is_wanted"]
CONTRADICTS = MESSAGES["proposes_something_else"]
YES = {"Yes, please do that.", "Yes, go ahead."}


@pytest.mark.parametrize("message", ASKS_WHO)
def test_says_who_it_is_when_asked_and_nothing_else(message: str) -> None:
    for kind in ("cancel", "return_items", "modify_address", "exchange_items"):
        task = first(kind, knows="email")
        text = reply(task, message).text
        assert task.slots["email"] in text
        assert task.goals[0].slots["order_id"] not in text


@pytest.mark.parametrize(
    "message",
    [
        "May I have your e-mail address, or your name and zip code?",
        "What's your email?",
        "Could you tell me your full name and your zip code, please?",
        "Please verify your identity.",
    ],
)
def test_who_has_no_address_at_hand_gives_name_and_zip(message: str) -> None:
    task = first("cancel", knows="name zip")
    text = reply(task, message).text
    assert task.slots["name"] in text
    assert task.slots["zip"] in text


def test_who_is_asked_for_name_and_zip_gives_those() -> None:
    task = first("cancel", knows="email name zip")
    text = reply(task, "What is your name, and your zip code?").text
    assert task.slots["name"] in text
    assert task.slots["email"] not in text


@pytest.mark.parametrize(("kind", "slot", "message"), ASKS)
def test_tells_what_it_left_out_when_asked(kind: str, slot: str, message: str) -> None:
    task = first(kind, left_out=slot, number=slot != "method")
    assert task.goals[0].slots[slot] in reply(task, message).text
    assert task.goals[0].slots[slot] not in task.opening


@pytest.mark.parametrize(("kind", "message"), PROPOSES)
def test_agrees_to_what_it_wants(kind: str, message: str) -> None:
    task = first(kind, number=kind != "change_home_address")
    assert reply(task, filled(task, message)).text in YES, filled(task, message)


@pytest.mark.parametrize(("kind", "message"), CONTRADICTS)
def test_refuses_what_it_does_not_want_and_says_what_it_wants(kind: str, message: str) -> None:
    task = first(kind, number=kind != "change_home_address")
    text = reply(task, filled(task, message)).text
    assert text == f"No, not that. {task.goals[0].slots['full']}", filled(task, message)


def test_a_bare_question_for_a_yes_is_about_what_was_said_before() -> None:
    task = first("cancel")
    plan = filled(
        task, "Order <order> can be cancelled, reason <reason>, with a refund of <amount>."
    )
    assert reply(task, "Shall I go ahead?", plan).text in YES
    assert task.goals[0].slots["wish"] in reply(task, "Shall I go ahead?").text
    wrong = "Order #W00000 can be cancelled."
    assert reply(task, "Shall I go ahead?", wrong).text not in YES


@pytest.mark.parametrize(
    "message",
    [
        "Your account has been found. One moment while I look up the order.",
        "I am sorry, but I cannot do that.",
        "Is there anything else I can help you with today?",
        "Done!",
        "Thank you for your patience.",
        "",
    ],
)
def test_insists_as_long_as_nothing_has_happened(message: str) -> None:
    for kind in ("cancel", "return_items", "exchange_items", "hand_over"):
        task = first(kind)
        answer = reply(task, message)
        assert task.goals[0].slots["wish"] in answer.text
        assert not answer.done


def test_asks_for_the_figure_that_it_was_not_told() -> None:
    task = first("cancel")
    asked = {"How much do I get back?", "What is the refund?"}
    assert reply(task, "Your order is cancelled.", visible=True).text in asked
    assert reply(task, "Your order is cancelled.", visible=True, missing=()).done


@pytest.mark.parametrize(
    ("message", "leaves"),
    [
        ("I'm sorry, order <order> has been <status> already, so it cannot be cancelled.", True),
        ('Unfortunately this is not possible: the status of <order> is "<status>".', True),
        ("I am sorry, but I cannot cancel that order.", False),
        ("That is against the rules of the shop.", False),
        ("Your order <order> is <status>. Would you like me to cancel it?", False),
    ],
)
def test_accepts_a_refusal_only_with_its_reason(message: str, leaves: bool) -> None:
    task = first("refuse_cancel")
    text = filled(task, message).replace("<status>", task.facts["status"])
    told = () if "<status>" in message else ("status",)
    assert reply(task, text, missing=told).done is leaves


def test_does_not_accept_a_refusal_where_there_is_none_to_accept() -> None:
    task = first("cancel")
    text = reply(task, "I am sorry, that order is processed already and cannot be cancelled.").text
    assert task.goals[0].slots["wish"] in text


def test_who_knows_no_number_says_what_was_in_the_order() -> None:
    tasks = (task for task in shop("cancel").tasks(60) if "order_hint" in task.goals[0].slots)
    task = next(tasks)
    text = reply(task, "What is the order number?").text
    assert text == task.goals[0].slots["order_hint"]
    assert "#W" not in task.opening + text


def test_answers_only_at_the_second_time_when_it_omits() -> None:
    task, noise = first("cancel", knows="email"), Noise(omission=1.0)
    question = "May I have your e-mail address?"
    assert task.slots["email"] not in reply(task, question, noise=noise).text
    assert task.slots["email"] in reply(task, question, question, noise=noise).text


def test_puts_right_what_it_told_wrong() -> None:
    task, noise = first("cancel", knows="email"), Noise(contradiction=1.0)
    question = "May I have your e-mail address?"
    wrong = reply(task, question, noise=noise).text
    assert task.slots["email"] not in wrong
    assert "@mail.example" in wrong
    said = wrong.split()[-1].rstrip(".")
    for after in (question, f"I find no account with {said}."):
        assert task.slots["email"] in reply(task, after, question, noise=noise).text


def test_rudeness_only_opens_the_answer() -> None:
    task = first("cancel", knows="email")
    plain = reply(task, "What is your email?").text
    rude = reply(task, "What is your email?", noise=Noise(rudeness=1.0)).text
    assert rude.endswith(plain)
    assert rude != plain


def test_noise_is_settled_by_the_seed() -> None:
    noise = Noise.of(0.5)
    tasks = shop("cancel").tasks(40)
    once = [reply(task, "What is your email, name and zip?", noise=noise).text for task in tasks]
    again = [reply(task, "What is your email, name and zip?", noise=noise).text for task in tasks]
    assert once == again
    assert 0 < sum("@mail" in text for text in once) < 40


@pytest.mark.parametrize("level", [-0.1, 1.1])
def test_noise_is_a_probability(level: float) -> None:
    with pytest.raises(ValueError, match="give 0 to 1"):
        load_domain("retail", noise=level)


def test_goals_come_one_after_another_and_identity_only_when_asked() -> None:
    domain = load_domain("retail")
    task = next(task for task in domain.tasks(60) if len(task.goals) == 4)
    env = ToolEnv(domain, task)
    opening = env.reset()[-1]["content"]
    assert task.goals[0].slots["wish"] in opening
    assert not any(goal.slots["wish"] in opening for goal in task.goals[1:])
    assert not any(value in opening for value in task.slots.values())
    env.step("Hello! How can I help?")
    said = env.messages[-1]["content"]
    assert not any(value in said for value in task.slots.values())


@given(
    st.lists(st.sampled_from([*ASKS_WHO, *(text for *_, text in PROPOSES), "", "?", "#W1 yes/no"])),
    st.integers(0, 40),
    st.sampled_from([0.0, 0.5, 1.0]),
)
@settings(max_examples=60, deadline=None)
def test_talk_alone_never_makes_it_leave_nor_fail(
    messages: list[str], index: int, noise: float
) -> None:
    domain = load_domain("retail", noise=noise)
    task = domain.derive(index, 0)
    env = ToolEnv(domain, task)
    env.reset()
    for message in messages:
        if not env.done:
            env.step(filled(task, message))
    assert env.infra_error is None
    assert not env.metrics()["reward/success"]


def test_a_write_without_a_word_is_seen() -> None:
    task = first("cancel")
    env = ToolEnv(replace(shop("cancel"), needs_consent=False), task)
    env.reset()
    for call in task.gold_calls[:-1]:
        env.step(render([call]))
    env = env.fork()
    env.step(render([task.gold_calls[-1]]))
    result = env.step(f"Order cancelled, you get {task.facts['refund']} back.")
    assert result.done
    assert result.info["components"]["outcome"] == 1.0
