"""A compiler's cage: how a tool's end is told, and what a killed judge leaves behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agent_env.kernels.tool_cage import run_tool

JUDGE = """
import sys
from pathlib import Path
from agent_env.kernels.tool_cage import run_tool
driver = f"sleep {sys.argv[2]} & wait"
run_tool(["/bin/sh", "-c", driver], Path(sys.argv[1]), timeout_s=60)
"""


def running(seconds: str) -> list[str]:
    """Processes that sleep for so long."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        found += [folder.name] if words[:2] == [b"sleep", seconds.encode()] else []
    return found


def until(wanted: Callable[[], bool]) -> bool:
    """Whether something comes true before long."""
    end = time.monotonic() + 10
    while not wanted() and time.monotonic() < end:
        time.sleep(0.05)
    return wanted()


def test_what_a_tool_started_ends_with_a_judge_that_is_killed(tmp_path: Path) -> None:
    seconds = f"50.{os.getpid():07}"
    judge = subprocess.Popen([sys.executable, "-c", JUDGE, str(tmp_path), seconds])
    try:
        assert until(lambda: bool(running(seconds)))
    finally:
        judge.kill()
        judge.wait()
    # Without the right to make a process namespace the driver alone ends.
    assert os.geteuid() != 0 or until(lambda: not running(seconds))


@pytest.mark.parametrize(
    ("line", "code"), [("exit 0", 0), ("exit 3", 3), ("kill -SEGV $$", -11), ("kill -9 $$", -9)]
)
def test_the_end_of_a_tool_is_told_as_it_was(tmp_path: Path, line: str, code: int) -> None:
    run = run_tool(["/bin/sh", "-c", line], tmp_path, timeout_s=20)
    assert run.returncode == code
    assert not run.timed_out
