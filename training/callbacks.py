"""What happens at SkyRL's events besides the display: the clock, and the table of examples.

Place in the flow: SkyRL's training loop -> here.
"""

from __future__ import annotations

import time
from typing import Any

from skyrl.train.utils.callbacks import CallbackInput, TrainingCallback, TrainingControl

from training.folders import RunFolder
from training.rollouts import EXAMPLE_COLUMNS, RolloutLog


class Clock(TrainingCallback):
    """Keeps the run's total seconds on disk, so that a killed session still counts."""

    def __init__(self, folder: RunFolder, started: float) -> None:
        self._folder = folder
        self._before = folder.seconds_spent()
        self._started = started

    def seconds(self) -> float:
        """Seconds of all sessions until now."""
        return self._before + time.monotonic() - self._started

    def on_log(self, trainer: Any, callback_input: CallbackInput, control: TrainingControl) -> None:
        """Note the time."""
        self._folder.spend(self.seconds())


class ExampleTable(TrainingCallback):
    """Shows the generation examples in W&B, in one table that grows."""

    def __init__(self, rollouts: RolloutLog) -> None:
        self._rollouts = rollouts

    def on_log(self, trainer: Any, callback_input: CallbackInput, control: TrainingControl) -> None:
        """Send the examples that fell due in this step."""
        if rows := self._rollouts.take_examples():
            trainer.tracker.log_samples_to_table(
                "rollouts/examples", EXAMPLE_COLUMNS, rows, step=callback_input.global_step
            )
