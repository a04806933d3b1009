"""The latency benchmark: it runs, prints each turn, and its own texts are what they claim."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from parsers import ParseStatus, parse

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "parse_latency.py"


@pytest.fixture(scope="module")
def bench() -> Any:
    spec = importlib.util.spec_from_file_location("parse_latency", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_turns_are_what_they_are_called(bench: Any) -> None:
    for name, text in bench.texts().items():
        turn = parse(text, bench.tools())
        assert turn.faults == ()
        if "call" in name:
            assert [call.arguments for call in turn.calls] == [bench.ARGUMENTS]
        else:
            assert turn.status is ParseStatus.MESSAGE
    assert len(bench.tools()) == 16
    assert len(bench.LONG) == 10_000


def test_the_table_names_every_turn_and_every_missed_gate(bench: Any, capsys: Any) -> None:
    bench.GATES_US["hermes call"] = 0
    assert bench.main(["--rounds", "1", "--no-hostile"]) == 1
    out = capsys.readouterr().out
    for name in bench.texts():
        assert f"\n{name}" in out
    assert "over: hermes call:" in out
    assert "json.loads" in out


def test_a_side_that_is_not_installed_is_a_line(bench: Any, capsys: Any, monkeypatch: Any) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "vllm", None)
    monkeypatch.setitem(sys.modules, "sglang", None)
    assert bench.others() == {}
    assert capsys.readouterr().out.count("it is not installed") == 2
