from __future__ import annotations

import io

import pytest

from agent_env.evaluation import progress
from agent_env.evaluation.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_terminal_has_one_line(clock: list[float]) -> None:
    out = Terminal()
    shown = Progress(out, 100)
    for number in range(100):
        clock[0] += 40.0
        shown.add(number % 2 == 0, number == 3)
    shown.close()
    *_, last, end = out.getvalue().split("\n")
    assert end == ""
    assert out.getvalue().count("\n") == 1
    assert last.split("\r")[1].startswith("1/100 episodes, 1 solved, 0:40 so far, about 1:06:00 ")
    assert last.split("\r")[-1].rstrip() == (
        "100/100 episodes, 50 solved, 1 failed, 1:06:40 so far, about 0:00 left"
    )


def test_a_log_gets_ten_lines_when_it_is_quick_and_one_each_half_minute_when_slow(
    clock: list[float],
) -> None:
    quick, slow = io.StringIO(), io.StringIO()
    shown = Progress(quick, 1000)
    for _ in range(1000):
        shown.add(True, False)
    assert quick.getvalue().count("\n") == 10
    assert "\r" not in quick.getvalue()
    shown = Progress(slow, 1000)
    for _ in range(9):
        clock[0] += 15.0
        shown.add(True, False)
    assert slow.getvalue().count("\n") == 4
