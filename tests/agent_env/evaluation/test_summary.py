from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agent_env import Domain
from agent_env.evaluation.baselines import baselines
from agent_env.evaluation.ledger import Digest
from agent_env.evaluation.summary import Prices, summarize
from agent_env.evaluation.table import lines

TURN = {
    "latency_s": 0.5,
    "prompt_tokens": 900,
    "completion_tokens": 100,
    "finish_reason": "stop",
    "retried": [],
    "is_rescue": False,
}


def episode(task: int, trial: int, success: bool, **fields: Any) -> Digest:
    counts = {"episodes": 1.0, "parse/turns": 2.0, "reward/success": float(success)}
    given = {"counts": counts, "requests": (TURN, TURN), "infra_error": None, **fields}
    return Digest(pair=(task, trial), task_id=f"task-{task}", success=success, wall_s=1.0, **given)


def test_pass_hat_k_over_tasks_and_failed_episodes_in_no_rate() -> None:
    digests = [episode(0, trial, True) for trial in range(4)]
    digests += [episode(1, trial, trial < 2) for trial in range(4)]
    digests += [episode(2, trial, False, infra_error="Timeout: m") for trial in range(2)]
    digests += [episode(2, 2, True)]
    found = summarize(digests, asked=[one.pair for one in digests])
    assert found["episodes"] == {"asked": 11, "scored": 9, "infra_error": 2, "not_played": 0}
    assert found["success"]["rate"] == pytest.approx(7 / 9)
    # Task 1 has 2 of 4: C(2,2)/C(4,2) = 1/6. Task 2 has one trial only.
    assert found["pass_hat_k"]["1"]["rate"] == pytest.approx((1 + 0.5 + 1) / 3)
    assert found["pass_hat_k"]["2"] == {
        "rate": pytest.approx((1 + 1 / 6) / 2),
        "ci95": [pytest.approx(1 / 6), pytest.approx(1.0)],
        "tasks": 2,
    }
    assert found["pass_hat_k"]["4"]["rate"] == 0.5
    assert found["infra_errors"] == {"Timeout: m": 2}


def test_costs_and_latencies() -> None:
    found = summarize(
        [episode(0, 0, True), episode(1, 0, False)],
        asked=[(0, 0), (1, 0)],
        prices=Prices(prompt=1.0, completion=10.0),
    )
    assert found["tokens"] == {
        "prompt": 3600,
        "completion": 400,
        "per_episode": 2000,
        "cost": pytest.approx(0.0076),
        "cost_per_solved": pytest.approx(0.0076),
    }
    assert found["latency_s"]["turn_p50"] == 0.5
    assert summarize([], asked=[])["tokens"]["cost"] is None


def test_counts_of_another_version_do_no_harm() -> None:
    old = episode(0, 0, True)
    newer = replace(old, counts={**old.counts, "parse/unheard_of": 3.0}, requests=({},))
    assert summarize([newer], asked=[(0, 0)])["success"]["solved"] == 1


def test_the_table_says_what_there_is() -> None:
    cut = {**TURN, "finish_reason": "length", "is_rescue": True, "retried": ["status 500"]}
    counts = {
        "parse/turns": 4.0,
        "parse/malformed": 1.0,
        "parse/call_turns": 3.0,
        "parse/kind/bad_arguments": 1.0,
        "parse/layer/hermes": 3.0,
        "stop/max_turns": 1.0,
        "user/role_flips": 2.0,
        "user/replies": 3.0,
    }
    one = episode(0, 0, False, counts=counts, requests=(cut, TURN))
    failed = [episode(n, 0, False, infra_error=f"Timeout: {n}") for n in range(1, 12)]
    asked = [each.pair for each in (one, *failed)] + [(99, 0)]
    found = summarize(
        [one, *failed], asked=asked, baselines={"do_nothing": 0.25}, prices=Prices(prompt=2.0)
    )
    table = "\n".join(lines(found, "title"))
    for line in (
        "episodes                  1 of 13, 11 failed, 1 not played",
        "success (pass^1)          0.0 %  [0.0, 79.3]  0 of 1",
        "  do nothing scores       25.0 %",
        "parse failures            25.0 %  1 of 4 turns",
        "lost calls                25.0 %  of turns that attempt one",
        "  bad_arguments           1",
        "read by                   hermes 3",
        "calls the server left     1 turns; 0 solved by reading them",
        "cut off (length)          50.0 %  1 turns",
        "customer                  regenerated 0, leaks 0, role flips 2, retries 0 in 3 replies",
        "cost                      0.0432",
        "requests sent again       1",
        "11 episodes failed (infra_error) and are in no rate; their reasons:",
        "  1 x Timeout: 1",
        "  and 3 other reasons",
    ):
        assert line in table


def test_baselines_see_tasks_that_reward_doing_nothing(domain: Domain) -> None:
    task = domain.tasks(1)[0]
    nothing = replace(task, gold_diff={}, facts={})
    told = replace(task, gold_diff={})
    assert baselines(domain, [task, nothing, told, task]) == {"do_nothing": 0.25, "only_talk": 0.5}
    assert baselines(domain, []) == {"do_nothing": 0.0, "only_talk": 0.0}
