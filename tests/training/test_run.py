"""Whole runs with SkyRL's own trainer, in real processes that are really killed.

A run of this file trains a model that knows nothing for a few steps; whether training helps is
measured by ``bash training/run.sh`` and recorded in EXPERIMENTS.md. Here: what a run leaves behind,
that a seed is a run, and that a run survives what happens to runs.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from training import jsonl

SMALL = (
    "hardware=cpu",
    "demand_figures=false",
    "steps=4",
    "rl.prompts=4",
    "rl.mini_batch_prompts=2",
    "rl.samples=4",
    "rl.micro_batch=4",
    "warm_start.dialogues=200",
    "warm_start.steps=20",
    "warm_start.argument_prob=0",
    "checkpoint.every_steps=2",
)
TIMEOUT_S = 240


STARTED: list[subprocess.Popen[str]] = []


@pytest.fixture(scope="module", autouse=True)
def no_process_left() -> Iterator[None]:
    """Ends what a failed test left running."""
    yield
    for process in STARTED:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def start(home: Path, *extra: str, code: str = "", **env: str) -> subprocess.Popen[str]:
    """A run in a process of its own; ``code`` runs in that process first."""
    script = (
        f"{code}\nimport sys\nfrom pathlib import Path\nfrom training.run import main\n"
        f"sys.exit(main({[*SMALL, *extra]!r}, runs=Path({str(home / 'runs')!r}), "
        f"cache=Path({str(home / 'cache')!r})))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **env},
        start_new_session=True,
    )
    STARTED.append(process)
    return process


def finish(process: subprocess.Popen[str], status: int = 0) -> str:
    said, _ = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == status, said
    return said


def wait_for_steps(run: Path, steps: int) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while len(jsonl.read(run / "metrics.jsonl")) < steps:
        assert time.monotonic() < deadline, f"no step {steps} in {run}"
        time.sleep(0.05)


def without_times(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Metrics that must not depend on how fast the machine was."""
    timed = ("timing/", "generate/trajectory_completion_time", "trainer/tokens_per_second")
    return [{k: v for k, v in row.items() if not k.startswith(timed)} for row in rows]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def whole(home: Path) -> Mapping[str, Any]:
    """An undisturbed run: its folder and what it printed."""
    said = finish(start(home, "name=whole", DEBUG_PARSER="1"))
    return {"path": home / "runs" / "whole", "said": said}


def test_a_run_leaves_everything_it_promises(whole: Mapping[str, Any]) -> None:
    run = whole["path"]
    rows = jsonl.read(run / "metrics.jsonl")
    assert [row["step"] for row in rows] == [1, 2, 3, 4]
    for key in ("batch_reward/mean", "parse_failure_rate", "strict_failure_rate", "reward/success"):
        assert all(key in row for row in rows)
    assert rows[0]["parse/turns"] >= 16
    assert rows[0]["parse/malformed"] / rows[0]["parse/turns"] == rows[0]["parse_failure_rate"]
    summary = json.loads((run / "summary.json").read_text())
    assert summary["steps"] == 4
    assert summary["logprob_diff_max"] < 1e-4
    rollouts = jsonl.read(run / "rollouts.jsonl")
    assert len(rollouts) == 4 * 16
    assert {"step", "session", "messages", "turns", "reward", "stop_reason"} <= set(rollouts[0])
    assert list((run / "wandb").glob("offline-run-*/*.wandb"))
    assert (run / "report.html").stat().st_size > 10_000
    assert (run / "config.yaml").exists()


def test_metrics_agree_with_the_episodes_on_disk(whole: Mapping[str, Any]) -> None:
    rollouts = jsonl.read(whole["path"] / "rollouts.jsonl")
    for row in jsonl.read(whole["path"] / "metrics.jsonl"):
        batch = [episode for episode in rollouts if episode["step"] == row["step"]]
        turns = [turn for episode in batch for turn in episode["turns"]]
        lost = sum(turn["status"] == "malformed" for turn in turns)
        assert row["parse_failure_rate"] == pytest.approx(lost / len(turns))
        mean = sum(episode["reward"] for episode in batch) / len(batch)
        assert row["batch_reward/mean"] == pytest.approx(mean)


def test_the_trained_model_loads_as_qwen3(whole: Mapping[str, Any]) -> None:
    from transformers import AutoTokenizer, Qwen3ForCausalLM

    (export,) = (whole["path"] / "checkpoints" / "export").glob("global_step_4/policy")
    model = Qwen3ForCausalLM.from_pretrained(export)
    assert not model.config.tie_word_embeddings
    assert len(AutoTokenizer.from_pretrained(export)) == model.config.vocab_size


def test_debugging_shows_conversations_layers_and_faults(whole: Mapping[str, Any]) -> None:
    said = whole["said"]
    for part in ("conversation ", "generation example, worst of step 1", "fault ", "reward -0.50"):
        assert part in said


def test_killed_and_started_again_it_reaches_the_same_end(
    home: Path, whole: Mapping[str, Any]
) -> None:
    run = home / "runs" / "killed"
    process = start(home, "name=killed")
    wait_for_steps(run, 3)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    said = finish(start(home, "name=killed"))
    assert "going on after step 2" in said
    expected = without_times(jsonl.read(whole["path"] / "metrics.jsonl"))
    assert without_times(jsonl.read(run / "metrics.jsonl")) == expected
    assert jsonl.read(run / "rollouts.jsonl") == jsonl.read(whole["path"] / "rollouts.jsonl")


def test_interrupted_it_keeps_its_checkpoint_and_leaves_no_process(home: Path) -> None:
    run = home / "runs" / "interrupted"
    process = start(home, "name=interrupted", "steps=40")
    wait_for_steps(run, 3)
    process.send_signal(signal.SIGINT)
    said = finish(process, status=130)
    assert "goes on after step 2" in said
    assert (run / "checkpoints" / "global_step_2").is_dir()
    assert not (run / "summary.json").exists()
    deadline = time.monotonic() + 20
    while left := processes_of(process.pid):
        assert time.monotonic() < deadline, left
        time.sleep(0.2)


def processes_of(session: int) -> list[str]:
    """Command lines of the living processes of a session."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                found.append((stat.parent / "cmdline").read_text().replace("\0", " ")[:120])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


FAILING_CUSTOMER = """
from agent_env.domains.retail_mini.customer import MiniUser
opened = []
def fail_sometimes(self, task, _open=MiniUser.open):
    opened.append(task)
    if len(opened) % 3 == 0:
        raise ConnectionError("the customer hung up")
    return _open(self, task)
def arm():
    MiniUser.open = fail_sometimes
import training.session as session
_write = session.write_dataset
def write_then_arm(*arguments):
    count = _write(*arguments)
    arm()
    return count
session.write_dataset = write_then_arm
"""


def test_an_episode_that_the_environment_spoils_is_left_out_and_the_run_goes_on(home: Path) -> None:
    code = "from training import compat\ncompat.prepare_process()\n" + FAILING_CUSTOMER
    said = finish(start(home, "name=spoilt", "steps=2", code=code))
    assert "the customer hung up" in said
    rows = jsonl.read(home / "runs" / "spoilt" / "metrics.jsonl")
    assert [row["infra_error"] for row in rows] == [5, 5]
    assert [row["episodes"] for row in rows] == [11, 11]
    spoilt = [
        episode
        for episode in jsonl.read(home / "runs" / "spoilt" / "rollouts.jsonl")
        if episode["stop_reason"] == "infra_error"
    ]
    assert len(spoilt) == 10
    assert all(episode["infra_error"]["message"] for episode in spoilt)


@pytest.mark.parametrize(
    ("mode", "nodes", "leaves", "generations"), [("align", 3, 4, 12), ("cross", 5, 16, 20)]
)
def test_a_run_grows_trees_with_two_agents(
    home: Path, mode: str, nodes: int, leaves: int, generations: int
) -> None:
    tree = ("tree.turns=2", "tree.generations=2", f"tree.joint_mode={mode}", "agents=2")
    said = finish(start(home, f"name={mode}", "steps=2", "rl.samples=8", *tree))
    assert f"each has up to {nodes} nodes, {leaves} leaves, {generations} generations" in said
    run = home / "runs" / mode
    rows = jsonl.read(run / "metrics.jsonl")
    assert [row["tree/nodes"] for row in rows] == [4 * nodes] * 2
    assert [row["generate/batch_num_seq"] for row in rows] == [4 * generations] * 2
    assert all(row["loss/avg_raw_advantages_abs"] > 0 for row in rows)
    assert all(row["tree/bookkeeping_frac"] < 0.05 for row in rows)
    assert json.loads((run / "summary.json").read_text())["logprob_diff_max"] < 1e-4
    rollouts = jsonl.read(run / "rollouts.jsonl")
    assert len(rollouts) == 2 * 4 * leaves
    for episode in rollouts:
        assert all(len(parts) == 2 for parts in episode["agents"])
        for turn, parts in zip(episode["turns"], episode["agents"], strict=True):
            adviser, actor = (part["text"] for part in parts)
            assert turn["advantage"] == parts[1]["advantage"]
            assert turn["text"].endswith(actor)
            assert turn["text"] == actor or turn["text"].startswith("<think>\n> ")
            assert adviser
