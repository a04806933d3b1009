"""Honest programs, two for each task: none may be turned down."""

from pathlib import Path

import pytest

from agent_env.kernels.tasks import list_tasks, load_task
from agent_env.kernels.verdict import Status

SOLUTIONS = Path(__file__).parent / "solutions"


def test_every_task_has_a_program_in_cpp_and_one_in_torch():
    names = sorted(path.stem for path in SOLUTIONS.glob("*.py"))
    assert names == sorted(f"{task}_{kind}" for task in list_tasks() for kind in ("cpp", "torch"))


@pytest.mark.parametrize("path", sorted(SOLUTIONS.glob("*.py")), ids=lambda path: path.stem)
def test_an_honest_program_is_correct(judge, path):
    name = path.stem.rpartition("_")[0]
    code = path.read_text(encoding="utf-8")
    verdict = judge.evaluate(code, load_task(name), seed=None, timed=False)
    assert verdict.status is Status.CORRECT, (verdict.reason, verdict.log, verdict.mismatch)
    assert verdict.hacks == ()
