"""An evaluation that was stopped goes on, and what is in its file is looked at first."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from agent_env.endpoints.scripted_server import Fault, faults_at
from agent_env.evaluation import command


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_finished_run_goes_on_with_nothing_and_more_trials(
    oracle: Any, serve: Any, evaluate: Any, tmp_path: Path
) -> None:
    out = ("--out", str(tmp_path / "deep" / "out.jsonl"))
    with serve(oracle(fail=(3, 7))) as server:
        first = evaluate(server, *out)[1]
        asked = server.requests
        again = evaluate(server, *out)
        assert server.requests == asked
        more = evaluate(server, "--trials", "2", *out)[1]
    assert again[1] == first
    assert "10 episodes are in" in again[2]
    assert (more["episodes"]["scored"], more["success"]["solved"]) == (20, 16)


def test_failed_episodes_are_played_again(
    oracle: Any, serve: Any, evaluate: Any, tmp_path: Path
) -> None:
    out = ("--out", str(tmp_path / "out.jsonl"), "--retries", "0")
    with serve(oracle(), faults_at({0: Fault.SERVER_ERROR})) as server:
        assert evaluate(server, *out)[0] == 3
        status, found, _ = evaluate(server, *out)
    assert (status, found["success"]["solved"]) == (0, 10)
    assert len(records(tmp_path / "out.jsonl")) == 11


def test_a_killed_run_goes_on_where_it_was(
    oracle: Any, serve: Any, evaluate: Any, tmp_path: Path
) -> None:
    path = tmp_path / "out.jsonl"
    common = ("--trials", "4", "--concurrency", "2", "--out", str(path))
    with serve(oracle(fail=(3, 7))) as server:
        given = ("--base-url", server.url, "--model", "scripted", "--domain", "retail_mini")
        small = ("--tasks", "10", "--max-turns", "8", "--json")
        process = subprocess.Popen(
            [sys.executable, "-m", "agent_env", "evaluate", *given, *small, *common],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while not path.exists() or path.read_bytes().count(b"\n") < 8:
            assert process.poll() is None
            time.sleep(0.002)
        process.kill()
        process.wait()
        with path.open("ab") as half:  # As if it had died inside a write.
            half.write(b'{"version":1,"settings":{"dom')
        kept = path.read_bytes().count(b"\n")
        assert 8 <= kept < 40
        before = server.requests
        status, found, said = evaluate(server, *common)
        assert server.requests - before <= (40 - kept) * 8
    assert f"{path}, line {kept + 1} is left out (the file ends inside it)" in said
    assert f"{kept} episodes are in" in said
    assert (status, found["episodes"]["scored"], found["success"]["solved"]) == (0, 40, 32)
    assert len(path.read_text().splitlines()) == 41


def test_ctrl_c_leaves_a_readable_file(oracle: Any, serve: Any, tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    slow = oracle()

    with serve(lambda body: time.sleep(0.002) or slow(body)) as server:
        given = ("--base-url", server.url, "--model", "scripted", "--domain", "retail_mini")
        many = ("--tasks", "10", "--trials", "50")
        process = subprocess.Popen(
            [sys.executable, "-m", "agent_env", "evaluate", *given, *many, "--out", str(path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        while not path.exists() or path.read_bytes().count(b"\n") < 3:
            assert process.poll() is None
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "the same command goes on" in said
    assert "Traceback" not in said
    assert out == ""
    assert all(one["trajectory"]["success"] for one in records(path))


def test_a_broken_line_is_named_and_its_episode_played_again(
    oracle: Any, serve: Any, evaluate: Any, tmp_path: Path
) -> None:
    path = tmp_path / "out.jsonl"
    with serve(oracle()) as server:
        evaluate(server, "--out", str(path))
        lines = path.read_text().splitlines()
        lines[2] = lines[2][:200]
        lines[5] = '{"settings": {}}'
        path.write_text("\n".join(lines) + "\n")
        status, found, said = evaluate(server, "--out", str(path))
    assert (status, found["success"]["solved"]) == (0, 10)
    assert f"{path}, line 3 is left out" in said
    assert f"{path}, line 6 is left out: it lacks counts, requests" in said
    assert len(path.read_text().splitlines()) == 12


def test_a_file_of_other_settings_is_refused(
    oracle: Any, serve: Any, evaluate: Any, tmp_path: Path
) -> None:
    out = ("--out", str(tmp_path / "out.jsonl"))
    with serve(oracle()) as server:
        evaluate(server, *out)
        status, found, said = evaluate(server, *out, "--native-tools", "--temperature", "0.5")
    assert (status, found) == (2, None)
    assert "holds an evaluation with other settings" in said
    assert "native_tools: False in the file, True now" in said
    assert "request: {} in the file, {'temperature': 0.5} now" in said


def test_a_file_of_another_version_is_told_apart(
    oracle: Any, serve: Any, evaluate: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = ("--out", str(tmp_path / "out.jsonl"))
    with serve(oracle()) as server:
        assert "another version" not in evaluate(server, *out)[2]
        monkeypatch.setattr(command, "_commit", lambda: "abc")
        assert "another version of this code" in evaluate(server, *out)[2]


def test_two_runs_do_not_write_one_file(
    oracle: Any, serve: Any, evaluate: Any, tmp_path: Path
) -> None:
    import fcntl

    path = tmp_path / "out.jsonl"
    with serve(oracle()) as server, path.open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        status, _, said = evaluate(server, "--out", str(path))
    assert status == 2
    assert "is being written by another run" in said
