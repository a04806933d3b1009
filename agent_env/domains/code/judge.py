"""What an answer to a `code` task is worth, and what may be told of it.

Place in the flow: the domain's episodes ask one `CodeJudge`. It finds the program, runs the calls
of the feedback slice and those of the reward tests in processes apart, and compares what they
returned outside of both. Nothing of the second process is ever told: not its output, not its
errors, not how many tests it passed.

What it does not do: no wording beyond Python's own messages (`external`), no weights of a trainer.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from agent_env.domains.code.answer import find_program, seems_to_define, syntax_fault
from agent_env.domains.code.problem import CodeTest, Problem, read_test
from agent_env.external.attempt import Check, Level
from agent_env.external.slicing import check_slice, choose, split_tests
from agent_env.kernels.functions import Called, CallEnd, FunctionRunner, Ran

DEFINED, READABLE, TESTED = 1, 1, 8
"""What each rung is worth, in tenths; the last one by the share of the reward tests."""
_KEPT = 1_024
_MAY_DIFFER = frozenset((CallEnd.TIMEOUT, CallEnd.ENDED, CallEnd.NOT_RUN))
"""Ends that another run may not have; a judgement with one is not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What is known of one answer.

    Attributes:
        code: The program; "" without one.
        levels: "definition", "syntax" and "tests", the last one by the feedback slice.
        failing: What failed of the slice.
        told: How many tests the slice holds.
        passed: How many reward tests passed.
        paying: How many there are.
        forged: Whether the program wrote what only the harness writes.
        verdict: One sentence about the levels; nothing about the reward tests.
    """

    code: str
    levels: tuple[Level, ...]
    told: int
    passed: int
    paying: int
    verdict: str
    failing: tuple[Check, ...] = ()
    forged: bool = False

    @property
    def value(self) -> float:
        """What the answer is worth, from 0 to 1; nothing for a forger."""
        if self.forged:
            return 0.0
        defined, readable = (bool(level.passed) for level in self.levels[:2])
        tenths = DEFINED * defined + READABLE * readable + TESTED * self.passed / self.paying
        return tenths / (DEFINED + READABLE + TESTED)

    @property
    def is_right(self) -> bool:
        """Whether every reward test passed."""
        return not self.forged and self.passed == self.paying


class CodeJudge:
    """Judges answers; starts its process with the first one, and may be used by several threads."""

    def __init__(
        self,
        runner: FunctionRunner,
        *,
        sandbox_slice: int | str | None = 1,
        disjoint: bool = True,
    ) -> None:
        """Starts nothing yet.

        Args:
            runner: Runs the programs.
            sandbox_slice: As of `ExternalSettings`.
            disjoint: The same.
        """
        self.runner = runner
        self._slice = check_slice(sandbox_slice)
        self._disjoint = disjoint
        self._known: OrderedDict[tuple[str, str], Judgement] = OrderedDict()
        self._lock = threading.Lock()

    def tests(self, problem: Problem) -> tuple[tuple[CodeTest, ...], tuple[CodeTest, ...]]:
        """The feedback tests of the slice, and the reward tests.

        Raises:
            ValueError: Too few tests to keep the two apart.
        """
        split = split_tests(problem.tests, problem.name, disjoint=self._disjoint)
        kept = choose(range(len(split.feedback)), self._slice)
        told = tuple(read_test(split.feedback[place], problem.name) for place in kept)
        return told, tuple(read_test(text, problem.name) for text in split.reward)

    def judge(self, answer: str, problem: Problem, reasoning: str = "auto") -> Judgement:
        """What the answer is worth.

        Raises:
            EnvError: The machinery failed; that says nothing about the answer.
        """
        code = find_program(answer, problem.name, reasoning)
        key = (problem.name, code)
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
                return known
        judgement, is_sure = self._judge(code, problem)
        if is_sure:
            with self._lock:
                self._known[key] = judgement
                while len(self._known) > _KEPT:
                    self._known.popitem(last=False)
        return judgement

    def _judge(self, code: str, problem: Problem) -> tuple[Judgement, bool]:
        told, paying = self.tests(problem)
        missing = _before_running(code, problem, len(told), len(paying))
        if missing is not None:
            return missing, True
        shown = self._ran(code, problem.name, told)
        if shown.fault:
            return _unloaded(code, shown.fault, len(told), len(paying)), False
        hidden = self._ran(code, problem.name, paying)
        ends = {one.end for one in (*shown.calls, *hidden.calls)}
        failing = tuple(check for check in map(_failed, told, _by_test(told, shown)) if check)
        passed = sum(
            not _failed(*pair) for pair in zip(paying, _by_test(paying, hidden), strict=True)
        )
        detail = f"{len(failing)} of {len(told)} failed"
        judgement = Judgement(
            code=code,
            levels=_levels(True, "", detail if failing else None),
            failing=failing,
            told=len(told),
            passed=passed,
            paying=len(paying),
            forged=CallEnd.TAMPERED in ends,
            verdict=f"{len(told) - len(failing)} of {len(told)} tests passed.",
        )
        return judgement, not ends & _MAY_DIFFER

    def _ran(self, code: str, entry: str, tests: Sequence[CodeTest]) -> Ran:
        return self.runner.run(code, entry, [call for test in tests for call in test.calls])


def _before_running(code: str, problem: Problem, told: int, paying: int) -> Judgement | None:
    """What is wrong with the program's text; None for one that can be run."""
    defines = seems_to_define(code, problem.name)
    fault = syntax_fault(code) if code else ""
    if defines and not fault:
        return None
    verdict = f"The program does not read as Python: {fault}."
    if not defines:
        verdict = f"The program defines no function {problem.name}."
    if not code:
        verdict = "The answer holds no program; give one ```python block."
    return Judgement(
        code=code,
        levels=(
            Level(name="definition", passed=defines, detail=f"no function {problem.name}"),
            Level(name="syntax", passed=not fault if code else None, detail=fault),
            Level(name="tests", passed=None),
        ),
        told=told,
        passed=0,
        paying=paying,
        verdict=verdict,
    )


def _unloaded(code: str, fault: str, told: int, paying: int) -> Judgement:
    return Judgement(
        code=code,
        levels=_levels(True, "", fault),
        told=told,
        passed=0,
        paying=paying,
        verdict="The program reads as Python and does not load.",
    )


def _levels(defined: bool, syntax: str, tests: str | None) -> tuple[Level, ...]:
    return (
        Level(name="definition", passed=defined),
        Level(name="syntax", passed=not syntax, detail=syntax),
        Level(name="tests", passed=tests is None, detail=tests or ""),
    )


def _by_test(tests: Sequence[CodeTest], ran: Ran) -> list[tuple[Called, ...]]:
    """What became of each test's calls."""
    calls = iter(ran.calls)
    return [tuple(next(calls) for _ in test.calls) for test in tests]


def _failed(test: CodeTest, called: Sequence[Called]) -> Check | None:
    """The check, with what happened, if it failed."""
    bad = [one for one in called if one.end is not CallEnd.VALUE]
    if bad:
        return Check(text=test.text, got=f"it {bad[0].reason}")
    if test.holds([one.value for one in called]):
        return None
    returned = " and ".join(repr(one.value) for one in called)
    return Check(text=test.text, got=f"it returned {returned}")
