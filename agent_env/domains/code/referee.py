"""Rules on every turn of a `code` episode.

Place in the flow: the environment shows it each assistant turn. It has the answer judged, notes it
in the episode's state, pays what it gained on the best so far, and tells the model in the mode that
was chosen. An answer without a program says that the model is done, once an attempt passed every
test that it is told of; before that it is asked for a program.

What it does not do: it tells nothing about the tests that pay, and no expert of a last turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent_env.domains.code.judge import CodeJudge, Judgement
from agent_env.domains.code.problem import Problem
from agent_env.domains.code.world import Attempts, Entry
from agent_env.external import words
from agent_env.external.attempt import Attempt
from agent_env.external.feedback import KEYS as EXTERNAL_KEYS
from agent_env.external.feedback import Feedback, Told
from agent_env.referee import Look, Rate, Ruling
from agent_env.types import StopReason
from parsers import ParseStatus

KEYS = (
    "code/answers",
    "code/no_code",
    "code/programs",
    "code/readable",
    "code/passed_told",
    "code/right",
    "code/forged",
    "code/reward_tests",
    "code/reward_tests_passed",
    *EXTERNAL_KEYS,
)
RATES = (
    Rate(name="code/no_code_rate", part="code/no_code", whole="code/answers"),
    Rate(name="code/readable_rate", part="code/readable", whole="code/programs"),
    Rate(name="code/right_rate", part="code/right", whole="code/programs"),
    Rate(name="code/forged_rate", part="code/forged", whole="code/programs"),
    Rate(name="code/reward_tests_rate", part="code/reward_tests_passed", whole="code/reward_tests"),
)


class CodeReferee:
    """Judges the turns of all episodes of the domain."""

    def __init__(
        self, problems: Mapping[str, Problem], judge: CodeJudge, feedback: Feedback
    ) -> None:
        """Takes what it asks.

        Args:
            problems: The tasks by name, which is `Task.kind`.
            judge: Judges the answers.
            feedback: Words what is told.
        """
        self._problems = problems
        self._judge = judge
        self._feedback = feedback

    @property
    def keys(self) -> tuple[str, ...]:
        """What it counts."""
        return KEYS

    @property
    def rates(self) -> tuple[Rate, ...]:
        """What is derived from its counts."""
        return RATES

    @property
    def reward_range(self) -> tuple[float, float]:
        """From nothing to every test that pays."""
        return (0.0, 1.0)

    def judge(self, look: Look) -> Ruling:
        """What the turn was worth, and what the model is told.

        Raises:
            EnvError: The judge's machinery failed, or an expert without whom nothing may go on.
        """
        problem = self._problems[look.task.kind]
        state: Attempts = look.state
        # Behind a turn that the model invented there is no answer of its own.
        is_message = look.parsed.status is ParseStatus.MESSAGE
        answer, reasoning = (
            (look.parsed.content, "off") if is_message else (look.text, look.reasoning)
        )
        found = self._judge.judge(answer, problem, reasoning)
        if not found.code and state.entries and state.entries[-1].passed_told and is_message:
            return Ruling(
                text="",
                is_success=state.is_solved,
                stop_reason=StopReason.AGENT_DONE,
                counts={"code/answers": 1.0},
                note={"verdict": "The agent is done."},
            )
        gain = state.add(_entry(look.turn, found)) if found.code else 0.0
        told = self._told(look, found, state)
        return Ruling(
            text=told.text,
            gain=gain,
            is_success=state.is_solved,
            counts=_counts(found, told),
            note=_note(found, told, self._feedback.settings.mode),
        )

    def _told(self, look: Look, found: Judgement, state: Attempts) -> Told:
        attempt = Attempt(
            code=found.code,
            levels=found.levels,
            failing=found.failing,
            verdict=found.verdict,
            best=_best(state),
            turn=look.turn,
            turns_left=look.turns_left,
            goal=look.task.opening,
        )
        if not look.turns_left:
            return Told(text=words.verdict(attempt))
        return self._feedback.tell(attempt)


def _entry(turn: int, found: Judgement) -> Entry:
    failed = len(found.failing)
    ran = bool(found.levels[1].passed) and (failed > 0 or bool(found.levels[2].passed))
    return Entry(
        turn=turn,
        code=found.code,
        value=found.value,
        passed_told=bool(found.levels[-1].passed),
        told=f"{found.told - failed if ran else 0} of {found.told}",
        is_right=found.is_right,
        forged=found.forged,
    )


def _best(state: Attempts) -> str:
    """The attempt that passed most of what is told, in words; "" before any."""
    if not state.entries:
        return ""
    best = max(state.entries, key=lambda one: int(one.told.split()[0]))
    return words.say("best_tests", told=best.told, turn=str(best.turn))


def _counts(found: Judgement, told: Told) -> dict[str, float]:
    counts = {
        "code/answers": 1.0,
        "code/no_code": float(not found.code),
        **told.counts,
    }
    if found.code:
        counts |= {
            "code/programs": 1.0,
            "code/readable": float(bool(found.levels[1].passed)),
            "code/passed_told": float(bool(found.levels[-1].passed)),
            "code/right": float(found.is_right),
            "code/forged": float(found.forged),
            "code/reward_tests": found.paying,
            "code/reward_tests_passed": found.passed,
        }
    return counts


def _note(found: Judgement, told: Told, mode: str) -> dict[str, Any]:
    note: dict[str, Any] = {
        "verdict": found.verdict,
        "levels": {level.name: level.passed for level in found.levels},
        "value": found.value,
        "reward_tests": [found.passed, found.paying],
        "forged": found.forged,
        "mode": mode,
    }
    return {**note, "failed_edits": told.failure} if told.failure else note
