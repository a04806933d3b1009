from __future__ import annotations

from typing import Any

import pytest

from agent_env import Limits, ToolEnv, UnknownNameError, load_domain
from agent_env.domains.retail.world import generate
from agent_env.store import Base
from parsers import render


def test_the_defaults_are_the_shop_that_scores_are_published_for() -> None:
    domain = load_domain("retail")
    assert domain.base.fingerprint == Base(generate(0, 120, 24, 400)).fingerprint
    assert len(domain.tools) == 15
    assert domain.wording.value == "full"
    assert load_domain("retail", feedback="compact").wording.value == "compact"


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"prompt": "retial"}, UnknownNameError, "retail prompt 'retial'.*'retail'"),
        ({"kinds": ("cancle",)}, UnknownNameError, "retail task kind 'cancle'.*'cancel'"),
        ({"kinds": ()}, ValueError, "kinds is empty"),
        ({"feedback": "fulll"}, UnknownNameError, "feedback 'fulll'.*'full'"),
        ({"max_intents": 0}, ValueError, "max_intents is 0"),
        ({"noise": 1.5}, ValueError, "1.5; give 0 to 1"),
        ({"noise": float("nan")}, ValueError, "nan; give 0 to 1"),
        ({"users": 3}, ValueError, "users is 3"),
        ({"products": 99}, ValueError, "products is 99"),
        ({"orders": 5}, ValueError, "orders is 5"),
        ({"wire_format": "hermez"}, ValueError, "hermez"),
        ({"user": 4}, UnknownNameError, "option of domain retail 'user'.*'users'"),
    ],
)
def test_options_that_cannot_be_are_refused(
    options: dict[str, Any], error: type[ValueError], message: str
) -> None:
    with pytest.raises(error, match=message):
        load_domain("retail", **options)


@pytest.mark.parametrize(
    "options",
    [
        {"seed": 1, "users": 30, "products": 8, "orders": 120},
        {"kinds": ("cancel", "return_items"), "max_intents": 1},
        {"wire_format": "qwen_xml", "max_intents": 2},
    ],
)
def test_the_oracle_succeeds_in_other_shops_too(options: dict[str, Any]) -> None:
    domain = load_domain("retail", **options)
    for task in domain.tasks(20, 3):
        script = domain.oracle(task)
        env = ToolEnv(domain, task, limits=Limits(max_turns=len(script)))
        env.reset()
        for action in script:
            wire_format = str(domain.options["wire_format"])
            env.step(action if isinstance(action, str) else render([action], format=wire_format))
        assert env.metrics()["reward/success"] == 1, task
        assert len(task.goals) <= domain.options["max_intents"]


def test_an_agent_that_skips_identification_is_told_so() -> None:
    domain = load_domain("retail")
    task = next(task for task in domain.tasks(30) if task.kind == "cancel")
    env = ToolEnv(domain, task)
    env.reset()
    result = env.step(render([task.gold_calls[-1]]))
    assert "Identify the customer first" in result.messages[0]["content"]
    assert env.diff() == {}
