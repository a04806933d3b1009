"""The fuzzer, with few inputs: it finds nothing in the parser, and it would find something."""

from __future__ import annotations

import importlib.util
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def fuzzer() -> Any:
    spec = importlib.util.spec_from_file_location("fuzz_parse", HERE / "fuzz_parse.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_mutated_examples_keep_every_promise(fuzzer: Any) -> None:
    counts = fuzzer.fuzz(3000, seed=1)
    assert sum(counts.values()) == 3000
    # Mutations that always break a call, or never do, would test half of the parser.
    assert min(counts.values()) > 150


def test_a_run_is_the_same_for_the_same_seed(fuzzer: Any) -> None:
    texts = fuzzer.seeds()
    once, again = ([fuzzer.mutated(texts, random.Random(s)) for s in range(50)] for _ in range(2))
    assert once == again
    assert len(set(once)) > 40


def test_a_broken_promise_is_reported_with_its_text(
    fuzzer: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    def raises(text: str, *rest: Any) -> Any:
        raise ZeroDivisionError("here")

    monkeypatch.setattr(fuzzer, "parse", raises)
    assert fuzzer.main(["--runs", "5"]) == 1
    assert "seed 0, run 0: ZeroDivisionError('here')\n'" in capsys.readouterr().out


def test_a_slow_text_is_a_broken_promise(fuzzer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzzer, "LIMIT_S", 0.0)
    with pytest.raises(fuzzer.BrokenPromiseError, match="CPU time"):
        fuzzer.check("Hello.", random.Random(1))


def test_quadratic_time_is_a_broken_promise(fuzzer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.1, 0.0, 0.1, 0.0, 1.6, 0.0, 1.6])
    monkeypatch.setattr(fuzzer.time, "process_time", lambda: next(clock))
    with pytest.raises(fuzzer.BrokenPromiseError, match="200 KB"):
        fuzzer.check_growth("a")


def test_without_atheris_one_sentence_says_so(tmp_path: Path) -> None:
    (tmp_path / "atheris.py").write_text("raise ImportError('none')")
    done = subprocess.run(
        [sys.executable, str(HERE / "fuzz_atheris.py"), "-runs=1"],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("atheris is not installed, so nothing was fuzzed by coverage")
