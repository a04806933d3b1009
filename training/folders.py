"""The folder of a run: what is in it, and whether a command may go on in it.

Place in the flow: first thing that ``training/run.py`` settles. A folder belongs to one
configuration; the same command goes on where it stopped, anything else is refused or gets a new
one.
"""

from __future__ import annotations

import fcntl
import itertools
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from training import jsonl
from training.config import RunConfig
from training.settings import ConfigError, flatten, nested


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Paths of one run."""

    path: Path

    @property
    def config(self) -> Path:
        """Every setting, as the run used it."""
        return self.path / "config.yaml"

    @property
    def metrics(self) -> Path:
        """All that W&B gets, one line a step."""
        return self.path / "metrics.jsonl"

    @property
    def rollouts(self) -> Path:
        """Every episode, one line each."""
        return self.path / "rollouts.jsonl"

    @property
    def summary(self) -> Path:
        """First and last figures; there when the run has ended."""
        return self.path / "summary.json"

    @property
    def checkpoints(self) -> Path:
        """SkyRL's checkpoints, and the trained model as ``transformers`` reads it."""
        return self.path / "checkpoints"

    @property
    def dataset(self) -> Path:
        """The tasks of the run."""
        return self.path / "dataset.jsonl"

    @property
    def log(self) -> Path:
        """What SkyRL, Ray and W&B print."""
        return self.path / "logs" / "run.log"

    def step_kept(self) -> int:
        """Step to go on after: the newest whole checkpoint whose metrics are on disk, else 0.

        SkyRL writes a step's checkpoint before its metrics are logged. A run that was killed
        between the two goes back one checkpoint, so that no step is missing from its metrics.
        """
        rows = jsonl.read(self.metrics)
        logged = int(rows[-1]["step"]) if rows else 0
        whole = (
            int(state.parent.name.removeprefix("global_step_"))
            for state in self.checkpoints.glob("global_step_*/trainer_state.pt")
        )
        return max((step for step in whole if step <= logged), default=0)

    def forget_after(self, step: int) -> None:
        """Drop checkpoints, metrics and episodes of later steps, and tell SkyRL where to go on."""
        marker = self.checkpoints / "latest_ckpt_global_step.txt"
        for checkpoint in self.checkpoints.glob("global_step_*"):
            if int(checkpoint.name.removeprefix("global_step_")) > step:
                shutil.rmtree(checkpoint)
        if step:
            jsonl.replace(marker, str(step))
        else:
            marker.unlink(missing_ok=True)
        for path in (self.metrics, self.rollouts):
            jsonl.keep_until(path, step)

    def seconds_spent(self) -> float:
        """Seconds that all sessions of this run took until they ended or were last heard of."""
        clock = self.path / "wall_s.json"
        return float(json.loads(clock.read_text())) if clock.exists() else 0.0

    def spend(self, seconds: float) -> None:
        """Note the seconds taken so far, this session included."""
        jsonl.replace(self.path / "wall_s.json", json.dumps(seconds))


@contextmanager
def open_run(config: RunConfig, runs: Path, *, named: bool) -> Iterator[RunFolder]:
    """The folder of this run, locked against a second process.

    A run that nobody named takes the first of ``<name>``, ``<name>-2``, ... that is free, or
    unfinished with the same settings and not running.

    Args:
        config: Its name is the folder's.
        runs: Where run folders are.
        named: The name was chosen, so no other may be used.

    Raises:
        ConfigError: The named folder is finished, is in use, or has other settings.
    """
    for number in itertools.count(1):
        folder = RunFolder(runs / (config.name if number == 1 else f"{config.name}-{number}"))
        try:
            folder.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"{folder.path}: no run folder can be made there ({error})"
            ) from error
        with (folder.path / ".lock").open("w") as lock:
            try:
                refusal = _refusal(folder, config, lock)
                if refusal is None:
                    _prepare(folder, config, runs)
            except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
                said = " ".join(str(error).split())
                raise ConfigError(
                    f"{folder.path}: it is damaged ({said}); delete it, or choose another name "
                    "with name=..."
                ) from error
            if refusal is None:
                yield folder
                return
        if named:
            raise ConfigError(f"{folder.path}: {refusal}")


def _refusal(folder: RunFolder, config: RunConfig, lock: Any) -> str | None:
    """Why this folder cannot be used; None when it can, and then the lock is held."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return "another process is running it; wait for it or choose another name with name=..."
    if folder.config.exists():
        there, wanted = flatten(yaml.safe_load(folder.config.read_text())), flatten(nested(config))
        changed = sorted(
            key for key in there.keys() | wanted.keys() if there.get(key) != wanted.get(key)
        )
        if changed:
            said = ", ".join(
                f"{key} was {there.get(key)!r}, is {wanted.get(key)!r}" for key in changed[:3]
            )
            return (
                f"it holds a run with other settings ({said}); "
                "choose another name with name=..., or delete it"
            )
        if folder.summary.exists():
            return "the run in it is finished; choose another name with name=..., or delete it"
    elif any(child.name != ".lock" for child in folder.path.iterdir()):
        return "it is not empty and holds no run; choose another name with name=..."
    return None


def _prepare(folder: RunFolder, config: RunConfig, runs: Path) -> None:
    """Write the settings, drop what comes after the last checkpoint, point ``latest`` here."""
    jsonl.replace(folder.config, yaml.safe_dump(nested(config), sort_keys=False))
    folder.log.parent.mkdir(exist_ok=True)
    folder.forget_after(folder.step_kept())
    link = runs / f".latest-{folder.path.name}"
    link.unlink(missing_ok=True)
    link.symlink_to(folder.path.name, target_is_directory=True)
    link.replace(runs / "latest")
