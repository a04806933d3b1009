"""The scorer, on a corpus of its own: what it counts as right, wrong and unsafe."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "score_parsers.py"
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "wipe",
            "parameters": {"type": "object", "properties": {"disk": {"type": "integer"}}},
        },
    }
]
WIPE = '<tool_call>{"name": "wipe", "arguments": {"disk": 1}}</tool_call>'


@pytest.fixture(scope="module")
def scorer() -> Any:
    spec = importlib.util.spec_from_file_location("score_parsers", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["score_parsers"] = module
    spec.loader.exec_module(module)
    return module


def expect(status: str, *calls: Any, **more: Any) -> dict[str, Any]:
    return {"status": status, "calls": [{"name": n, "arguments": a} for n, a in calls], **more}


def score(scorer: Any, tmp_path: Path, *rows: tuple[str, dict[str, Any]]) -> Any:
    lines = [
        json.dumps({"id": f"r{i}", "text": t, "toolset": "a", "format": "f", "expect": e})
        for i, (t, e) in enumerate(rows)
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines) + '\n{"id": "no expectation"}\n\n')
    (tmp_path / "toolsets.json").write_text(json.dumps({"a": TOOLS}))
    ((name, found),) = scorer.scored(tmp_path)
    assert name == "rows.jsonl"
    return found


def test_calls_messages_and_malformed_are_counted_apart(scorer: Any, tmp_path: Path) -> None:
    found = score(
        scorer,
        tmp_path,
        (WIPE, expect("calls", ("wipe", {"disk": 1}))),
        (WIPE, expect("calls", ("wipe", {"disk": "1"}))),
        ("Hi.", expect("message", content="Hi.")),
        ("Hi.", expect("message", content="Ho.")),
        ("<tool_call>{", expect("malformed", fault_kinds=["truncated"])),
        ("<tool_call>{", expect("malformed", fault_kinds=["unknown_tool"])),
    )
    assert {status: str(share).split()[0] for status, share in found.by_status.items()} == {
        "calls": "1/2",
        "message": "2/2",
        "malformed": "2/2",
    }
    assert str(found.content) == "1/2 (50.0 %)"
    assert (found.faults.right, found.faults.rows) == (1, 2)
    assert (found.all.right, found.by_format["f"].rows) == (5, 6)
    assert found.unsafe == []
    assert "r1 (f): expected calls ['wipe'], got calls ['wipe']" in found.wrong


def test_what_must_not_run_and_runs_is_unsafe(scorer: Any, tmp_path: Path) -> None:
    found = score(
        scorer,
        tmp_path,
        (WIPE, expect("message")),
        (WIPE, expect("malformed", also_acceptable=[expect("calls", ("wipe", "*"))])),
        (WIPE, expect("calls", ("wipe", {"disk": 1}), must_not_call=["wipe"])),
        (WIPE, expect("calls", ("wipe", {"disk": 2}))),
    )
    assert found.unsafe == ["r0", "r2"]
    assert len(found.wrong) == 2


def test_types_of_json_count(scorer: Any) -> None:
    assert scorer.same_json({"a": 1, "b": [True]}, {"b": [True], "a": 1})
    for other in (1.0, "1", True, None):
        assert not scorer.same_json({"a": 1}, {"a": other})


def test_the_command_prints_the_table(scorer: Any, tmp_path: Path, capsys: Any) -> None:
    score(
        scorer, tmp_path, (WIPE, expect("calls", ("wipe", {"disk": 1}))), (WIPE, expect("message"))
    )
    assert scorer.main([str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "== rows.jsonl: exact 1/2 (50.0 %)" in out
    assert "unsafe    1 r1" in out
    assert "not exact: r1 (f)" in out


def test_what_cannot_be_scored_is_said(
    scorer: Any, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CORPORA", raising=False)
    assert scorer.main([]) == 0
    assert "no folder of turns was given" in capsys.readouterr().out
    assert scorer.main([str(tmp_path / "absent")]) == 2
    assert "is no folder" in capsys.readouterr().err
    assert scorer.main([str(tmp_path)]) == 2
    assert 'no *.jsonl row with an "expect"' in capsys.readouterr().err
    (tmp_path / "x.jsonl").write_text('{"expect": {}}\n')
    assert scorer.main([str(tmp_path)]) == 2
    assert "x.jsonl:1: no row to score" in capsys.readouterr().err
