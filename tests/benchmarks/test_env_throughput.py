"""The throughput benchmark: it runs, names each domain, and a missed gate fails it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "env_throughput.py"


@pytest.fixture(scope="module")
def bench() -> Any:
    spec = importlib.util.spec_from_file_location("env_throughput", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    module.TASKS = 4
    return module


def test_it_prints_every_domain_and_every_missed_gate(
    bench: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TAU_BENCH_PATH", raising=False)
    monkeypatch.setitem(bench.GATES, "retail", 10**9)
    assert bench.main(["--rounds", "1"]) == 1
    out = capsys.readouterr().out
    assert "retail_mini  " in out
    assert "tau-bench: no checkout given" in out
    assert "over: retail: " in out
    monkeypatch.setitem(bench.GATES, "retail", 1)
    assert bench.main(["--rounds", "1"]) == 0


def test_an_oracle_that_fails_is_no_figure(bench: Any) -> None:
    plays = bench.Plays.of(bench.load_domain("retail_mini"), 2)
    with pytest.raises(RuntimeError, match="The oracle failed on retail_mini-0-0"):
        plays.play([turns[:-1] for turns in plays.texts])


def test_a_soak_plays_many_at_once_and_says_how_memory_grew(
    bench: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "LIVE", 10)
    monkeypatch.setattr(bench, "SOAK_TASKS", 4)
    monkeypatch.setattr(bench, "GROWTH_KB", 10**6)
    assert bench.main(["--soak", "60"]) == 0
    assert "soak: 60 episodes of retail, 10 alive at a time" in capsys.readouterr().out
    held = iter((1_000, 5_000))
    monkeypatch.setattr(bench, "resident_kb", lambda: next(held))
    monkeypatch.setattr(bench, "GROWTH_KB", 3_999)
    assert bench.main(["--soak", "60"]) == 1
    assert "over: memory grew by 4,000 KB" in capsys.readouterr().out


def test_a_soak_that_says_nothing_is_refused(bench: Any) -> None:
    with pytest.raises(SystemExit):
        bench.main(["--soak", "100"])
