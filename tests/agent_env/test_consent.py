"""A yes covers the writes that come after it, and what needs one fails without."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import prompts
from agent_env import Domain, Task, ToolEnv, load_domain, pool
from agent_env.consent import Consent, is_required, says_yes
from agent_env.types import Action
from parsers import render


@pytest.mark.parametrize(
    "reply",
    [
        "Yes.",
        "yes, please do that",
        "Sure, go ahead!",
        "Okay. Thanks!",
        "Listen. Yes, go ahead.",
        "I agree.",
        "That’s right, please proceed.",
        "Great, please do it. Do not forget the refund.",
    ],
)
def test_a_yes(reply: str) -> None:
    assert says_yes(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "No, not that. Please cancel order #W10000.",
        "No. Yes to the other one.",
        "Wait. Okay, what does it cost?",
        "What would I get back?",
        "Please return the sure thing.",
        "I do not have all day.",
        "",
    ],
)
def test_no_yes(reply: str) -> None:
    assert not says_yes(reply)


@pytest.mark.parametrize("opening", ["", *prompts.load("user", "rude").bodies])
def test_the_scripted_customers_words_are_read_right(opening: str) -> None:
    for agreed in prompts.load("user", "agree").bodies:
        assert says_yes(f"{opening} {agreed}")
    for refused in prompts.load("user", "refuse").bodies:
        assert not says_yes(f"{opening} {refused}")


def test_a_yes_lasts_until_it_was_used_and_the_customer_spoke_again() -> None:
    given = Consent.NONE.after_talk("Shall I cancel it?", "Yes.")
    assert given is Consent.GIVEN
    assert given.after_talk("One moment.", "I am waiting.") is Consent.GIVEN
    assert given.after_talk("Shall I return it?", "No, not that.") is Consent.NONE
    used = given.after_write()
    assert used.after_write() is Consent.USED
    assert used.after_talk("It is cancelled.", "Thanks. Return the other.") is Consent.NONE
    assert used.after_talk("Shall I return the other?", "Yes.") is Consent.GIVEN


def test_a_yes_to_no_proposal_is_none() -> None:
    assert Consent.NONE.after_talk("What is your name?", "Yes, Ada.") is Consent.NONE
    assert Consent.NONE.after_write() is Consent.NONE


@given(st.text(), st.text())
def test_any_talk_can_be_read(message: str, reply: str) -> None:
    assert Consent.GIVEN.after_talk(message, reply) in Consent


def play(domain: Domain, task: Task, actions: list[Action]) -> ToolEnv:
    env = ToolEnv(domain, task)
    env.reset()
    for action in actions:
        if not env.done:
            env.step(action if isinstance(action, str) else render([action]))
    return env


def unasked(domain: Domain, task: Task) -> list[Action]:
    """What the oracle does, but for its proposal."""
    script = list(domain.oracle(task))
    place = script.index(task.gold_calls[-1])
    return script[: place - 1] + script[place:]


def test_a_write_that_nobody_agreed_to_is_no_success_where_a_yes_is_required() -> None:
    domain = load_domain("retail", kinds=("cancel",), max_intents=1)
    watched = load_domain("retail", kinds=("cancel",), max_intents=1, consent="watched")
    task = domain.derive(0, 0)
    asked = play(domain, task, list(domain.oracle(task))).metrics()
    assert (asked["consent/writes"], asked["consent/agreed"]) == (1, 1)
    assert asked["reward/success"] == 1
    env = play(domain, task, unasked(domain, task))
    counts = env.metrics()
    assert env.done
    assert (counts["consent/writes"], counts["consent/agreed"]) == (1, 0)
    assert (counts["reward/success"], counts["reward/outcome"]) == (0, 0)
    assert play(watched, task, unasked(watched, task)).metrics()["reward/success"] == 1
    assert pool([asked, counts])["consent_rate"] == 0.5


def test_identifying_needs_no_yes_and_a_fork_remembers_one() -> None:
    domain = load_domain("retail", kinds=("cancel",), max_intents=1)
    task = domain.derive(0, 0)
    script = list(domain.oracle(task))
    place = script.index(task.gold_calls[-1])
    env = play(domain, task, script[:place])
    assert env.metrics()["consent/writes"] == 0
    twin = env.fork()
    for one in (env, twin):
        for action in script[place:]:
            one.step(action if isinstance(action, str) else render([action]))
        assert one.metrics()["reward/success"] == 1


def test_the_option() -> None:
    assert is_required("required")
    assert not is_required("watched")
    assert load_domain("retail").needs_consent
    assert not load_domain("retail_mini").needs_consent
    with pytest.raises(ValueError, match="Did you mean 'required'"):
        load_domain("retail_mini", consent="require")
