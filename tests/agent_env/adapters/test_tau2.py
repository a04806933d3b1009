from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from agent_env import Domain, Limits, ToolEnv, UnknownNameError, load_domain
from agent_env.adapters.checkout import CheckoutError
from agent_env.adapters.tau2 import installed_checkout
from parsers import render


def _writer() -> Any:
    # A plain import would need a package around the tests.
    spec = importlib.util.spec_from_file_location(
        "tau2_checkout", Path(__file__).with_name("tau2_checkout.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.write_checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder: Path = _writer()(tmp_path)
    return folder


@pytest.fixture(params=[False, True], ids=["fast", "strict"])
def garden(checkout: Path, request: pytest.FixtureRequest) -> Domain:
    return load_domain("tau2_retail", path=str(checkout), strict=request.param)


@pytest.fixture(params=[False, True], ids=["fast", "strict"])
def sprinklers(checkout: Path, request: pytest.FixtureRequest) -> Domain:
    return load_domain("tau2_telecom", path=str(checkout), strict=request.param)


def play(domain: Domain, index: int, *turns: str | tuple[str, dict[str, str]]) -> ToolEnv:
    """An episode in which these turns, or else the oracle's, were played."""
    task = domain.derive(index, 0)
    env = ToolEnv(domain, task, limits=Limits(max_turns=6))
    env.reset()
    for turn in turns or domain.oracle(task):
        if not env.done:
            env.step(turn if isinstance(turn, str) else render([turn]))
    assert env.infra_error is None
    return env


def success(env: ToolEnv) -> bool:
    return env.metrics()["reward/success"] == 1


def test_the_oracle_solves_every_task_and_no_package_is_entered(
    garden: Domain, sprinklers: Domain
) -> None:
    for domain in (garden, sprinklers):
        for index in range(domain.task_count or 0):
            assert success(play(domain, index)), (domain.name, index)
    assert not [name for name in sys.modules if name.split(".")[0] == "tau2"]


def test_once_too_often_is_wrong_and_doing_nothing_too(garden: Domain) -> None:
    water = ("water_plant", {"plant_id": "p1"})
    assert not success(play(garden, 0, "Done.", *["Well?"] * 5))
    assert not success(play(garden, 0, water, water, "Done.", *["Well?"] * 5))
    assert success(play(garden, 1, water, ("get_plant", {"plant_id": "p1"}), water, "Done."))


def test_a_failing_tool_is_told_in_their_words_and_its_writes_stay(garden: Domain) -> None:
    env = play(garden, 0, ("adopt_plant", {"plant_id": "p2", "owner": "nobody"}))
    assert env.messages[-1]["content"] == "Error: somebody has to"
    assert env.metrics()["tool/tool_error"] == 1
    assert env.diff() == {"plants": {"p2": {"owner": {"before": "Bob", "after": "nobody"}}}}


def test_what_needs_a_judge_is_said_apart(garden: Domain) -> None:
    kinds = [task.kind for task in garden.tasks(4)]
    assert kinds == ["scored", "scored_in_part", "scored", "scored"]


def test_what_must_be_told_counts_where_the_basis_names_it(garden: Domain) -> None:
    assert success(play(garden, 2, "It is 12."))
    assert not success(play(garden, 2, "It is 120.", *["Well?"] * 5))


def test_assertions_judge_the_state_and_leave_it_alone(sprinklers: Domain) -> None:
    over = ["Done.", *["Well?"] * 5]
    assert not success(play(sprinklers, 0, *over))
    assert not success(play(sprinklers, 0, ("open_line", {"line_id": "l1"}), *over))
    env = play(
        sprinklers, 0, ("open_line", {"line_id": "l2"}), ("switch_on", {}), ("is_wet", {}), "Done."
    )
    assert success(env)
    assert env.messages[-3]["content"] == "True"
    assert env.store.environment.user_tools.calls == []  # type: ignore[attr-defined]
    assert env.diff() == {
        "lines": {"l2": {"open": {"before": False, "after": True}}},
        "user.sprinkler": {
            "": {k: {"before": False, "after": True} for k in ("switched_on", "wet")}
        },
    }


def test_solo_shows_the_ticket_and_the_tools_of_both(sprinklers: Domain) -> None:
    assert sprinklers.derive(0, 0).opening == "The lawn is dry."
    assert {"open_line", "switch_on", "is_wet"} == set(sprinklers.tool_names)
    assert sprinklers.system_prompt.startswith("Solo policy.")


def test_forks_go_their_own_way(garden: Domain, sprinklers: Domain) -> None:
    for domain, call in (
        (garden, ("water_plant", {"plant_id": "p1"})),
        (sprinklers, ("open_line", {"line_id": "l1"})),
    ):
        env = play(domain, 0, call)
        twin, before = env.fork(), (env.diff(), env.state_hash())
        twin.step(render([call]))
        twin.step(render([("open_line", {"line_id": "l2"})]))
        assert (env.diff(), env.state_hash()) == before
        env.store.restore(env.store.fork())
        assert (env.diff(), env.state_hash()) == before


def test_many_interleaved_episodes_leave_the_shared_data_as_they_were(garden: Domain) -> None:
    tasks = [garden.derive(index % 4, 0) for index in range(200)]
    envs = [ToolEnv(garden, task, limits=Limits(max_turns=6)) for task in tasks]
    for env in envs:
        env.reset()
    for turn in range(3):
        for env, task in zip(envs, tasks, strict=True):
            script = garden.oracle(task)
            if turn < len(script):
                action = script[turn]
                env.step(action if isinstance(action, str) else render([action]))
    assert all(map(success, envs))
    assert garden.base.compute_fingerprint() == garden.base.fingerprint  # type: ignore[attr-defined]


def test_a_task_that_begins_inside_a_conversation_is_refused(checkout: Path) -> None:
    tasks = checkout / "data/tau2/domains/retail/tasks.json"
    text = tasks.read_text().replace('"id": "0"', '"initial_state": {}, "id": "0"')
    tasks.write_text(text)
    with pytest.raises(CheckoutError, match=r"Task 0 of tau2_retail begins in the middle"):
        load_domain("tau2_retail", path=str(checkout)).derive(0, 0)


def test_no_checkout_and_no_data_and_the_package_about_magnetism(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TAU2_PATH", raising=False)
    (checkout / "data/tau2/domains/retail/db.json").unlink()
    with pytest.raises(CheckoutError, match=r"it has no data/tau2/domains/retail/db.json"):
        load_domain("tau2_retail", path=str(checkout))
    (checkout / "data/tau2/domains/telecom/tasks.json").write_text("[{}]")
    with pytest.raises(CheckoutError, match=r"^The data of tau2-bench .* cannot be read: [^\n]*$"):
        load_domain("tau2_telecom", path=str(checkout))
    wrong = ModuleType("tau2")
    wrong.__file__ = str(checkout / "site-packages/tau2/__init__.py")
    monkeypatch.setitem(sys.modules, "tau2", wrong)
    with pytest.raises(CheckoutError, match=r"is not tau2-bench .* a package about magnetism"):
        load_domain("tau2_retail")


def test_an_installed_tau2_tells_where_its_checkout_is(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (checkout / "src/tau2/registry.py").write_text("")
    right = ModuleType("tau2")
    right.__file__ = str(checkout / "src/tau2/__init__.py")
    monkeypatch.setitem(sys.modules, "tau2", right)
    assert installed_checkout() == checkout


def test_an_unknown_split_is_answered_with_the_nearest(checkout: Path) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'base'"):
        load_domain("tau2_retail", path=str(checkout), split="bse")
