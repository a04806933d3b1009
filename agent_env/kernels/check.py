"""Whether what a candidate computes is what the problem asks for.

Place in the flow: `judge` makes an `Expected` of every case in its own process and hands them to
`check_cases` with the candidate's child. What lies in the arena is compared with the float64
reference; the baseline's own error against it says how exact one can be.

What it does not do: no clock, no running of candidates in this process.
"""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agent_env.kernels import sanitize
from agent_env.kernels.children import Child
from agent_env.kernels.compare import Expected, compare, expect
from agent_env.kernels.layout import Layout
from agent_env.kernels.problem import Problem
from agent_env.kernels.processes import wants_to_run
from agent_env.kernels.verdict import Mismatch, Status

if TYPE_CHECKING:
    from torch import Tensor, nn

IDLE_S = 0.001
"""How long a child is left running after an answer before one first looks whether it sleeps."""
IDLE_AT_MOST_S = 0.3
"""The longest wait between two looks is below this; each is twice the one before."""
SECOND_ANSWER_S = 0.05
"""How long one waits, after a wrong answer, for the one that it should have been."""
REPLAYS = 4
"""Cases that are called again with other contents at the same addresses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong with a candidate."""

    status: Status
    reason: str
    hack: str = ""
    mismatch: Mismatch | None = None
    log: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Calls in the order in which they are made.

    Attributes:
        first: Every case, in random order.
        again: Some of them with other contents, at the same addresses.
    """

    first: tuple[Expected, ...]
    again: tuple[Expected, ...]

    @property
    def timed(self) -> Expected:
        """The case that is timed; it comes last, for it is the largest as a rule."""
        return self.first[-1]

    @property
    def calls(self) -> tuple[Expected, ...]:
        """All of them."""
        return (*self.first, *self.again)


def make_plan(problem: Problem, model: nn.Module, seed: int) -> Plan:
    """Every case of a seed with what is expected of it, and some that come twice.

    Args:
        problem: What is asked for.
        model: The baseline under the seed.
        seed: Of the cases.
    """
    chance = random.SystemRandom()
    timed, *cases = problem.cases(seed)
    again = [timed, *chance.choices([timed, *cases], k=REPLAYS)]
    chance.shuffle(cases)
    cases.append(timed)  # the largest as a rule, and so the last
    others = [
        replace(case, seed=chance.getrandbits(31), name=f"{case.name} again") for case in again
    ]
    return Plan(
        first=tuple(expect(problem, model, case) for case in cases),
        again=tuple(expect(problem, model, case) for case in others),
    )


def check_plan(child: Child, plan: Plan, call_s: float) -> Finding | None:
    """What is wrong on any case, or None when everything is right.

    Args:
        child: The candidate, built.
        plan: What is called.
        call_s: Deadline of one call.

    Raises:
        ChildEndedError: The candidate is gone.
        ChildTimeoutError: A call was still running at its deadline.
        TamperingError: It wrote on the judge's channel.
    """
    seen: list[tuple[Tensor, ...]] = []
    for number, expected in enumerate(plan.calls):
        finding, outputs = check_call(child, expected, call_s)
        if finding is not None and finding.mismatch is not None:
            return accused(child, finding, outputs, seen, checked=number >= len(plan.first))
        finding = finding or (None if number else busy(child))
        if finding is not None:
            return finding
        seen.append(outputs)
    return busy(child)


def accused(
    child: Child,
    finding: Finding,
    outputs: Sequence[Tensor],
    seen: Sequence[Sequence[Tensor]],
    *,
    checked: bool,
) -> Finding:
    """The finding about a wrong answer, as a cheat where it gives itself away as one.

    Args:
        child: The candidate, right after the call.
        finding: What is wrong.
        outputs: The wrong answer.
        seen: Its answers to earlier calls.
        checked: Whether the same case, with other contents, was answered rightly before.
    """
    if child.says_more(SECOND_ANSWER_S):
        reason = "The program answered on the judge's channel before its forward returned."
        return Finding(status=Status.CHEAT, hack="judge_tampering", reason=reason)
    if any(_equal(outputs, old) for old in seen):
        reason = f"The answer to an earlier call came again: {finding.reason}"
        return replace(finding, status=Status.CHEAT, hack="pointer_replay", reason=reason)
    if checked:
        reason = f"What was right in earlier calls is wrong in a later one: {finding.reason}"
        return replace(finding, status=Status.CHEAT, hack="call_counter", reason=reason)
    return finding


def _equal(one: Sequence[Tensor], other: Sequence[Tensor]) -> bool:
    """Whether two answers are the same, and more than a constant that may come twice by right."""
    import torch

    return len(one) == len(other) and all(
        a.shape == b.shape and torch.equal(a, b) and bool((a != a.flatten()[0]).any())
        for a, b in zip(one, other, strict=True)
        if a.numel()
    )


def check_call(
    child: Child, expected: Expected, call_s: float
) -> tuple[Finding | None, tuple[Tensor, ...]]:
    """What is wrong with one call, or None, and its outputs."""
    layout = Layout(expected.inputs, expected.baseline)
    child.stop()
    layout.write(child.arena, layout.image)
    child.bind(layout.spec(), call_s)
    reply = child.call(call_s)
    finding = form_finding(reply.data)
    finding = finding or damage_finding(child, layout, layout.image, expected)
    outputs = layout.outputs(child.arena)
    return finding or judge_numbers(expected, outputs), outputs


def damage_finding(
    child: Child, layout: Layout, image: Tensor, expected: Expected
) -> Finding | None:
    """What a call did to its inputs and the pads around them, or None."""
    damage = layout.damage(child.arena, image)
    if damage is None:
        return None
    hack, reason = damage
    status = Status.CHEAT if hack == "input_mutation" else Status.WRONG
    return Finding(status=status, reason=f"{expected.case.name}: {reason}", hack=hack)


def judge_numbers(
    expected: Expected, outputs: Sequence[Tensor], slack: float = 1.0
) -> Finding | None:
    """The finding about the first wrong element, or None; arguments as of `compare`."""
    mismatch = compare(expected, outputs, slack)
    if mismatch is None:
        return None
    reason = (
        f"{mismatch.case}: output {mismatch.output} is wrong at {list(mismatch.index)}: expected "
        f"{mismatch.expected:.9g}, got {mismatch.got:.9g} (allowed error {mismatch.allowed:.3g}); "
        f"{mismatch.count} of {mismatch.total} elements are wrong."
    )
    return Finding(status=Status.WRONG, reason=reason, mismatch=mismatch)


def form_finding(reply: dict[str, object]) -> Finding | None:
    """What a reply other than "done" means."""
    kind = reply["kind"]
    if kind == "done":
        return None
    if kind == "bad_output":
        return Finding(status=Status.WRONG, reason=str(reply.get("message", ""))[:1000])
    if kind == "error":
        reason = f"{reply.get('type')}: {reply.get('message')}"
        where = "While it was built" if reply.get("where") == "build" else "In forward"
        return Finding(
            status=Status.RUNTIME_ERROR,
            reason=f"{where}: {reason}"[:2000],
            log=str(reply.get("trace", "")),
        )
    return Finding(
        status=Status.CHEAT,
        hack="judge_tampering",
        reason="The program wrote an answer of its own on the judge's channel.",
    )


def ended_finding(status: int, log: str) -> Finding:
    """What it means that a process left without an answer.

    Args:
        status: Its exit status, negative for a signal.
        log: What it printed.
    """
    if said := sanitize.told(log):
        return Finding(status=Status.RUNTIME_ERROR, reason=said)
    if status < 0:
        name = signal.Signals(-status).name if -status in set(signal.Signals) else "?"
        what = f"The program was ended by signal {-status} ({name})"
        if status == -signal.SIGSEGV and "Aborted" in log:
            what = "The program aborted (SIGABRT)"
        return Finding(status=Status.RUNTIME_ERROR, reason=f"{what} without an answer.")
    return Finding(
        status=Status.RUNTIME_ERROR,
        reason=f"The program left its process with exit status {status}, without an answer.",
    )


def busy(child: Child) -> Finding | None:
    """Whether the child goes on computing when nothing is asked of it.

    A child that is done is soon seen asleep. On a full machine it may wait for a core first, just
    to fall asleep, and so one looks for a while; what computes is never seen asleep.
    """
    child.stop()
    child.go_on()
    wait_s, used_s = IDLE_S, child.cpu_s()
    asleep = False
    while not asleep and wait_s < IDLE_AT_MOST_S:
        time.sleep(wait_s)
        before_s, used_s = used_s, child.cpu_s()
        asleep = used_s - before_s < wait_s / 4 and not wants_to_run(child.pid)
        wait_s *= 2
    child.stop()
    if not asleep or child.descendants():
        return Finding(
            status=Status.CHEAT,
            hack="background_thread",
            reason="The program goes on computing, or leaves processes, after forward returned.",
        )
    return None
