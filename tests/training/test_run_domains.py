"""Runs in worlds whose turns are programs: lessons, judge, reward and metrics, end to end."""

import subprocess
import sys
from pathlib import Path

import pytest

from training import jsonl

TIMEOUT_S = 240


@pytest.mark.parametrize(
    ("domain", "rates"),
    [
        ("kernels", ("kernel/compile_rate", "kernel/correct_rate")),
        ("code", ("code/readable", "code/reward_tests_passed")),
    ],
)
def test_a_smoke_run_of_programs_builds_some_and_gets_some_right(
    domain: str, rates: tuple[str, ...], tmp_path: Path
) -> None:
    arguments = ["hardware=cpu", f"domain={domain}", "--smoke", "steps=2", "name=run"]
    script = (
        "import sys\nfrom pathlib import Path\nfrom training.run import main\n"
        f"sys.exit(main({arguments!r}, runs=Path({str(tmp_path)!r}), "
        f"cache=Path({str(tmp_path / 'cache')!r})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=TIMEOUT_S
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = jsonl.read(tmp_path / "run" / "metrics.jsonl")
    assert len(rows) == 2
    for rate in rates:
        assert sum(row[rate] for row in rows) > 0
    assert all(row["infra_error"] == 0 for row in rows)
    assert all(row["loss/avg_raw_advantages_abs"] > 0 for row in rows)
    rollouts = jsonl.read(tmp_path / "run" / "rollouts.jsonl")
    assert {episode["domain"]["name"] for episode in rollouts} == {domain}
    assert any(turn["reward"] > 0 for episode in rollouts for turn in episode["turns"])
    assert (tmp_path / "run" / "report.html").stat().st_size > 10_000
