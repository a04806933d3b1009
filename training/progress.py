"""What a person sees of a run: one line a step with the time left, and a table at the end.

Place in the flow: SkyRL's callbacks -> here -> the terminal. SkyRL's own output goes to the run's
log.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table
from skyrl.train.utils.callbacks import CallbackInput, TrainingCallback, TrainingControl

from training.summary import RATES


class ProgressDisplay(TrainingCallback):
    """Prints one line per training step.

    Args:
        stream: The real terminal; standard output is the run's log while SkyRL works.
    """

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream, highlight=False, soft_wrap=True)
        self._started = time.monotonic()
        self._steps_done = 0

    def say(self, text: str) -> None:
        """One line about what is being done."""
        self._console.print(text, markup=False)

    def on_train_start(
        self, trainer: Any, callback_input: CallbackInput, control: TrainingControl
    ) -> None:
        """Starts the clock; called once SkyRL is set up and any checkpoint is loaded."""
        self._started = time.monotonic()
        resumed = (
            f", going on after step {callback_input.global_step}"
            if callback_input.global_step
            else ""
        )
        self.say(f"training: {callback_input.total_steps} steps{resumed}")

    def on_log(self, trainer: Any, callback_input: CallbackInput, control: TrainingControl) -> None:
        """One step's line."""
        logs = callback_input.logs or {}
        self._steps_done += 1
        seconds = (time.monotonic() - self._started) / self._steps_done
        left = (callback_input.total_steps - callback_input.global_step) * seconds
        self.say(step_line(callback_input.global_step, callback_input.total_steps, logs, left))

    def finish(self, summary: Mapping[str, Any]) -> None:
        """The table of where the run began and ended."""
        table = Table(
            "",
            "first",
            "last",
            title=f"seed {summary['seed']}, {summary['steps']} steps, {summary['wall_s']:.0f} s",
        )
        for rate in RATES:
            table.add_row(
                rate.replace("_", " "),
                f"{summary[rate]['first']:.1%}",
                f"{summary[rate]['last']:.1%}",
            )
        self._console.print(table)


def step_line(step: int, total: int, logs: Mapping[str, Any], seconds_left: float) -> str:
    """Step, a bar, lost calls, success, mean reward and time left."""
    if logs["episodes"] == 0:
        return f"step {step:>3}/{total} every episode failed in the environment; nothing was learnt"
    filled = round(20 * step / total)
    minutes, seconds = divmod(int(seconds_left), 60)
    return (
        f"step {step:>3}/{total} {'█' * filled}{'░' * (20 - filled)} "
        f"parse failure {logs['parse_failure_rate']:6.1%}  success {logs['success_rate']:6.1%}  "
        f"reward {logs['batch_reward/mean']:+.2f}  left {minutes}:{seconds:02d}"
    )
