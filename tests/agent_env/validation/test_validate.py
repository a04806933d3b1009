from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from agent_env import Domain, Store, Task, ToolError, load_domain
from agent_env.__main__ import main
from agent_env.domain import list_domains
from agent_env.types import FactRule
from agent_env.validation.checks import CHECKS
from agent_env.validation.validate import Validator, validate

Damage = Callable[[Task], Task]


@pytest.fixture(scope="module")
def mini() -> Domain:
    return load_domain("retail_mini")


@pytest.mark.parametrize("name", list_domains())
@pytest.mark.parametrize("seed", [0, 11])
def test_every_domain_is_clean(name: str, seed: int) -> None:
    domain = load_domain(name)
    report = validate(domain, domain.tasks(120, seed))
    assert report.is_clean, report.faults[:3]
    assert report.tasks == 120


def test_changes_of_one_customer_are_made_in_the_other_order() -> None:
    domain = load_domain("retail")
    assert validate(domain, domain.tasks(60)).swaps > 3


def failing(domain: Domain, task: Task) -> set[str]:
    return {fault.check for fault in validate(domain, [task]).faults}


def with_gold(task: Task, *calls: tuple[str, dict[str, Any]]) -> Task:
    return replace(task, gold_calls=calls)


DAMAGES: dict[str, tuple[Damage, set[str]]] = {
    "gold that a tool refuses": (
        lambda task: with_gold(task, ("get_order", {"order_id": "#W0"}), *task.gold_calls),
        {"gold_runs"},
    ),
    "gold that fits no schema": (
        lambda task: with_gold(task, ("get_order", {"number": 5}), *task.gold_calls),
        {"gold_runs", "needs_customer"},
    ),
    "gold of a tool that does not exist": (
        lambda task: with_gold(task, ("get_ordr", {}), *task.gold_calls),
        {"gold_runs", "order_free", "needs_customer"},
    ),
    "no gold at all": (lambda task: with_gold(task), {"gold_succeeds"}),
    "gold that leaves something undone": (
        lambda task: with_gold(task, *task.gold_calls[:-1]),
        {"gold_succeeds"},
    ),
    "a diff that nothing causes": (
        lambda task: replace(task, gold_diff={"orders": {"#W0": {"status": {"after": "x"}}}}),
        {"gold_succeeds"},
    ),
    "nothing to be changed": (
        lambda task: replace(task, gold_diff={}, goals=()),
        {"gold_succeeds", "talk_fails"},
    ),
    "a fact that nobody tells": (
        lambda task: replace(task, facts={**task.facts, "more": "surprise"}),
        {"gold_succeeds", "facts_exact"},
    ),
    "facts by substring": (
        lambda task: replace(task, fact_rule=FactRule.SUBSTRING),
        {"facts_exact"},
    ),
    "a diff that JSON cannot hold": (
        lambda task: replace(task, slots={"order_id": ("#W1",)}),
        {"round_trip"},
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_task_is_found_out(name: str, mini: Domain) -> None:
    damage, wanted = DAMAGES[name]
    task = mini.tasks(1)[0]
    assert wanted <= failing(mini, damage(task)), validate(mini, [damage(task)]).faults


def test_a_task_that_wants_nothing_is_a_refusal_and_may_be_solved_by_doing_nothing(
    mini: Domain,
) -> None:
    task = replace(mini.tasks(1)[0], gold_calls=(), gold_diff={}, facts={}, goals=())
    domain = replace(mini, close=lambda _: "I am sorry.")
    report = validate(domain, [task])
    assert report.refusals == 1
    assert report.is_clean, report.faults


def test_a_task_that_the_prompt_gives_away_is_found_out(mini: Domain) -> None:
    task = mini.tasks(1)[0]
    given_away = replace(mini, system_prompt=f"{mini.system_prompt}\n{task.opening}")
    assert failing(given_away, task) == {"needs_customer"}


def test_changes_that_depend_on_their_order_in_secret_are_found_out(mini: Domain) -> None:
    def cancel(store: Store, order_id: str, reason: str) -> dict[str, str]:
        count = sum(store.get("orders", key)["refund_cents"] > 0 for key in store.keys("orders"))  # type: ignore[index]
        store.update("orders", order_id, refund_cents=count + 1)
        return {"order_id": order_id}

    tools = [
        replace(spec, function=cancel) if spec.name == "cancel_order" else spec
        for spec in mini.tools
    ]
    domain = replace(mini, tools=tuple(tools))
    task, other = (task for task in mini.tasks(9) if task.kind == "cancel"), None
    first, other, *_ = task
    both = with_gold(first, first.gold_calls[-1], other.gold_calls[-1])
    assert "order_free" in failing(domain, both)


def test_a_domain_that_takes_any_world_or_repeats_an_id_is_found_out(mini: Domain) -> None:
    task = mini.tasks(1)[0]
    report = validate(mini, [task, task])
    assert [(fault.check, fault.task_id) for fault in report.faults] == [("derived", task.id)]


def test_a_domain_that_fails_is_a_fault_and_the_next_task_is_checked(mini: Domain) -> None:
    def derive(index: int, seed: int) -> Task:
        if index == 1:
            raise KeyError("lost")
        return mini.derive(index, seed)

    def close(task: Task) -> str:
        if task.id.endswith("-2"):
            raise ToolError("not today")
        return mini.close(task)

    validator = Validator(replace(mini, derive=derive, close=close))
    for index in range(4):
        validator.derive(index, 0)
    report = validator.report()
    assert report.tasks == 4
    assert {fault.task_id for fault in report.faults} == {
        "number 1 of seed 0",
        mini.derive(2, 0).id,
    }
    assert report.faults[0].message == "KeyError while checking: 'lost'"
    assert "A tool refused: not today" in {fault.message for fault in report.faults}


def test_a_failing_customer_is_a_fault(mini: Domain) -> None:
    class Mute:
        def open(self, task: Task) -> Any:
            raise ConnectionError("hung up")

        def reply(self, situation: Any) -> Any:
            raise AssertionError

    report = validate(replace(mini, user=Mute()), mini.tasks(1))
    assert "gold_runs" in {fault.check for fault in report.faults}


def test_the_command_prints_a_line_a_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tasks", "validate", "--domain", "retail", "--count", "5", "--seed", "2"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in CHECKS)
    assert shown.endswith("All tasks pass.\n")


def test_the_command_as_json_with_options(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--domain", "retail", "--count", "6", "--json", "--domain-option", "noise=0.5"]
    assert main(["tasks", "validate", *arguments]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["tasks"] == 6
    assert set(report["failed"]) == {"derived", *CHECKS}


def test_the_command_exits_with_1_when_a_task_fails(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, mini: Domain
) -> None:
    damaged = replace(mini, derive=lambda index, seed: with_gold(mini.derive(index, seed)))
    monkeypatch.setattr("agent_env.validation.command.load_domain", lambda name: damaged)
    assert main(["tasks", "validate", "--domain", "retail_mini", "--count", "3"]) == 1
    shown = capsys.readouterr().out
    assert "first: retail_mini-0-0: " in shown
    assert "3 of 3 tasks fail." in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--count", "0"], "--count is 0; give 1 or more."),
        (["--domain", "retial"], "Did you mean 'retail'?"),
        (["--domain-option", "noise"], "--domain-option is 'noise'; give KEY=VALUE."),
        (["--domain-option", "nois=1"], "Did you mean 'noise'?"),
    ],
)
def test_what_cannot_be_validated_is_said_in_one_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tasks", "validate", *arguments]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_a_misspelt_command_is_told_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tasks", "vlidate"]) == 2
    assert "Did you mean 'validate'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "check"),
    [("ask_total", "shotgun_fails"), ("hand_over", "handover_at_once_fails")],
)
def test_scoring_that_asks_for_no_look_up_is_found_out(
    kind: str, check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    domain = load_domain("retail", kinds=(kind,), max_intents=1)
    task = domain.tasks(1)[0]
    assert not failing(domain, task)
    monkeypatch.setattr("agent_env.goal._holds_all", lambda *_: True)
    assert failing(domain, task) == {check}


def test_scoring_that_asks_for_no_yes_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    domain = load_domain("retail", kinds=("cancel",), max_intents=1)
    task = domain.tasks(1)[0]
    monkeypatch.setattr("agent_env.metrics.is_all_agreed", lambda _: True)
    assert failing(domain, task) == {"unasked_writes_fail"}
    watched = load_domain("retail", kinds=("cancel",), max_intents=1, consent="watched")
    assert not failing(watched, task)
