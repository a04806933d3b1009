from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent_env import Domain, Task, load_domain
from agent_env.endpoints.scripted_model import Script
from agent_env.endpoints.scripted_server import Reply, ScriptedServer, answer_from

Played = Callable[..., str]
AS = "--as customer"


@pytest.fixture(scope="module")
def domain() -> Domain:
    return load_domain("retail_mini")


@pytest.fixture(scope="module")
def task(domain: Domain) -> Task:
    return domain.tasks(1)[0]


@pytest.fixture(scope="module")
def server(domain: Domain) -> Iterator[ScriptedServer]:
    script = Script.of_domain(domain, domain.tasks(3))
    with ScriptedServer(answer_from(script)) as server:
        yield server


def test_a_person_is_served_by_an_agent_that_follows_the_oracle(played: Played, task: Task) -> None:
    shown = played(task.opening, "/history", "/done", options=AS)
    assert f"You want:\n{task.opening}" in shown
    assert "  (the agent calls get_order " in shown
    assert '"pending" -> "cancelled"' in shown
    assert task.facts["refund"] in shown
    assert "tool>" not in shown
    assert shown.count("(the agent calls cancel_order ") == 2  # When it happened, and in history.
    assert shown.endswith("solved (user_done), reward +1.30\n")


def test_a_customer_that_stays_has_not_been_served(played: Played, task: Task) -> None:
    shown = played(task.opening, "And now?", "Well?", options=f"{AS} --max-turns 4")
    assert shown.endswith("\nsolved (max_turns), reward +1.30\n")
    assert played(options=AS).endswith("not solved (left), reward +0.00\n")
    assert "not solved (left)" in played(task.opening, "/quit", options=AS)


def test_words_can_be_taken_back(played: Played, task: Task) -> None:
    shown = played(
        "/undo",
        task.opening,
        "/undo",
        "What?",
        "/history",
        "/undo",
        "/history",
        "/done",
        options=AS,
    )
    assert shown.count("There is no turn to take back.") == 2
    first, second = shown.split("customer> /history\n")[1:]
    assert "customer> What?\n" in first
    assert "What?" not in second
    assert second.count("agent> ") == 1
    assert shown.endswith("solved (user_done), reward +1.30\n")


def test_nothing_can_be_done_before_anything_is_said(played: Played) -> None:
    shown = played("/done", "/wish", options=AS)
    assert "There is no command '/done'" in shown
    assert shown.count("You want:") == 1


@pytest.mark.parametrize("native", ["", " --native-tools"])
def test_a_model_can_be_the_agent(
    played: Played, server: ScriptedServer, task: Task, native: str
) -> None:
    options = f"{AS} --base-url {server.url} --model scripted{native}"
    # What is taken back is out of the model's chat, too: the script would go on elsewhere.
    shown = played(task.opening, "Hm?", "/undo", "/done", options=options)
    assert "(the agent calls cancel_order " in shown
    assert "agent> Thank you, goodbye." in shown
    assert shown.endswith("solved (user_done), reward +1.30\n")


def test_what_an_agent_writes_and_nobody_can_read_is_told(played: Played) -> None:
    with ScriptedServer(lambda body: Reply(text="<tool_call>{broken")) as server:
        shown = played("Hello.", options=f"{AS} --base-url {server.url} --model scripted")
    assert shown.count("  (the agent wrote what nobody can read)") == 4
    assert "(max_turns)" in shown


def test_an_agent_that_does_not_answer_ends_it_without_a_verdict(played: Played) -> None:
    options = f"{AS} --base-url http://127.0.0.1:9/v1 --model gone"
    assert "solved" not in played("Hello.", options=options, status=3)


def test_retail_is_played_by_default_and_adapters_by_name(
    played: Played, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    task = load_domain("retail").tasks(1)[0]
    shown = played("/tools", options=f"--domain retail {AS}")
    assert task.instruction in shown
    assert 'reason: "no longer needed" | "ordered by mistake")  (write)' in shown
    monkeypatch.setenv("TAU_BENCH_PATH", str(tmp_path))
    assert played(options="--domain tau_bench_retail", status=2) == ""
