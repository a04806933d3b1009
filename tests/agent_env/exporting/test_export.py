from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from agent_env import EnvError, Limits, Task, ToolEnv, load_domain
from agent_env.__main__ import main
from agent_env.customers.user import UserReply
from agent_env.exporting.export import rows, write_rows


def test_a_row_describes_its_episode(tmp_path: Path) -> None:
    path = tmp_path / "new" / "tasks.jsonl"
    given = ["--count", "3", "--seed", "2", "--domain-option", "max_intents=1", "--out", str(path)]
    assert main(["tasks", "export", *given]) == 0
    written = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(written) == 3
    for row, task in zip(written, load_domain("retail", max_intents=1).tasks(3, 2), strict=True):
        episode = json.loads(row["episode"])
        domain = load_domain(**episode["domain"])
        assert Task.from_dict(json.loads(row["task"])) == task
        env = ToolEnv(domain, task, limits=Limits(**episode["limits"]))
        assert row["prompt"] == env.reset()
        assert (row["env_class"], episode["limits"]["max_turns"]) == ("callforge", 30)
    assert [one.name for one in path.parent.iterdir()] == ["tasks.jsonl"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--out", "x.csv"], "'x.csv' ends in neither of .jsonl, .parquet; choose one."),
        (["--out", "x.jsonl", "--count", "0"], "--count is 0; give 1 or more."),
        (["--out", "x.jsonl", "--max-turns", "0"], "--max-turns is 0; give 1 or more."),
        (["--out", "x.jsonl", "--domain", "retial"], "Did you mean 'retail'?"),
        (["--out", "/proc/none/x.jsonl"], "/proc/none/x.jsonl cannot be written: "),
    ],
)
def test_what_cannot_be_written_is_said_in_one_line(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tasks", "export", *options]) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert (shown.err.count("\n"), shown.out) == (1, "")


def test_parquet_without_pyarrow_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    assert main(["tasks", "export", "--out", "x.parquet"]) == 2
    assert "Parquet needs pyarrow, which is not installed here: " in capsys.readouterr().err


def test_what_fails_half_way_leaves_the_old_file(tmp_path: Path) -> None:
    class Mute:
        def open(self, task: Task) -> UserReply:
            raise ConnectionError("no line")

    path = tmp_path / "tasks.jsonl"
    path.write_text("old")
    domain = replace(load_domain("retail_mini"), user=Mute())  # type: ignore[arg-type]
    with pytest.raises(EnvError) as caught:
        write_rows(path, rows(domain, domain.tasks(2)))
    assert caught.value.message == "retail_mini-0-0: customer: no line"
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["tasks.jsonl"]
