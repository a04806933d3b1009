"""How fast a candidate is beside its baseline, by a clock that it cannot reach.

Place in the flow: `judge` calls `time_pairs` once everything is right. Candidate and baseline sit
in children of the same kind on the same core, and each is stopped while the other runs. A pair
calls both on the same fresh contents, in random order; the window opens before the child is let go
and closes when its answer, outputs in place, arrives. Somewhere among every other pair's calls is
one with values of another regime, which is verified but not counted: who takes a shortcut that only
the timed values allow, once the checks are over, takes it there too. Each regime comes at least
once within the fewest pairs that are ever taken, however slow the machine.

    speed-up = median over pairs of (baseline - round trip) / (candidate - round trip)

The round trip is that of the baseline's child with nothing to do, for a candidate's own could be
made slow on purpose. Every timed output of the candidate is compared with the baseline's output
of the same pair (twice the allowed error, since both may err), and a random quarter of them with
the float64 reference.

What it does not do: it changes no clock and no governor; a number that its own estimates do not
agree on is marked `noisy`.
"""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from agent_env.errors import EnvError
from agent_env.kernels.check import (
    Finding,
    Plan,
    accused,
    busy,
    check_call,
    damage_finding,
    form_finding,
    judge_numbers,
)
from agent_env.kernels.children import (
    Child,
    ChildEndedError,
    ChildTimeoutError,
    TamperingError,
)
from agent_env.kernels.compare import Expected, expect
from agent_env.kernels.core import Core
from agent_env.kernels.estimate import summarise
from agent_env.kernels.layout import Layout
from agent_env.kernels.problem import Case, Problem
from agent_env.kernels.verdict import Status, Timing

if TYPE_CHECKING:
    from torch import Tensor, nn

CALLS_A_TURN = 5
"""Each on contents of its own; the first is not counted, for it finds cold caches."""
LONG_US = 20_000.0
"""Calls that take longer are made twice a turn and not settled."""
FEWEST_PAIRS = 5
SETTLING_PAIRS = 2
"""Pairs at the start that are called and verified like the others but not counted."""
PAIRS = (30, 60, 120, 240)
"""After so many pairs the estimates are asked whether they agree; the last is the end."""
ENOUGH_S = 0.3
"""How long an interval that is sound may still be narrowed."""
NARROW = 0.05
"""Width of an interval, as a share of the speed-up, that is narrow enough."""
ROUND_TRIPS = 30
VERIFIED_SHARE = 0.25
UNUSUAL_SHARE = 0.5
"""Of the turns, those with a call in another regime."""
STRAY_CPU_S = 0.002
"""CPU time of a child outside of its windows, from which on it is no accident of accounting."""


@dataclass(slots=True)
class _Samples:
    """Round trip subtracted, in microseconds, pair by pair."""

    reference: list[float] = field(default_factory=list)
    candidate: list[float] = field(default_factory=list)

    def ratios(self) -> list[float]:
        pairs = zip(self.reference, self.candidate, strict=True)
        return [ours / theirs for ours, theirs in pairs]


def time_pairs(
    candidate: Child,
    baseline: Child,
    problem: Problem,
    model: nn.Module,
    expected: Expected,
    *,
    call_s: float,
    timing_s: float,
    until: float,
    quick: bool = False,
) -> Timing | Finding:
    """The timing, or what was wrong with a timed call.

    Args:
        candidate: A child that passed every check.
        baseline: A child of the same kind with the problem's own model.
        problem: Makes fresh contents.
        model: The baseline in this process, for references.
        expected: The timed case.
        call_s: Deadline of one call.
        timing_s: How long estimates that disagree are given to agree.
        until: `time.monotonic()` at which to be done.
        quick: Whether the number will say nothing, so that a few calls are enough.

    Raises:
        ChildEndedError: The candidate is gone.
        ChildTimeoutError: A call was still running at its deadline.
        TamperingError: It wrote on the judge's channel.
    """
    layout = Layout(expected.inputs, expected.baseline)
    for child in (candidate, baseline):
        child.bind(layout.spec(), call_s)
        child.order({"op": "poison", "byte": 0}, call_s)
        child.order({"op": "lean"}, call_s)
    pairs = _Pairs(candidate, baseline, problem, model, expected, layout, call_s)
    begin = time.monotonic()
    end = min(until, begin + timing_s)
    samples = _Samples()
    candidate.stray_cpu_s = 0.0
    if quick:
        pairs.hurry()
    for goal in (FEWEST_PAIRS, *PAIRS[1:]) if quick else PAIRS:
        while len(samples.candidate) < min(goal, FEWEST_PAIRS if time.monotonic() >= end else goal):
            finding = pairs.once(samples)
            if finding:
                return finding
        timing = summarise(samples.reference, samples.candidate)
        now = time.monotonic()
        low, high = timing.speedup_ci
        narrow = high - low < NARROW * timing.speedup_x
        if quick or now >= end or (not timing.noisy and (narrow or now >= begin + ENOUGH_S)):
            break
    if candidate.stray_cpu_s > STRAY_CPU_S:
        return Finding(
            status=Status.CHEAT,
            hack="background_thread",
            reason="The program computed while it was to stand still between timed calls.",
        )
    return busy(candidate) or timing


def age(baseline: Child, plan: Plan, call_s: float) -> None:
    """Calls the baseline as often as the candidate was by then, so that neither heap is fresher.

    Raises:
        EnvError: It failed.
    """
    try:
        for expected in plan.calls:
            finding, _ = check_call(baseline, expected, call_s)
            if finding is not None and finding.status is not Status.WRONG:
                raise EnvError("BaselineError", f"The baseline failed: {finding.reason}")
    except (ChildEndedError, ChildTimeoutError, TamperingError) as error:
        raise EnvError("BaselineError", f"The baseline failed: {error!r}") from None


@dataclass(slots=True)
class _Turn:
    """What came of one child's calls: outputs a call, and the mean time of those that count."""

    outputs: list[tuple[Tensor, ...]] = field(default_factory=list)
    net_us: float = math.inf
    finding: Finding | None = None


class _Pairs:
    """Calls of both children on the same fresh contents."""

    def __init__(
        self,
        candidate: Child,
        baseline: Child,
        problem: Problem,
        model: nn.Module,
        expected: Expected,
        layout: Layout,
        call_s: float,
    ) -> None:
        self._candidate, self._baseline = candidate, baseline
        self._problem, self._model, self._expected = problem, model, expected
        self._layout, self._call_s = layout, call_s
        self._random = random.SystemRandom()
        self._done = 0
        self._calls = CALLS_A_TURN
        self._settling = SETTLING_PAIRS
        self._core = Core(candidate.pid, baseline.pid)
        with self._core.judge():
            self._round_trip_us = _round_trip_us(baseline, call_s)
        self._last: Sequence[Tensor] = ()
        self._images: list[Tensor] = []
        """Written over turn by turn: fresh memory costs more than what is put there."""
        self._regimes = other_regimes(problem, expected.case)
        self._due = early_visits(self._regimes, self._random)

    def hurry(self) -> None:
        """Makes as few calls as there can be: what is long needs no warm caches."""
        self._calls, self._settling = 2, 0

    def once(self, samples: _Samples) -> Finding | None:
        """Gives both children a turn and keeps their times; what was wrong, or None."""
        cases, unusual = self._cases()
        inputs = [self._problem.inputs(case) for case in cases]
        while len(self._images) < len(inputs):
            self._images.append(self._layout.image.clone())
        images = [self._layout.image_of(*one) for one in zip(inputs, self._images, strict=False)]
        turns = [self._candidate, self._baseline]
        self._random.shuffle(turns)
        with self._core.judge():
            for child in turns:
                if child is self._candidate:
                    theirs = self._turn(child, images, unusual)
                else:
                    ours = self._baseline_turn(images, unusual)
        if theirs.finding:
            return theirs.finding
        for case, given, got, beside in zip(
            cases, inputs, theirs.outputs, ours.outputs, strict=True
        ):
            finding = self._verify(replace(self._expected, case=case, inputs=given), got, beside)
            if finding:
                return finding
        self._done += 1
        if max(theirs.net_us, ours.net_us) > LONG_US:
            self.hurry()
        if self._done > self._settling:
            samples.candidate.append(theirs.net_us)
            samples.reference.append(ours.net_us)
        return None

    def _cases(self) -> tuple[list[Case], int]:
        """The cases of a turn, and the place of one in another regime among them, -1 for none."""
        usual = self._expected.case
        cases = [replace(usual, seed=self._random.getrandbits(31)) for _ in range(self._calls)]
        regime = self._due.pop(self._done, "")
        if not regime and self._regimes and self._random.random() < UNUSUAL_SHARE:
            regime = self._random.choice(self._regimes)
        if not regime:
            return cases, -1
        place = self._random.randrange(len(cases) + 1)
        seed = self._random.getrandbits(31)
        cases.insert(place, replace(usual, name=f"timed/{regime}", regime=regime, seed=seed))
        return cases, place

    def _baseline_turn(self, images: Sequence[Tensor], unusual: int) -> _Turn:
        """The baseline's turn; that it fails is no fault of the candidate.

        Raises:
            EnvError: It failed.
        """
        try:
            turn = self._turn(self._baseline, images, unusual)
        except (ChildEndedError, ChildTimeoutError, TamperingError) as error:
            raise EnvError("BaselineError", f"The baseline failed while timed: {error!r}") from None
        if turn.finding is not None:
            reason = turn.finding.reason
            raise EnvError("BaselineError", f"The baseline failed while timed: {reason}")
        return turn

    def _turn(self, child: Child, images: Sequence[Tensor], unusual: int) -> _Turn:
        """Calls one child on each image; the first usual call only warms the caches."""
        turn = _Turn()
        warming = 1 if unusual == 0 else 0
        for number, image in enumerate(images):
            child.stop()
            self._layout.write(child.arena, image)
            reply = child.call(self._call_s)
            turn.finding = form_finding(reply.data) or damage_finding(
                child, self._layout, image, self._expected
            )
            turn.finding = turn.finding or _left_behind(child)
            if turn.finding:
                return turn
            turn.outputs.append(self._layout.outputs(child.arena))
            if number not in (warming, unusual):
                # A tenth of the round trip is left, for nothing takes no time at all.
                net_us = reply.wall_ns / 1e3 - self._round_trip_us
                turn.net_us = min(turn.net_us, max(net_us, 0.1 * self._round_trip_us))
        return turn

    def _verify(
        self, expected: Expected, got: Sequence[Tensor], beside: tuple[Tensor, ...]
    ) -> Finding | None:
        usual = expected.case.regime == self._expected.case.regime
        near = replace(expected, baseline=beside, reference=beside)
        finding = judge_numbers(near, got, slack=2.0) if usual else None
        if not usual or (finding is None and self._random.random() < VERIFIED_SHARE):
            exact = expect(self._problem, self._model, expected.case, expected.inputs)
            finding = judge_numbers(exact, got, slack=1.5)
        if finding is not None:
            finding = self._accuse(finding, got)
        self._last = got
        return finding

    def _accuse(self, finding: Finding, got: Sequence[Tensor]) -> Finding:
        """The same answer on another call was right, so this one was made to be timed."""
        finding = replace(finding, reason=f"Timed pair {self._done + 1}: {finding.reason}")
        return accused(self._candidate, finding, got, (self._last,), checked=True)


def other_regimes(problem: Problem, timed: Case) -> tuple[str, ...]:
    """Regimes in which the timed shape may be called too.

    Those in which the problem checks that shape; where it checks other shapes only, those in which
    it checks each of them.
    """
    by_shape: dict[int, set[str]] = {}
    for case in problem.cases(0):
        by_shape.setdefault(case.shape, set()).add(case.regime)
    own = by_shape.pop(timed.shape, set())
    if own <= {timed.regime} and by_shape:
        own = set.intersection(*by_shape.values())
    return tuple(sorted(own - {timed.regime}))


def early_visits(regimes: Sequence[str], chance: random.Random) -> dict[int, str]:
    """Which of the first pairs, counted from 0, must call in which other regime.

    Each regime once, as far as there are pairs, so that even the shortest timing calls in each.
    """
    pairs = chance.sample(range(FEWEST_PAIRS), min(FEWEST_PAIRS, len(regimes)))
    return dict(zip(pairs, regimes, strict=False))


def _left_behind(child: Child) -> Finding | None:
    """Whether other processes of the stopped child run on, which could work ahead."""
    if not child.descendants():
        return None
    return Finding(
        status=Status.CHEAT,
        hack="background_thread",
        reason="The program has processes that run while it is to stand still.",
    )


def _round_trip_us(child: Child, call_s: float) -> float:
    return statistics.median(child.order(b"nop", call_s).wall_ns / 1e3 for _ in range(ROUND_TRIPS))
