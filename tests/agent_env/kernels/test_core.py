"""Cores and priorities of this process and a child of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from agent_env.kernels.core import Core


@pytest.fixture
def sleeper() -> Iterator[int]:
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with subprocess.Popen(command) as process:
        yield process.pid
        process.kill()


def test_judge_and_child_share_a_core_and_the_judge_comes_home(sleeper: int) -> None:
    home = os.sched_getaffinity(0)
    before = os.sched_getscheduler(0)
    core = Core(sleeper)
    with core.judge():
        assert os.sched_getaffinity(0) == os.sched_getaffinity(sleeper)
        assert len(os.sched_getaffinity(0)) == 1
    assert os.sched_getaffinity(0) == home
    assert os.sched_getscheduler(0) == before


def test_the_judge_never_goes_ahead_of_a_child_that_it_waits_for(
    sleeper: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = os.sched_setscheduler

    def refused(pid: int, policy: int, parameters: os.sched_param) -> None:
        if pid == sleeper:
            raise PermissionError("not this one")
        allowed(pid, policy, parameters)

    monkeypatch.setattr(os, "sched_setscheduler", refused)
    with Core(sleeper).judge():
        assert os.sched_getscheduler(0) == os.sched_getscheduler(sleeper) == os.SCHED_OTHER


def test_a_child_that_is_gone_is_no_trouble() -> None:
    with Core(2**22 + 1).judge():
        assert os.sched_getscheduler(0) == os.SCHED_OTHER
