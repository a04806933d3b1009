"""Exploit programs of tests/cheats: each is turned down by name, or gains nothing.

They run without the static rules, so that cage, checks and clock hold by themselves. Eight of them
run always, one of each class and of what was hardest to see; the walk over all takes two minutes.
"""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from agent_env.kernels.judge import Judge
from agent_env.kernels.tasks import load_task
from agent_env.kernels.verdict import Status, Verdict

ROOT = Path(__file__).resolve().parents[3]
QUICK = {
    "cpp_process_that_works_ahead",
    "cpp_unstable_once_it_is_timed",
    "cpp_pointer_replay",
    "stale_memory_of_its_own",
    "replaces_the_harness",
    "works_in_its_input",
    "half_inside",
    "decoy_result_unused",
}


def load_bench() -> Any:
    spec = importlib.util.spec_from_file_location("bench_cheats", ROOT / "benchmarks" / "cheats.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


bench = load_bench()
CHEATS = bench.read_cheats()
# All of them: two minutes of real processes, which nothing smaller can stand for.
WALK = [
    pytest.param(one, id=one.name, marks=[] if one.name in QUICK else [pytest.mark.slow])
    for one in CHEATS
    if one.runs != "not at all"
]


def test_there_are_cheats_of_every_class_and_many_that_no_rule_sees() -> None:
    classes = Counter(one.hack[0] for one in CHEATS)
    assert set(classes) == set("ABCDEF")
    assert len(CHEATS) >= 45
    assert sum(one.rules == "none" for one in CHEATS) >= 15
    assert {one.name for one in CHEATS} >= QUICK


@pytest.mark.parametrize("cheat", CHEATS, ids=lambda one: one.name)
def test_the_rules_say_of_a_cheat_what_it_claims(cheat: Any) -> None:
    assert bench.what_rules_say(cheat.code) == cheat.rules


@pytest.mark.parametrize("cheat", WALK)
def test_a_cheat_gains_nothing_when_it_runs(judge: Judge, cheat: Any) -> None:
    assert bench.passed(cheat, bench.run(cheat, judge)) == ""
    assert not list(Path("/tmp").glob("callforge_cheat*"))
    assert not list(Path("/dev/shm").glob("callforge_cheat*"))


def test_what_the_rules_refuse_is_not_run(tmp_path: Path) -> None:
    code = bench.read_cheat(bench.CHEATS / "object_walk.py").code
    with Judge(tmp_path) as strict:
        got = strict.evaluate(code, load_task("cumsum_rows"))
        assert strict._nursery._zygotes == {}
    assert (got.status, got.hacks) == (Status.POLICY, ("object_walk",))
    assert got.reason.startswith("candidate.py, line ")


def test_the_judge_of_cheats_sees_one_that_passed() -> None:
    cheat = bench.read_cheat(bench.CHEATS / "cpp_writes_outside.py")
    right = Verdict(status=Status.CORRECT, reason="")
    assert bench.passed(cheat, right) == ""
    gained = Verdict(status=Status.CORRECT, reason="", log="GAINED the file /tmp/x\n")
    assert bench.passed(cheat, gained) == "GAINED the file /tmp/x"
    replay = bench.read_cheat(bench.CHEATS / "pointer_replay.py")
    assert "correct instead of cheat pointer_replay" in bench.passed(replay, right)


@pytest.mark.parametrize("name", ["decoy_never_launched", "baseline_by_another_name"])
def test_what_is_only_suspicious_is_named_beside_a_right_answer(
    judge: Judge, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    cheat = bench.read_cheat(bench.CHEATS / f"{name}.py")
    monkeypatch.setattr(judge, "_static_rules", True)
    got = judge.evaluate(cheat.code, load_task(cheat.task), timed=False)
    assert (got.status, got.hacks) == (Status.CORRECT, (cheat.rules.removeprefix("flag "),))
