from __future__ import annotations

import io
import json

import pytest

from agent_env import Task, load_domain
from agent_env.__main__ import main


def test_tasks_as_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tasks", "--domain", "retail_mini", "--count", "3", "--seed", "4", "--json"]) == 0
    tasks = [Task.from_dict(json.loads(line)) for line in capsys.readouterr().out.splitlines()]
    assert tuple(tasks) == load_domain("retail_mini").tasks(3, 4)


def test_tasks_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tasks", "--count", "1"]) == 0
    shown = capsys.readouterr().out
    task = load_domain("retail").tasks(1)[0]
    assert task.opening in shown
    last = load_domain("retail").oracle(task)[-1]
    assert shown.endswith(f"  agent     {last}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["task"],
            "There is no command 'task'. Did you mean 'tasks'? Known: tasks, play, "
            "evaluate, rescore, show, bench, serve-script.",
        ),
        (["tasks", "--domain", "retail_mni"], "Did you mean 'retail_mini'?"),
        (["tasks", "--count", "-1"], "count is -1; give 0 or more."),
        (["play", "--task", "-1"], "--task is -1; give 0 or more."),
        (["play", "--max-turns", "0"], "--max-turns is 0; give 1 or more."),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_play_reads_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("Hello.\n/quit\n"))
    assert main(["play", "--task", "1"]) == 0
    assert "not solved (left)" in capsys.readouterr().out


def test_ctrl_c_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(io.StringIO):
        def readline(self, *_: object) -> str:
            raise KeyboardInterrupt

    monkeypatch.setattr("sys.stdin", Interrupted())
    assert main(["play"]) == 130
