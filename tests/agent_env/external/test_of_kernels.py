from __future__ import annotations

import pytest

from agent_env.external.modes import find_mode, list_modes
from agent_env.external.of_kernels import attempt_of
from agent_env.kernels.verdict import Mismatch, Status, Timing, Verdict

MISMATCH = Mismatch(
    case="hidden1/large",
    output=0,
    index=(3, 1),
    expected=2.0,
    got=float("nan"),
    error=float("nan"),
    allowed=0.1,
    count=7,
    total=64,
)


def timing(low: float, *, noisy: bool = False, is_performance: bool = True) -> Timing:
    return Timing(
        reference_us=10.0,
        candidate_us=10.0 / low,
        speedup_x=low + 0.1,
        speedup_ci=(low, low + 0.2),
        is_performance=is_performance,
        noisy=noisy,
        pairs=9,
    )


def levels(verdict: Verdict) -> list[bool | None]:
    return [level.passed for level in attempt_of(verdict, "x", turn=1, turns_left=2).levels]


@pytest.mark.parametrize(
    ("status", "passed"),
    [
        (Status.NO_CODE, [False, None, None, None]),
        (Status.POLICY, [True, False, None, None]),
        (Status.COMPILE_ERROR, [True, False, None, None]),
        (Status.RUNTIME_ERROR, [True, True, False, None]),
        (Status.TIMEOUT, [True, True, False, None]),
        (Status.WRONG, [True, True, True, False]),
        (Status.CHEAT, [True, True, True, False]),
        (Status.CORRECT, [True, True, True, True]),
    ],
)
def test_every_status_is_a_rung(status: Status, passed: list[bool | None]) -> None:
    assert levels(Verdict(status=status, reason="Because.")) == passed


def test_speed_is_a_rung_only_where_the_timing_says_something() -> None:
    def rungs(one: Timing | None) -> list[bool | None]:
        return levels(Verdict(status=Status.CORRECT, reason="Right.", timing=one))[4:]

    assert rungs(None) == []
    assert rungs(timing(1.2)) == [True]
    assert rungs(timing(0.9)) == [False]
    assert rungs(timing(1.2, noisy=True)) == []
    assert rungs(timing(1.2, is_performance=False)) == []


def test_the_mismatch_and_the_tool_chains_message_are_told() -> None:
    wrong = Verdict(status=Status.WRONG, reason="An answer is wrong.", mismatch=MISMATCH)
    told = find_mode("level_feedback")(attempt_of(wrong, "x", turn=1, turns_left=2, best="none"))
    assert "output 0[3, 1] == 2.0 (case hidden1/large)" in told
    assert "got nan; 7 of 64 elements are wrong" in told
    broken = Verdict(status=Status.COMPILE_ERROR, reason="It does not compile.", log="a.cpp:3: no")
    told = find_mode("level_feedback")(attempt_of(broken, "x", turn=1, turns_left=2))
    assert "compiled: failed: a.cpp:3: no" in told
    slow = Verdict(status=Status.CORRECT, reason="Right.", timing=timing(0.5))
    told = find_mode("level_feedback")(attempt_of(slow, "x", turn=1, turns_left=2))
    assert "fast: failed: 0.60x the baseline's speed (0.50 to 0.70)" in told


@pytest.mark.parametrize("mode", list_modes())
@pytest.mark.parametrize("status", Status)
def test_every_mode_words_every_status(mode: str, status: Status) -> None:
    verdict = Verdict(status=status, reason="Because.")
    assert find_mode(mode)(attempt_of(verdict, "", turn=1, turns_left=0)).strip()
