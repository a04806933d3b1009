"""The environment as SkyRL calls it: same rewards as ToolEnv, and no exception ever."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent_env import ToolEnv, load_domain
from agent_env.exporting import export
from training import compat, jsonl

compat.prepare_process()

from training.config import RunConfig  # noqa: E402 - SkyRL imports only after prepare_process
from training.dataset import load_run_domain, write_dataset  # noqa: E402
from training.env_adapter import CallforgeEnv, register  # noqa: E402
from training.warm_start.corpus import oracle_script, right  # noqa: E402

CONFIG = RunConfig(name="x", hardware="cpu", steps=1)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    path = tmp_path_factory.mktemp("data") / "dataset.jsonl"
    assert write_dataset(CONFIG, path) == 16
    return jsonl.read(path)


def made(row: dict[str, Any]) -> CallforgeEnv:
    env = CallforgeEnv(extras={"task": row["task"], "episode": row["episode"], "max_turns": 4})
    messages, _ = env.init(row["prompt"])
    assert messages == row["prompt"]
    return env


def test_rows_hold_message_lists_and_tasks_as_text(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        assert [message["role"] for message in row["prompt"]] == ["system", "user"]
        assert isinstance(row["task"], str)
        assert row["env_class"] == "callforge"


def test_the_oracle_earns_what_toolenv_pays(rows: list[dict[str, Any]]) -> None:
    domain = load_run_domain(CONFIG)
    for row in rows:
        env = made(row)
        calls, farewell = oracle_script(domain, domain_task(row))
        steps = [env.step(text) for text in [*map(right, calls), farewell]]
        assert [step["done"] for step in steps] == [False, False, True]
        assert sum(step["reward"] for step in steps) == pytest.approx(1.3)
        record = env.get_metrics()
        assert record["counts"]["reward/success"] == 1
        assert record["trajectory"]["reward"] == pytest.approx(1.3)


def domain_task(row: dict[str, Any]) -> Any:
    from agent_env import Task

    return Task.from_dict(json.loads(row["task"]))


def test_a_prompt_stored_as_text_is_refused(rows: list[dict[str, Any]]) -> None:
    env = CallforgeEnv(extras=rows[0])
    with pytest.raises(TypeError, match="must be a list of messages, got str"):
        env.init(json.dumps(rows[0]["prompt"]))
    with pytest.raises(ValueError, match="columns `task` and `episode`"):
        CallforgeEnv(extras={"task": "{}"})


def test_an_exception_ends_the_episode_as_infra_error_and_is_logged(
    rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    env = made(rows[0])

    def explode(_self: ToolEnv, _text: str) -> None:
        raise ZeroDivisionError("a bug of ours")

    monkeypatch.setattr(ToolEnv, "step", explode)
    step = env.step("hello")
    assert step["done"] is True
    assert step["reward"] == 0.0
    record = env.get_metrics()
    assert record["counts"]["infra_error"] == 1
    assert record["trajectory"]["infra_error"]["message"] == "a bug of ours"
    assert "left out of the loss" in caplog.text


def test_an_episode_that_skyrl_stops_early_is_counted_as_unfinished(
    rows: list[dict[str, Any]],
) -> None:
    env = made(rows[0])
    env.step("hello")
    counts = env.get_metrics()["counts"]
    assert counts["stop/unfinished"] == 1
    assert counts["parse/turns"] == 1


def test_registering_twice_is_harmless(tmp_path: Path) -> None:
    import skyrl_gym

    register()
    register()
    make: Callable[..., Any] = skyrl_gym.make
    with pytest.raises(ValueError, match="columns"):
        make("callforge", env_config={}, extras={})


@pytest.mark.parametrize("name", ["retail_mini", "retail"])
def test_thousands_of_interleaved_forks_share_nothing(name: str) -> None:
    """Every fork is held against an episode of its own that took the same turns."""
    rng, domain = random.Random(7), load_domain(name, seed=3)
    task = next(task for task in domain.tasks(40, seed=5) if task.gold_diff)
    (row,) = export.rows(domain, [task])
    script = [said if isinstance(said, str) else right(said) for said in domain.oracle(task)]
    living: list[tuple[CallforgeEnv, tuple[str, ...]]] = [(made(row), ())]
    played: dict[tuple[str, ...], CallforgeEnv] = {}
    for _ in range(3000):
        env, said = living[rng.randrange(len(living))]
        follow = len(said) < len(script) and rng.random() < 0.6
        text = script[len(said)] if follow else rng.choice([*script, "```", "I will look."])
        twin = env.fork()
        if not twin.step(text)["done"]:
            living.append((twin, (*said, text)))
        played.setdefault((*said, text), twin)
    assert any(twin.get_metrics()["trajectory"]["diff"] for twin in played.values())
    for said, twin in rng.sample(sorted(played.items(), key=lambda item: item[0]), 200):
        alone = made(row)
        for text in said:
            alone.step(text)
        assert twin.get_metrics() == alone.get_metrics()
    assert living[0][0].get_metrics() == made(row).get_metrics()


def test_a_failing_environment_says_that_it_is_spoilt(rows: list[dict[str, Any]]) -> None:
    env = made(rows[0])
    assert not env.is_spoilt
    assert env.domain_name == "retail_mini"
    broken = env.fork()
    broken._env.messages = None  # type: ignore[assignment]
    broken.step("Hello.")
    assert broken.is_spoilt
    assert not env.is_spoilt


def test_what_a_turn_took_back_is_known_of_it_alone(
    rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    env = made(rows[0])
    env.step("Hello.")
    assert env.taken_back == 0.0
    cheat = env.fork()
    stepped = cheat._env.step("Hello.")
    components = dict(stepped.info["components"]) | {"outcome": -1.4}
    fraud = stepped._replace(info={**stepped.info, "components": components})
    monkeypatch.setattr(type(cheat._env), "step", lambda _env, _text: fraud)
    cheat.step("a program that deceives")
    assert cheat.taken_back == -1.4
    assert env.taken_back == 0.0
