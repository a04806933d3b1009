"""A referee in place of a customer: every turn is ruled on, answered, counted and forked."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from agent_env import Domain, Limits, StopReason, ToolEnv, load_domain, pool
from agent_env.referee import Look, Rate, Ruling
from parsers import ParseStatus, render


class Words:
    """Pays for each word that a turn has more than the best before; notes it in the store."""

    keys = ("words/seen", "words/turns")
    rates = (Rate(name="words/per_turn", part="words/seen", whole="words/turns"),)
    reward_range = (0.0, 100.0)

    def __init__(self) -> None:
        """Has seen nothing."""
        self.looks: list[Look] = []
        self.threads: set[int] = set()

    def judge(self, look: Look) -> Ruling:
        """The ruling by the number of words."""
        self.looks.append(look)
        self.threads.add(threading.get_ident())
        words = len(look.text.split())
        before = look.state.get("users", "words") or {"most": 0}
        most = max(words, before["most"])
        look.state.put("users", "words", {"most": most})
        return Ruling(
            text=f"{words} words, {look.turns_left} turns left",
            gain=float(most - before["most"]),
            is_success=most >= 3,
            stop_reason=StopReason.AGENT_DONE if look.text == "Done." else None,
            counts={"words/seen": words, "words/turns": 1},
            note={"words": words},
        )


@pytest.fixture
def make() -> Callable[..., ToolEnv]:
    """Makes an episode that was reset, in a domain with the referee given."""

    def made(referee: object, max_turns: int = 3) -> ToolEnv:
        domain: Domain = replace(load_domain("retail_mini"), referee=referee)  # type: ignore[arg-type]
        env = ToolEnv(domain, domain.tasks(1)[0], limits=Limits(max_turns=max_turns))
        env.reset()
        return env

    return made


def test_every_turn_is_ruled_on_and_answered_but_the_last(make: Callable[..., ToolEnv]) -> None:
    """Messages, calls and malformed turns alike; roles alternate and no answer is empty."""
    referee = Words()
    env = make(referee, max_turns=4)
    call = render([("get_order", {"order_id": "#W0"})])
    turns = ["One two", "```", call, "One two three"]
    results = [env.step(turn) for turn in turns]
    assert [one.reward for one in results] == [2.0, 0.0, len(call.split()) - 2.0, 0.0]
    roles = [[message["role"] for message in one.messages] for one in results]
    assert roles == [["user"], ["user"], ["tool", "user"], []]
    assert results[0].messages[0]["content"] == "2 words, 3 turns left"
    assert referee.looks[1].parsed.status is ParseStatus.MALFORMED
    assert [result.name for result in referee.looks[2].results] == ["get_order"]
    assert results[-1].stop_reason is StopReason.MAX_TURNS
    assert results[0].info["ruling"] == {"words": 2}
    assert [turn["ruling"]["words"] for turn in env.trajectory["turns"]][:2] == [2, 1]


def test_counts_and_rates_are_pooled_beside_those_of_every_domain(
    make: Callable[..., ToolEnv],
) -> None:
    """The referee's keys stand in each episode from the start; others count as 0."""
    env, plain = make(Words()), make(None)
    assert env.metrics()["words/seen"] == 0.0
    env.step("One two three four")
    env.step("Done.")
    counts = env.metrics()
    assert counts["reward/success"] == counts["stop/agent_done"] == 1.0
    assert counts["reward/outcome"] == 4.0
    assert counts["reward/zero"] == counts["reward/shaping"] == 0.0
    pooled = pool([plain.metrics(), counts], env.domain.rates)
    assert pooled["words/per_turn"] == 2.5
    assert pooled["success_rate"] == 0.5


def test_an_episode_that_was_left_has_the_outcome_that_it_had(make: Callable[..., ToolEnv]) -> None:
    """A caller may drop an episode; what it earned is no zero."""
    env = make(Words())
    env.step("One")
    assert env.metrics()["reward/zero"] == 0.0
    assert env.metrics()["stop/unfinished"] == 1.0


def test_a_geometric_rate_is_the_mean_of_its_logarithms() -> None:
    """2**(3/2) for 1 and 2 doublings; nothing counted is 0."""
    rate = Rate(name="x", part="log2", whole="n", is_geometric=True)
    assert rate.of({"log2": 3.0, "n": 2.0}) == pytest.approx(2**1.5)
    assert rate.of({}) == 0.0


def test_a_fork_goes_its_own_way(make: Callable[..., ToolEnv]) -> None:
    """The state holds what the referee remembers, so neither sees the other's best."""
    env = make(Words())
    env.step("One")
    twin = env.fork()
    assert twin.step("One two three").reward == 2.0
    assert env.step("One two").reward == 1.0
    assert env.metrics()["words/seen"] == 3.0


def test_an_event_loop_is_not_held_up(make: Callable[..., ToolEnv]) -> None:
    """The referee runs in a thread of its own when it is awaited, and in the caller's if not."""
    referee = Words()
    env = make(referee)
    asyncio.run(env.astep("One"))
    assert referee.threads.isdisjoint({threading.get_ident()})
    env.step("One two")
    assert threading.get_ident() in referee.threads


@pytest.mark.parametrize("fault", ["raises", "counts", "silent"])
def test_a_failing_referee_ends_the_episode_without_a_reward(
    make: Callable[..., ToolEnv], fault: str
) -> None:
    """Whatever it does wrong is a failure of the environment, and named."""

    class Broken(Words):
        def judge(self, look: Look) -> Ruling:
            """Does what the case says."""
            if fault == "raises":
                raise RuntimeError("no judge today")
            if fault == "counts":
                return Ruling(text="Go on.", counts={"words/unknown": 1})
            return Ruling(text=" ")

    result = make(Broken()).step("One")
    assert result.stop_reason is StopReason.INFRA_ERROR
    assert result.reward == 0.0
    told = {"raises": "no judge today", "counts": "words/unknown", "silent": "has no text"}
    assert told[fault] in str(result.info["infra_error"])
