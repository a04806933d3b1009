"""The package as others meet it: command line, log, vendored copy, message types, feedback."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import parsers
from parsers import ParseStatus, ToolCall, parse, render
from parsers.__main__ import answer, main

ROOT = Path(parsers.__file__).parent
CALL = '<tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}}</tool_call>'


def command(lines: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "parsers", "--jsonl"],
        input=lines.encode(),
        capture_output=True,
        cwd=ROOT.parent,
        env={**os.environ, "DEBUG_PARSER": "0", **environment},
        check=False,
    )


def test_the_command_answers_each_line_and_goes_on(tools: Any) -> None:
    requests = [
        json.dumps({"id": 1, "text": CALL, "tools": tools}),
        "no json",
        '{"id": 2, "text": "\\ud800"}',
        "",
        '{"id": 3}',
        "[]",
    ]
    done = command("\n".join(requests) + '\n{"id": 4, "text": 5}\n')
    assert (done.returncode, done.stderr) == (0, b"")
    first, *rest = [json.loads(line) for line in done.stdout.splitlines()]
    assert first["calls"] == [
        {
            "name": "get_weather",
            "arguments": {"city": "Paris"},
            "format": "hermes",
            "span": [0, len(CALL)],
            "repairs": [],
            "faults": [],
        }
    ]
    assert set(first) == {"id", "status", "calls", "content", "reasoning", "faults", "format"}
    assert [row["id"] for row in rest] == [None, 2, 3, None, 4]
    assert rest[1]["content"] == "\ud800"
    assert all("error" in rest[index] for index in (0, 2, 3, 4))


def test_no_line_keeps_the_next_from_an_answer() -> None:
    deep: Any = {}
    for _ in range(90):
        deep = {"items": {"anyOf": [{"properties": {"a": deep}}]}}
    requests = [
        {"id": 1, "text": "hi", "tools": [{"name": "f", "parameters": True}]},
        {"id": 2, "text": "hi", "tools": [{"name": "f", "parameters": deep}]},
        {"id": 3, "text": "hi", "tools": [{"name": "f", "parameters": {"enum": {}}}]},
        {"id": 4, "text": "hi"},
    ]
    nested = '{"id": ' + "[" * 3_000 + "]" * 3_000 + ', "text": "hi"}'
    done = command("\n".join([*map(json.dumps, requests), nested]) + '\n{"id": 5, "text": "hi"}')
    assert (done.returncode, done.stderr) == (0, b"")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert ["error" in row for row in rows] == [True, True, True, False, *[True], False]
    assert "tools[0].parameters: expected" in rows[0]["error"]


def test_a_fault_of_the_package_is_an_answer_too(monkeypatch: Any) -> None:
    def fail(*_: Any) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr("parsers.__main__.parse", fail)
    assert answer('{"id": 1, "text": ""}') == {"id": 1, "error": "RecursionError: too deep"}


def test_repairs_and_faults_are_objects_with_places(tools: Any) -> None:
    text = '<tool_call>{"name": "book", "args": {"user": "a", "seats": "x"}}'
    (call,) = answer(json.dumps({"text": text, "tools": tools}))["calls"]
    assert {entry["kind"] for entry in call["repairs"]} == {"key_alias", "missing_closer"}
    assert call["faults"][0]["kind"] == "invalid_arguments"
    assert set(call["faults"][0]) == {"kind", "span", "message"}


def test_wrong_arguments_exit_with_2() -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--xml"])
    assert caught.value.code == 2


def test_the_log_is_on_stderr_and_says_who_lost_and_why(tools: Any) -> None:
    request = json.dumps({"text": f"{CALL}<tool_call>{{", "tools": tools})
    log = command(request, DEBUG_PARSER="1").stderr.decode()
    assert "parsers: calls by hermes, 1 calls" in log
    (unseen,) = [line for line in log.splitlines() if "their markers do not occur" in line]
    assert "openai" in unseen
    assert "fault truncated" in log


def test_a_copy_under_another_name_needs_nothing_else(tmp_path: Path) -> None:
    shutil.copytree(ROOT, tmp_path / "reader", ignore=shutil.ignore_patterns("__pycache__"))
    program = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
import reader
early = ("logging.", "jsonschema", "openai", "reader.formats.")
assert not [name for name in sys.modules if name.startswith(early)]
turn = reader.parse({CALL!r}, [{{"function": {{"name": "get_weather"}}}}])
assert [call.arguments for call in turn.calls] == [{{"city": "Paris"}}]
assert "parsers" not in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.returncode == 0


def test_a_turn_becomes_the_openai_librarys_message(tools: Any) -> None:
    message = parse(f"<think>hm</think>One moment.\n{CALL}", tools).to_openai()
    assert message.content == "One moment."
    assert message.tool_calls is not None
    (call,) = message.tool_calls
    assert call.type == "function"
    assert (call.function.name, json.loads(call.function.arguments)) == (
        "get_weather",
        {"city": "Paris"},
    )
    assert parse("Hello.").to_openai().tool_calls is None


def test_ids_are_the_models_own_or_count_the_calls() -> None:
    text = (
        '{"tool_calls": [{"id": "x7", "function": {"name": "a", "arguments": {}}}, '
        '{"function": {"name": "b", "arguments": {}}}]}'
    )
    assert [call.id for call in parse(text).calls] == ["x7", "call_1"]


def test_feedback_shows_the_place_and_the_right_way(tools: Any) -> None:
    text = 'Sure. {"name": "get_wether", "arguments": {"city": "x"}}'
    said = parse(text, tools).feedback()
    assert "did you mean get_weather?" in said
    line, caret = next(
        (a, b) for a, b in zip(said.splitlines(), said.splitlines()[1:], strict=False) if "^" in b
    )
    assert line[caret.index("^") :].startswith('{"name"')
    assert "Nothing was run." in said
    assert parse(CALL, tools).feedback() == ""


def test_feedback_is_short_whatever_the_text(tools: Any) -> None:
    bad = "".join(
        f'<tool_call>{{"name": "fly{index}", "arguments": {{}}}}</tool_call>\n'
        for index in range(20)
    )
    said = parse(bad, tools).feedback()
    assert len(said) < 1200
    assert "17 more faults" in said


def test_every_layer_is_in_the_trace(tools: Any) -> None:
    trace = parse(CALL, tools).trace
    assert [layer.layer for layer in trace if layer.won] == ["hermes"]
    assert trace[-1].layer == "message"
    assert all(layer.reason for layer in trace if not layer.won)
    assert parse("Hi.").trace[-1].won


def test_render_refuses_what_it_cannot_write() -> None:
    with pytest.raises(ValueError, match="no wire format 'xml'"):
        render([("f", {})], "xml")
    with pytest.raises(TypeError, match="pairs of a name and arguments"):
        render(["f"])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="not JSON compliant"):
        render([("f", {"a": float("nan")})])
    call = ToolCall(name="f", arguments={"a": 1}, span=(0, 0), format="hermes")
    assert parse(render([call])).calls[0].arguments == {"a": 1}


def test_results_are_frozen_and_equal_by_value(tools: Any) -> None:
    turn = parse(CALL, tools)
    assert turn == parse(CALL, tools)
    with pytest.raises(AttributeError):
        turn.status = ParseStatus.MESSAGE  # type: ignore[misc]
