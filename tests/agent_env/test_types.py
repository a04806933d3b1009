from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from agent_env import Domain, Limits, Task


def test_a_task_survives_json(domain: Domain) -> None:
    for task in domain.tasks(12, 3):
        assert Task.from_dict(json.loads(json.dumps(task.to_dict()))) == task


def test_a_task_does_not_share_its_calls_with_its_dict(task_of: Callable[[str], Task]) -> None:
    task = task_of("cancel")
    data = task.to_dict()
    data["gold_calls"][0]["arguments"]["order_id"] = "#W0000"
    assert task.gold_calls[0][1]["order_id"] != "#W0000"


def test_a_broken_task_says_which_keys(task_of: Callable[[str], Task]) -> None:
    data = task_of("cancel").to_dict()
    del data["facts"]
    with pytest.raises(ValueError, match=r"Missing: facts\. Unknown: extra"):
        Task.from_dict({**data, "extra": 1})


@pytest.mark.parametrize("name", ["max_turns", "max_calls", "max_answer_chars"])
def test_a_limit_must_leave_room(name: str) -> None:
    with pytest.raises(ValueError, match=f"Limits.{name} is 0"):
        Limits(**{name: 0})
