"""The adapter against tau2-bench itself, where a checkout is given in TAU2_PATH."""

from __future__ import annotations

import pytest

from agent_env import Domain, Limits, Task, ToolEnv, load_domain
from agent_env.types import Action
from parsers import render

pytestmark = pytest.mark.tau2

every_domain = pytest.mark.parametrize("name", ["tau2_retail", "tau2_airline", "tau2_telecom"])


def play(domain: Domain, task: Task, script: list[Action]) -> ToolEnv:
    env = ToolEnv(domain, task, limits=Limits(max_turns=len(script)))
    env.reset()
    for action in script:
        if not env.done:
            env.step(action if isinstance(action, str) else render([action]))
    assert env.infra_error is None, task.id
    return env


@every_domain
def test_gold_solves_every_task_and_shared_data_stay_as_they_were(name: str) -> None:
    domain = load_domain(name, outputs="upstream")
    for task in domain.tasks(domain.task_count or 0):
        env = play(domain, task, list(domain.oracle(task)))
        assert env.metrics()["reward/success"] == 1, task.id
    assert domain.base.compute_fingerprint() == domain.base.fingerprint  # type: ignore[attr-defined]


@pytest.mark.slow  # Their hash takes a twentieth of a second to a third of one.
@every_domain
def test_their_hash_and_assertions_agree_for_gold_and_for_a_dropped_action(name: str) -> None:
    # With strict, a disagreement ends an episode as infra_error.
    domain = load_domain(name, strict=True)
    for index in range(0, domain.task_count or 0, 5):
        task = domain.derive(index, 0)
        script = list(domain.oracle(task))
        play(domain, task, script)
        play(domain, task, script[:-2] + script[-1:])
        play(domain, task, [*script[:-1], *script[-2:-1], script[-1]])
