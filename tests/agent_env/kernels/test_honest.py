"""Honest programs, odd ones among them: no rule refuses or suspects one, and all are right."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from agent_env.kernels.judge import Judge
from agent_env.kernels.policy import check_source, language_of
from agent_env.kernels.tasks import load_task
from agent_env.kernels.verdict import Status

HERE = Path(__file__).parent
SOLUTIONS = sorted(HERE.glob("solutions/*.py"))
ODD = sorted(HERE.glob("honest/*.py"))


def test_there_are_enough_of_them() -> None:
    assert len(SOLUTIONS) + len(ODD) >= 60
    assert len(ODD) >= 10


@pytest.mark.parametrize("path", [*SOLUTIONS, *ODD], ids=lambda path: path.stem)
def test_no_rule_says_anything_of_an_honest_program(path: Path) -> None:
    code = path.read_text(encoding="utf-8")
    assert check_source(code) == ()
    assert language_of(code) == ("cpp" if "cpp(" in code else "torch")


@pytest.mark.parametrize("path", ODD, ids=lambda path: path.stem)
def test_an_odd_program_is_correct(judge: Judge, path: Path) -> None:
    code = path.read_text(encoding="utf-8")
    task = re.search(r"^ *task: (\w+)", ast.get_docstring(ast.parse(code)) or "", re.MULTILINE)
    assert task is not None
    got = judge.evaluate(code, load_task(task.group(1)), timed=False)
    assert (got.status, got.hacks) == (Status.CORRECT, ()), (got.reason, got.log)
