"""The display: a line a step with the time left, and the final table."""

import io
from types import SimpleNamespace

from training import compat

compat.prepare_process()

from training.progress import ProgressDisplay, step_line  # noqa: E402 - after prepare_process

LOGS = {
    "episodes": 8,
    "parse_failure_rate": 0.9388,
    "success_rate": 0.04,
    "batch_reward/mean": -1.5,
}


def test_a_line_has_step_rates_reward_and_time_left() -> None:
    line = step_line(4, 16, LOGS, 75.0)
    for part in ("step   4/16", "█████░", "failure  93.9%", "success   4.0%", "-1.50", "left 1:15"):
        assert part in line


def test_a_batch_without_an_episode_shows_no_rates() -> None:
    assert "every episode failed" in step_line(4, 16, LOGS | {"episodes": 0}, 1.0)


def test_a_run_prints_its_steps_and_its_table() -> None:
    stream = io.StringIO()
    display = ProgressDisplay(stream)
    step = SimpleNamespace(global_step=2, total_steps=2, logs=LOGS)
    display.on_train_start(None, SimpleNamespace(global_step=1, total_steps=2), None)
    display.on_log(None, step, None)
    rate = {"first": 0.9, "last": 0.1}
    names = ("parse_failure_rate", "strict_failure_rate", "zero_reward_rate", "success_rate")
    display.finish({"seed": 3, "steps": 2, "wall_s": 99.6, **dict.fromkeys(names, rate)})
    said = stream.getvalue()
    assert "training: 2 steps, going on after step 1" in said
    assert "step   2/2" in said
    assert "seed 3, 2 steps, 100 s" in said
    assert said.count("90.0%") == 4
    assert "parse failure rate" in said


def test_brackets_in_a_message_are_not_markup() -> None:
    stream = io.StringIO()
    ProgressDisplay(stream).say("folder [/weird] [red]")
    assert stream.getvalue() == "folder [/weird] [red]\n"
