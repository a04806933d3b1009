"""A verdict of the kernel bench as an attempt that a mode can word.

Place in the flow: whoever has a `Verdict`, such as the `kernels` domain, calls `attempt_of` and
hands the attempt to `Feedback.tell`. The levels are

    extracted  ->  compiled  ->  ran  ->  right  ->  fast

and the last one is there only where the timing says something about speed.

What it does not do: no judging, no torch.
"""

from __future__ import annotations

from agent_env.external.attempt import Attempt, Check, Level
from agent_env.kernels.verdict import Mismatch, Status, Timing, Verdict, json_number

LEVELS = ("extracted", "compiled", "ran", "right")
_REACHED = {
    Status.NO_CODE: 0,
    Status.POLICY: 1,
    Status.COMPILE_ERROR: 1,
    Status.RUNTIME_ERROR: 2,
    Status.TIMEOUT: 2,
    Status.WRONG: 3,
    Status.CHEAT: 3,
    Status.CORRECT: 4,
}
"""The level that a candidate did not pass; that of a correct one is behind the last."""


def attempt_of(
    verdict: Verdict, code: str, *, turn: int, turns_left: int, best: str = "", goal: str = ""
) -> Attempt:
    """The candidate as an attempt.

    Args:
        verdict: What the judge said of it.
        code: The program; "" without one.
        turn: Which assistant turn it is, from 1.
        turns_left: How many more there may be.
        best: The best so far, in a sentence.
        goal: The task, for an expert.
    """
    reached = _REACHED[verdict.status]
    levels = [
        Level(
            name=name,
            passed=True if place < reached else False if place == reached else None,
            detail=verdict.log or verdict.reason if place == reached else "",
        )
        for place, name in enumerate(LEVELS)
    ]
    timing = verdict.timing
    if timing is not None and timing.is_performance and not timing.noisy:
        levels.append(_fast(timing))
    return Attempt(
        code=code,
        levels=tuple(levels),
        failing=() if verdict.mismatch is None else (_check(verdict.mismatch),),
        verdict=verdict.reason,
        best=best,
        turn=turn,
        turns_left=turns_left,
        subject="kernel",
        goal=goal,
    )


def _fast(timing: Timing) -> Level:
    low, high = timing.speedup_ci
    detail = f"{timing.speedup_x:.2f}x the baseline's speed ({low:.2f} to {high:.2f})"
    return Level(name="fast", passed=low > 1.0, detail=detail)


def _check(mismatch: Mismatch) -> Check:
    place = ", ".join(map(str, mismatch.index))
    wanted, got = json_number(mismatch.expected), json_number(mismatch.got)
    return Check(
        text=f"output {mismatch.output}[{place}] == {wanted} (case {mismatch.case})",
        got=f"got {got}; {mismatch.count} of {mismatch.total} elements are wrong",
    )
