"""The one place that talks to W&B, and the file that holds all it is told.

Place in the flow: SkyRL's trainer -> here -> ``metrics.jsonl`` and W&B. The file is written first
and is the source of truth. A call that W&B refuses raises: metrics that vanish silently are how a
run is misread for months.
"""

from __future__ import annotations

import logging
import math
import os
import secrets
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from skyrl.train.utils.tracking import Tracking

from training import jsonl
from training.settings import ConfigError

FINISH_S = 20
"""Seconds that W&B has to send what it holds."""

OFFLINE_KEY = "0" * 40
"""SkyRL asks for a key even offline, where none is used."""


def wandb_environment(mode: str, run_dir: Path) -> dict[str, str]:
    """Environment variables that make W&B write into the run's folder and resume the same W&B run.

    Args:
        mode: ``auto`` is online when WANDB_API_KEY is set; ``online`` and ``offline`` are what they
        say.
        run_dir: W&B makes its folder ``wandb`` in here, and keeps its identity for a resumed run.

    Raises:
        ConfigError: Online was asked for and there is no key.
    """
    key = os.environ.get("WANDB_API_KEY", "")
    online = mode == "online" or (
        mode == "auto" and bool(key) and os.environ.get("WANDB_MODE") != "offline"
    )
    if mode == "online" and not key:
        raise ConfigError(
            "wandb.mode=online needs WANDB_API_KEY; set it, or use wandb.mode=offline"
        )
    own = run_dir / "wandb"
    own.mkdir(exist_ok=True)
    env = {
        "WANDB_DIR": str(run_dir),
        # Its caches and settings would else go to the home, which may be read-only.
        "WANDB_DATA_DIR": str(own),
        "WANDB_CACHE_DIR": str(own),
        "WANDB_CONFIG_DIR": str(own),
        "WANDB_RUN_ID": _run_id(own / "run_id"),
        "WANDB_RESUME": "allow",
        "WANDB_MODE": "online" if online else "offline",
        "WANDB_SILENT": "true",
    }
    return env if key else env | {"WANDB_API_KEY": OFFLINE_KEY}


log = logging.getLogger("callforge.tracking")


def _run_id(path: Path) -> str:
    """The run's identity at W&B, made up once: a folder's name would join other people's runs."""
    if not path.exists():
        jsonl.replace(path, secrets.token_hex(8))
    return path.read_text(encoding="utf-8")


class RunTracker(Tracking):
    """SkyRL's tracker that also keeps every metric in ``metrics.jsonl``.

    Args:
        metrics_path: JSON lines, one a step: ``{"step": n, ...}``, appended to.
        arguments: Those of SkyRL's ``Tracking``.
    """

    def __init__(self, *, metrics_path: Path, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.failed = False
        self._wandb_is_gone = False
        self._metrics_path = metrics_path
        rows = jsonl.read(metrics_path)
        self._last_step = int(rows[-1]["step"]) if rows else 0

    def log(self, data: Mapping[str, Any], step: int, commit: bool = False) -> None:
        """Write one step's metrics.

        Raises:
            ValueError: A step comes twice or out of order, or a value is no number.
        """
        if step <= self._last_step:
            raise ValueError(
                f"metrics of step {step} came after those of step {self._last_step}; "
                "each step is logged once"
            )
        if data.get("episodes") == 0:
            # No episode ran, so SkyRL's means over tokens are means over nothing.
            log.warning(
                "step %d: every episode failed in the environment; nothing was learnt", step
            )
            data = {key: value for key, value in data.items() if math.isfinite(value)}
        row = {"step": step, **{key: as_number(key, value) for key, value in sorted(data.items())}}
        jsonl.append(self._metrics_path, row)
        self._last_step = step
        self._tell_wandb(lambda: super(RunTracker, self).log(row, step=step, commit=commit))

    def log_samples_to_table(self, *arguments: Any, **named: Any) -> None:
        """Rows for a table in W&B; see SkyRL's ``Tracking``."""
        self._tell_wandb(lambda: super(RunTracker, self).log_samples_to_table(*arguments, **named))

    def _tell_wandb(self, tell: Callable[[], None]) -> None:
        """Tell W&B while its service lives; when it has died, say so once and go on without it."""
        if self._wandb_is_gone:
            return
        try:
            tell()
        except ConnectionError as error:
            self._wandb_is_gone = True
            log.warning(
                "W&B's service is gone (%s); metrics.jsonl goes on having everything", error
            )

    def finish(self) -> None:
        """End the W&B run, as failed when ``failed`` is set; gives up after ``FINISH_S``.

        An interruption can reach W&B's own process first, and its client then waits for ever.
        """
        status = int(self.failed)
        ending = threading.Thread(target=self.logger.finish, args=(status,), daemon=True)
        ending.start()
        ending.join(FINISH_S)
        if ending.is_alive():
            log.warning("W&B did not end within %d s; metrics.jsonl has everything", FINISH_S)

    def __del__(self) -> None:
        """Nothing: the run ends its tracker; SkyRL's would wait here for a W&B that is gone."""


def as_number(key: str, value: Any) -> float | int:
    """``value`` as a finite number of plain Python.

    Raises:
        ValueError: It is none.
    """
    number = value.item() if hasattr(value, "item") else value
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise ValueError(f"metric {key} must be a finite number, got {value!r}")
    return number
