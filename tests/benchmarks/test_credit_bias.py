"""The credit benchmark: it runs, names every estimator, and a biased default fails it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from training.credit import ESTIMATORS

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "credit_bias.py"


@pytest.fixture(scope="module")
def bench() -> Any:
    spec = importlib.util.spec_from_file_location("credit_bias", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_it_prints_every_estimator_and_the_budget(
    bench: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench.main(["--processes", "1", "--samples", "3"]) == 0
    out = capsys.readouterr().out
    for name in ESTIMATORS:
        assert out.count(f"flat {name} ") == 2
    assert "budget: 84 generations a task, one tree of G=4 or 7.0 flat groups of 4" in out
    assert out.count("tree, every node equal") == 2


def test_a_biased_default_fails_it(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = {**ESTIMATORS, "turn_loo": ESTIMATORS["turn_mean_std"]}
    monkeypatch.setattr(bench, "ESTIMATORS", broken)
    assert bench.main(["--processes", "1", "--samples", "2"]) == 1
