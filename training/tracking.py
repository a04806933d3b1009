"""The one place that talks to W&B, and the file that holds all it is told.

Place in the flow: SkyRL's trainer -> here -> ``metrics.jsonl`` and W&B. The file is written first
and is the source of truth. A call that W&B refuses raises: metrics that vanish silently are how a
run is misread for months.
"""

from __future__ import annotations

import logging
import math
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from skyrl.train.utils.tracking import Tracking

from training import jsonl

FINISH_S = 20
"""Seconds that W&B has to send what it holds."""

OFFLINE_KEY = "0" * 40
"""SkyRL asks for a key even offline, where none is used."""


def wandb_environment(mode: str, run_dir: Path, run_id: str) -> dict[str, str]:
    """Environment variables that make W&B write into the run's folder and resume the same W&B run.

    Args:
        mode: ``auto`` is online when WANDB_API_KEY is set; ``online`` and ``offline`` are what they
        say.
        run_dir: W&B makes its folder ``wandb`` in here.
        run_id: The same when a run is resumed.
    """
    key = os.environ.get("WANDB_API_KEY", "")
    online = mode == "online" or (
        mode == "auto" and bool(key) and os.environ.get("WANDB_MODE") != "offline"
    )
    env = {
        "WANDB_DIR": str(run_dir),
        "WANDB_RUN_ID": run_id,
        "WANDB_RESUME": "allow",
        "WANDB_MODE": "online" if online else "offline",
        "WANDB_SILENT": "true",
    }
    return env if key else env | {"WANDB_API_KEY": OFFLINE_KEY}


log = logging.getLogger("callforge.tracking")


class RunTracker(Tracking):
    """SkyRL's tracker that also keeps every metric in ``metrics.jsonl``.

    Args:
        metrics_path: JSON lines, one a step: ``{"step": n, ...}``, appended to.
        arguments: Those of SkyRL's ``Tracking``.
    """

    def __init__(self, *, metrics_path: Path, **arguments: Any) -> None:
        super().__init__(**arguments)
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
        row = {"step": step, **{key: as_number(key, value) for key, value in sorted(data.items())}}
        jsonl.append(self._metrics_path, row)
        self._last_step = step
        super().log(row, step=step, commit=commit)

    def finish(self) -> None:
        """End the W&B run; gives up after ``FINISH_S``, because its service may be gone.

        An interruption can reach W&B's own process first, and its client then waits for ever.
        """
        ending = threading.Thread(target=super().finish, daemon=True)
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
