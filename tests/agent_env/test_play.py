from __future__ import annotations

import io
from collections.abc import Callable

from agent_env import Domain, Task
from agent_env.play import play


def played(domain: Domain, task: Task, *lines: str, max_turns: int = 6) -> str:
    out = io.StringIO()
    play(domain, task, max_turns, io.StringIO("".join(f"{line}\n" for line in lines)), out)
    return out.getvalue()


def test_a_person_can_solve_a_task(domain: Domain, task_of: Callable[[str], Task]) -> None:
    task = task_of("cancel")
    order, reason = task.slots["order_id"], task.slots["reason"]
    shown = played(
        domain,
        task,
        f"/call get_order order_id={order}",
        f"/call cancel_order order_id={order} reason={reason}",
        f"Your refund is {task.facts['refund']}.",
    )
    assert f"customer> {task.opening}" in shown
    assert "reward: lookup +0.15" in shown
    assert shown.endswith("solved (user_done), reward +1.30\n")


def test_looking_around_costs_no_turn(domain: Domain, task_of: Callable[[str], Task]) -> None:
    shown = played(
        domain, task_of("cancel"), "/tools", "/diff", "/prompt", "/what", "Hello.", max_turns=1
    )
    assert "get_order(order_id)  Look up an order" in shown
    assert domain.system_prompt in shown
    assert shown.count("/quit   leave") == 2
    assert shown.endswith("not solved (max_turns), reward +0.00\n")


def test_what_is_typed_is_read_like_a_models_text(
    domain: Domain, task_of: Callable[[str], Task]
) -> None:
    shown = played(
        domain, task_of("cancel"), "<tool_call>{broken", "/call", "/call nope a=[1]", "/quit"
    )
    assert shown.count("reward: parse -0.50") == 3
    assert "not solved (left)" in shown


def test_the_end_of_input_is_the_end(domain: Domain, task_of: Callable[[str], Task]) -> None:
    assert "not solved (left)" in played(domain, task_of("cancel"))
