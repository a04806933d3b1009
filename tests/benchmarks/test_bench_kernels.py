"""The kernel benchmarks' parts that need no long measuring: programs, tables, bad command lines."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from agent_env.kernels.policy import check_source
from agent_env.kernels.verdict import Status, Timing, Verdict

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bench = load("bench_kernels")


class Clock:
    """A judge whose kernels against themselves take these speed-ups, one after the other."""

    def __init__(self, *intervals: tuple[float, float]) -> None:
        self._intervals = list(intervals)

    def evaluate(self, code: str, problem: Any) -> Verdict:
        low, high = self._intervals.pop()
        timing = Timing(
            reference_us=1.0,
            candidate_us=1.0,
            speedup_x=(low + high) / 2,
            speedup_ci=(low, high),
            is_performance=True,
            noisy=False,
            pairs=30,
        )
        return Verdict(status=Status.CORRECT, reason="", timing=timing)


@pytest.mark.parametrize("task", bench.TASKS)
def test_a_task_against_itself_is_a_program_that_no_rule_refuses(task: str) -> None:
    code = bench.itself(task)
    assert "class ModelNew(nn.Module)" in code
    assert check_source(code) == ()


def test_what_does_not_hold_1_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock(*[(0.98, 1.02)] * 6, (1.01, 1.05), (0.90, 0.99))
    assert bench.against_itself(clock, 2) == 6 / 8
    assert "6 of 8 hold 1.0, 1 false speed-ups, 0 noisy" in capsys.readouterr().out


def test_what_is_no_checkout_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="2"):
        bench.main(["--kernelbench", str(tmp_path)])


def test_without_a_gpu_the_gpu_benchmark_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert load("bench_timing_gpu").main([]) == 2
    assert capsys.readouterr().err == "bench_timing_gpu needs a GPU, and torch sees none here.\n"
