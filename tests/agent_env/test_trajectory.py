from __future__ import annotations

import json
from collections.abc import Callable

from agent_env import Domain, Limits, Task, ToolEnv


def test_golden_scripted_episode(
    domain: Domain, call: Callable[..., str], golden: Callable[[str, str], None]
) -> None:
    """One episode with every kind of turn, word for word as it stands in the golden file."""
    task = domain.tasks(1)[0]
    order = task.slots["order_id"]
    env = ToolEnv(domain, task, limits=Limits(max_turns=9))
    env.reset()
    texts = [
        "",
        f'<tool_call>\n{{"name": "get_order", "arguments": {{"order_id": "{order}',
        call("get_order", order_id=order),
        "What is the reason?",
        call("return_order", order_id=order),
        call("cancel_order", order_id=order, reason="bored"),
        call("cancel_order", order_id=order, reason=task.slots["reason"]),
        "Done.",
        domain.close(task),
    ]
    for text in texts:
        env.step(text)
    written = {
        **env.trajectory,
        "metrics": {key: value for key, value in env.metrics().items() if value},
    }
    for turn in written["turns"]:
        for fault in turn["faults"]:
            del fault["message"]  # The parser's own words have golden files of their own.
    golden("agent_env/retail_mini_episode.json", json.dumps(written, indent=1) + "\n")


def test_a_trajectory_is_enough_to_play_the_episode_again(
    domain: Domain, script: Callable[[Domain, Task], list[str]]
) -> None:
    task = domain.tasks(2)[1]
    env = ToolEnv(domain, task)
    env.reset()
    for text in ["", *script(domain, task)]:
        env.step(text)
    kept = json.loads(json.dumps(env.trajectory))
    again = ToolEnv(domain, Task.from_dict(kept["task"]))
    again.reset()
    for turn in kept["turns"]:
        again.step(turn["text"])
    assert json.loads(json.dumps(again.trajectory)) == kept


def test_spans_and_rewards_of_a_turn(domain: Domain) -> None:
    env = ToolEnv(domain, domain.tasks(1)[0])
    env.reset()
    text = '<tool_call>\n{"name": "get_ordr", "arguments": {}}\n</tool_call>'
    result = env.step(text)
    turn = env.trajectory["turns"][0]
    (fault,) = turn["faults"]
    assert fault["kind"] == "unknown_tool"
    assert "get_ordr" in text[slice(*fault["span"])]
    assert (turn["reward"], turn["components"]) == (result.reward, result.info["components"])
    assert (turn["text"], turn["status"], turn["layer"]) == (text, "malformed", "hermes")
