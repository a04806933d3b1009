from __future__ import annotations

from collections.abc import Callable

import pytest

from agent_env import Task, load_domain
from agent_env.endpoints.scripted_server import Reply, ScriptedServer
from agent_env.play.shown import tool_lines

Played = Callable[..., str]


@pytest.fixture(scope="module")
def task() -> Task:
    task = load_domain("retail_mini").tasks(1)[0]
    assert task.kind == "cancel"
    return task


@pytest.fixture(scope="module")
def work(task: Task) -> tuple[str, ...]:
    order, reason = task.slots["order_id"], task.slots["reason"]
    return (
        f"/call get_order order_id={order}",
        f"/call cancel_order order_id={order} reason={reason}",
        f"Your refund is {task.facts['refund']}.",
    )


def test_a_person_can_solve_a_task(played: Played, task: Task, work: tuple[str, ...]) -> None:
    shown = played(*work)
    order = task.slots["order_id"]
    assert f"customer> {task.opening}" in shown
    assert "  reward: lookup +0.15" in shown
    assert f'  orders {order} status: "pending" -> "cancelled"\n' in shown
    assert shown.endswith("solved (user_done), reward +1.30\n")


def test_looking_around_costs_no_turn(played: Played) -> None:
    looks = ("/tools", "/schema get_order", "/diff", "/prompt", "/history", "/help", "", "/undo")
    shown = played(*looks, "Hello.", options="--max-turns 1")
    domain = load_domain("retail_mini")
    assert tool_lines(domain.tools) in shown
    assert '"description": "Look up an order: its status, city, items and total."' in shown
    assert domain.system_prompt in shown
    assert "  nothing changed\n" in shown
    assert "There is no turn to take back.\n" in shown
    assert shown.count("/quit   leave") == 2
    assert shown.endswith("not solved (max_turns), reward +0.00\n")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/hlep", "There is no command '/hlep'. Did you mean '/help'?"),
        ("/call", "Name a tool: /call TOOL NAME=VALUE ..."),
        ("/call get_order W1", "'W1' is no NAME=VALUE"),
        ('/call get_order order_id="#W1', 'A " opens a quotation that does not end'),
        ("/schema", "Name a tool: /schema TOOL"),
        ("/schema get_ordr", "Did you mean 'get_order'?"),
        ("/task", "start with --spoilers"),
    ],
)
def test_a_line_that_cannot_be_followed_says_why_and_costs_no_turn(
    played: Played, line: str, said: str
) -> None:
    shown = played(line, "/history")
    assert said in shown
    assert "reward:" not in shown
    assert shown.count("customer>") == 2


def test_what_is_typed_is_read_like_a_models_text(played: Played) -> None:
    shown = played("<tool_call>{broken", "/call nope a=[1]", "/quit")
    assert shown.count("reward: parse -0.50") == 2
    assert "not solved (left)" in shown


def test_a_turn_can_be_taken_back(played: Played, task: Task, work: tuple[str, ...]) -> None:
    shown = played(*work[:2], "/undo", "/diff", "/undo", "/history", "/undo", *work)
    assert shown.count("Your last turn is taken back.") == 2
    after = shown.split("Your last turn is taken back.\n")
    assert after[1].startswith("agent> /diff\n  nothing changed\n")
    assert after[2].startswith(f"agent> /history\ncustomer> {task.opening}\nagent> /undo\nThere")
    assert shown.endswith("solved (user_done), reward +1.30\n")


def test_the_answer_is_shown_only_to_who_asked_for_it(played: Played, task: Task) -> None:
    assert task.facts["refund"] not in played("/task", "/help")
    shown = played("/task", options="--spoilers")
    assert f"  refund: {task.facts['refund']}\n" in shown
    assert '  cancel_order {"order_id": ' in shown
    assert 'status: "pending" -> "cancelled"' in shown


def test_the_end_of_input_is_the_end(played: Played) -> None:
    assert "not solved (left)" in played()


def test_an_instruction_without_a_known_tool_is_no_hint(played: Played) -> None:
    shown = played("/call get_ordr order_id=#W1")
    assert "reward: parse -0.50" in shown


def test_a_model_can_be_the_customer(played: Played, task: Task) -> None:
    with ScriptedServer(lambda body: Reply(text="I have a problem with an order.")) as server:
        shown = played("/quit", options=f"--base-url {server.url} --model scripted")
    assert "customer> I have a problem with an order." in shown
    assert "not solved (left)" in shown


def test_a_customer_that_does_not_answer_is_no_failure_of_the_person(played: Played) -> None:
    shown = played(options="--base-url http://127.0.0.1:9/v1 --model gone", status=3)
    assert "The environment failed: gone at http://127.0.0.1:9/v1: " in shown
