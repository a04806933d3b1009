"""The tracker: a real offline W&B run beside metrics.jsonl, and calls that raise."""

import json
import os
from pathlib import Path

import pytest

from training import compat, jsonl

compat.prepare_process()

from training.settings import ConfigError  # noqa: E402
from training.tracking import (  # noqa: E402 - SkyRL imports only after prepare_process
    OFFLINE_KEY,
    RunTracker,
    as_number,
    wandb_environment,
)


@pytest.fixture
def tracker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunTracker:
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    for key, value in wandb_environment("offline", tmp_path).items():
        monkeypatch.setenv(key, value)
    return RunTracker(
        metrics_path=tmp_path / "metrics.jsonl",
        project_name="p",
        experiment_name="e",
        backend="wandb",
        config={"a": 1},
    )


def test_what_wandb_gets_is_on_disk_and_the_run_is_wandbs_own(
    tracker: RunTracker, tmp_path: Path
) -> None:
    tracker.log({"parse/malformed": 3, "batch_reward/mean": -0.5}, step=1, commit=True)
    tracker.log_samples_to_table("rollouts/examples", ["step", "text"], [(2, "raw")], step=2)
    tracker.log({"parse/malformed": 1, "batch_reward/mean": 0.5}, step=2, commit=True)
    with pytest.raises(ValueError, match="step 2 came after those of step 2"):
        tracker.log({"x": 1}, step=2, commit=True)
    with pytest.raises(ValueError, match="metric y must be a finite number, got nan"):
        tracker.log({"y": float("nan")}, step=3, commit=True)
    tracker.finish()
    assert jsonl.read(tmp_path / "metrics.jsonl") == [
        {"step": 1, "batch_reward/mean": -0.5, "parse/malformed": 3},
        {"step": 2, "batch_reward/mean": 0.5, "parse/malformed": 1},
    ]
    (run,) = (tmp_path / "wandb").glob("offline-run-*")
    assert next(run.glob("*.wandb")).stat().st_size > 1000
    (table,) = (run / "files" / "media" / "table" / "rollouts").glob("examples*.json")
    assert json.loads(table.read_text())["data"] == [[2, "raw"]]


@pytest.mark.parametrize(
    ("mode", "environment", "expected"),
    [
        ("auto", {}, "offline"),
        ("auto", {"WANDB_API_KEY": "k"}, "online"),
        ("auto", {"WANDB_API_KEY": "k", "WANDB_MODE": "offline"}, "offline"),
        ("offline", {"WANDB_API_KEY": "k"}, "offline"),
        ("online", {"WANDB_API_KEY": "k"}, "online"),
    ],
)
def test_online_is_chosen_by_the_key_unless_said_otherwise(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    mode: str,
    environment: dict[str, str],
    expected: str,
) -> None:
    for name in ("WANDB_API_KEY", "WANDB_MODE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    env = wandb_environment(mode, tmp_path)
    assert env["WANDB_MODE"] == expected
    # SkyRL refuses to start without any key, but one that is there must not be replaced.
    assert env.get("WANDB_API_KEY", os.environ.get("WANDB_API_KEY")) == (
        environment.get("WANDB_API_KEY") or OFFLINE_KEY
    )


def test_numbers_of_other_libraries_become_plain_ones() -> None:
    import numpy

    assert as_number("k", numpy.float32(0.5)) == 0.5
    for wrong in ("text", None, True, float("inf")):
        with pytest.raises(ValueError, match="metric k must be a finite number"):
            as_number("k", wrong)


def test_online_without_a_key_is_refused_and_a_run_keeps_its_identity(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    with pytest.raises(ConfigError, match="needs WANDB_API_KEY"):
        wandb_environment("online", tmp_path)
    first, again = (wandb_environment("auto", tmp_path)["WANDB_RUN_ID"] for _ in range(2))
    (tmp_path / "other").mkdir()
    assert first == again != wandb_environment("auto", tmp_path / "other")["WANDB_RUN_ID"]


def test_when_wandb_dies_the_metrics_go_on(
    tracker: RunTracker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dead(*_arguments: object, **_named: object) -> None:
        raise ConnectionResetError("Connection lost")

    tracker.log({"a": 1}, step=1, commit=True)
    with monkeypatch.context() as patch:
        patch.setattr(tracker.logger, "log", dead)
        tracker.log({"a": 2}, step=2, commit=True)
        tracker.log({"a": 3}, step=3, commit=True)
    tracker.finish()
    assert [row["a"] for row in jsonl.read(tmp_path / "metrics.jsonl")] == [1, 2, 3]


def test_a_step_in_which_no_episode_ran_is_logged_without_means_over_nothing(
    tracker: RunTracker, tmp_path: Path
) -> None:
    tracker.log({"episodes": 0, "loss/avg": float("nan"), "infra_error": 8}, step=1, commit=True)
    tracker.finish()
    assert jsonl.read(tmp_path / "metrics.jsonl") == [{"step": 1, "episodes": 0, "infra_error": 8}]
