"""Run folders: fresh, resumed, refused, locked, and what a resumed run forgets."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from training import jsonl
from training.config import RunConfig
from training.folders import RunFolder, open_run
from training.settings import ConfigError

CONFIG = RunConfig(name="one", hardware="cpu")


def used(config: RunConfig, runs: Path, *, named: bool = False) -> RunFolder:
    with open_run(config, runs, named=named) as folder:
        return folder


def checkpoint(folder: RunFolder, step: int) -> None:
    """What SkyRL leaves when a checkpoint is whole."""
    (folder.checkpoints / f"global_step_{step}").mkdir(parents=True)
    (folder.checkpoints / f"global_step_{step}" / "trainer_state.pt").touch()
    (folder.checkpoints / "latest_ckpt_global_step.txt").write_text(str(step))


def test_a_checkpoint_whose_metrics_were_never_logged_is_not_gone_on_from(tmp_path: Path) -> None:
    folder = used(CONFIG, tmp_path)
    for step in (2, 4):
        checkpoint(folder, step)
    for step in (1, 2, 3):
        jsonl.append(folder.metrics, {"step": step})
    (folder.checkpoints / "global_step_3").mkdir()  # and one that was never finished
    again = used(CONFIG, tmp_path)
    assert again.step_kept() == 2
    assert [row["step"] for row in jsonl.read(again.metrics)] == [1, 2]
    assert [path.name for path in again.checkpoints.glob("global_step_*")] == ["global_step_2"]
    assert (again.checkpoints / "latest_ckpt_global_step.txt").read_text() == "2"


@pytest.mark.parametrize("name", ["config.yaml", "metrics.jsonl", "rollouts.jsonl"])
def test_a_damaged_folder_gets_a_sentence(tmp_path: Path, name: str) -> None:
    folder = used(CONFIG, tmp_path)
    (folder.path / name).write_text("[: nonsense\n")
    with pytest.raises(ConfigError, match=r"it is damaged .* delete it"):
        used(CONFIG, tmp_path, named=True)


def test_a_fresh_folder_holds_every_setting_and_latest_points_to_it(tmp_path: Path) -> None:
    folder = used(CONFIG, tmp_path)
    assert folder.path == tmp_path / "one"
    assert yaml.safe_load(folder.config.read_text())["rl"]["samples"] == 8
    assert (tmp_path / "latest").resolve() == folder.path
    assert used(replace(CONFIG, name="two"), tmp_path).path == (tmp_path / "latest").resolve()


def test_the_same_command_goes_on_and_forgets_what_came_after_the_checkpoint(
    tmp_path: Path,
) -> None:
    folder = used(CONFIG, tmp_path)
    checkpoint(folder, 2)
    for step in (1, 2, 3):
        jsonl.append(folder.metrics, {"step": step})
        jsonl.append(folder.rollouts, {"step": step})
    again = used(CONFIG, tmp_path)
    assert again.path == folder.path
    assert again.step_kept() == 2
    assert [row["step"] for row in jsonl.read(again.metrics)] == [1, 2]
    assert [row["step"] for row in jsonl.read(again.rollouts)] == [1, 2]


def test_a_run_that_nobody_named_moves_on_when_the_folder_is_finished_or_another_runs_own(
    tmp_path: Path,
) -> None:
    first = used(CONFIG, tmp_path)
    first.summary.write_text("{}")
    assert used(CONFIG, tmp_path).path.name == "one-2"
    assert used(replace(CONFIG, steps=3), tmp_path).path.name == "one-3"
    assert used(CONFIG, tmp_path).path.name == "one-2"  # unfinished, same settings: goes on


def test_a_named_run_is_refused_with_the_reason(tmp_path: Path) -> None:
    folder = used(CONFIG, tmp_path, named=True)
    with pytest.raises(
        ConfigError, match=r"other settings \(steps was 16, is 3\); choose another name"
    ):
        used(replace(CONFIG, steps=3), tmp_path, named=True)
    folder.summary.write_text("{}")
    with pytest.raises(ConfigError, match="finished"):
        used(CONFIG, tmp_path, named=True)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.png").touch()
    with pytest.raises(ConfigError, match="not empty and holds no run"):
        used(replace(CONFIG, name="photos"), tmp_path, named=True)


def test_a_folder_in_use_is_not_entered_twice(tmp_path: Path) -> None:
    with open_run(CONFIG, tmp_path, named=True):
        with pytest.raises(ConfigError, match="another process is running it"):
            used(CONFIG, tmp_path, named=True)
        assert used(CONFIG, tmp_path).path.name == "one-2"
    assert used(CONFIG, tmp_path, named=True).path.name == "one"


def test_time_of_all_sessions_adds_up(tmp_path: Path) -> None:
    folder = used(CONFIG, tmp_path)
    assert folder.seconds_spent() == 0
    folder.spend(12.5)
    assert RunFolder(folder.path).seconds_spent() == 12.5
