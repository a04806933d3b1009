from __future__ import annotations

from collections.abc import Callable

import pytest

from agent_env import Domain, StopReason, Task, ToolEnv, episode_keys, pool
from agent_env.metrics import RATES, count_stop, count_turn, new_counts
from parsers import FaultKind, list_formats, parse


def counted(domain: Domain, *texts: str) -> dict[str, float]:
    counts = new_counts()
    for text in texts:
        count_turn(counts, parse(text, domain.schemas), strict_lost=False)
    return counts


def test_every_fault_kind_layer_and_stop_reason_has_a_key() -> None:
    keys = set(episode_keys())
    assert {f"parse/kind/{kind.value}" for kind in FaultKind} <= keys
    assert {f"parse/layer/{layer}" for layer in (*list_formats(), "message", "none")} <= keys
    assert {f"stop/{reason.value}" for reason in StopReason} <= keys
    assert len(keys) == len(episode_keys())


def test_turns_are_counted_by_status_layer_and_fault(
    domain: Domain, call: Callable[..., str]
) -> None:
    good, unknown = call("get_order", order_id="#W1000"), call("get_ordr", order_id="#W1000")
    counts = counted(domain, good, good + "\n" + good, "Hello.", "", unknown)
    nonzero = {key: value for key, value in counts.items() if value}
    assert nonzero == {
        "episodes": 1,
        "parse/turns": 5,
        "parse/malformed": 2,
        "parse/call_turns": 2,
        "parse/message_turns": 1,
        "parse/calls": 3,
        "parse/kind/empty_response": 1,
        "parse/kind/unknown_tool": 1,
        "parse/layer/hermes": 3,
        "parse/layer/message": 1,
        "parse/layer/none": 1,
        "tool/unknown": 1,
    }


def test_layers_add_up_to_turns_whatever_the_text(domain: Domain) -> None:
    texts = ["", "<think>", "{", "```json\n```", "x" * 50, '{"tool_calls": []}', "\nUser: hi"]
    counts = counted(domain, *texts)
    layers = sum(value for key, value in counts.items() if key.startswith("parse/layer/"))
    assert layers == counts["parse/turns"] == len(texts)


def test_rates_are_pooled_over_turns_not_over_episodes() -> None:
    short, long = new_counts(), new_counts()
    short.update({"parse/turns": 1, "parse/malformed": 1, "parse/strict_lost": 1})
    long.update({"parse/turns": 9, "parse/call_turns": 3, "parse/strict_lost": 3})
    pooled = pool([short, long])
    assert pooled["parse_failure_rate"] == pytest.approx(1 / 10)
    assert pooled["strict_failure_rate"] == pytest.approx(4 / 10)
    assert pooled["lost_call_rate"] == pytest.approx(1 / 4)


def test_failed_environments_are_in_no_rate() -> None:
    good, bad = new_counts(), new_counts()
    good["parse/turns"] = bad["parse/turns"] = bad["parse/malformed"] = 2
    good["reward/outcome"] = 1.0
    count_stop(good, StopReason.USER_DONE, success=True)
    count_stop(bad, StopReason.INFRA_ERROR, success=True)
    pooled = pool([good, bad, bad])
    assert bad["reward/zero"] == bad["reward/success"] == 0
    assert (pooled["infra_error"], pooled["episodes"]) == (2, 1)
    assert (pooled["success_rate"], pooled["zero_reward_rate"]) == (1.0, 0.0)
    assert pooled["parse_failure_rate"] == 0.0


def test_no_episodes_give_every_key_and_no_division_by_zero() -> None:
    pooled = pool([])
    assert set(pooled) == {*episode_keys(), *(rate.__name__ for rate in RATES)}
    assert set(pooled.values()) == {0.0}


def test_a_dropped_episode_is_unfinished_and_without_outcome(
    domain: Domain, task_of: Callable[[str], Task]
) -> None:
    env = ToolEnv(domain, task_of("cancel"))
    env.reset()
    env.step("Hello.")
    counts = env.metrics()
    assert (counts["stop/unfinished"], counts["reward/zero"]) == (1.0, 1.0)
    assert tuple(counts) == episode_keys()
