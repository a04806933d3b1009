from __future__ import annotations

import pytest

from agent_env.external.attempt import Attempt, Check, Level

CODE = "def double(x):\n    return x\n"


@pytest.fixture
def attempt() -> Attempt:
    """A program that reads well and fails two checks."""
    return Attempt(
        code=CODE,
        levels=(
            Level(name="definition", passed=True),
            Level(name="syntax", passed=True),
            Level(name="tests", passed=False, detail="2 of 3 failed"),
        ),
        failing=(
            Check(text="assert double(2) == 4", got="it returned 2"),
            Check(text="assert double(3) == 6"),
        ),
        verdict="2 of 3 checks failed.",
        best="Best so far: 1 of 3 checks passed, in answer 1.",
        turn=1,
        turns_left=2,
        goal="Write double(x), which returns twice x.",
    )
