"""The ladder: source, policy, compile, run, check, time; each rung has its own verdict.

Place in the flow: tools, the command line and training call `Judge.evaluate`. References, seeds and
the clock live in this process; the candidate lives in a child that is forked and caged for it alone
and ends with the evaluation. Silence from the child is a failure, never a pass.

    no_code -> policy -> compile_error -> runtime_error | timeout | wrong | cheat -> correct

What it does not do: it runs no line of a candidate in this process, and it keeps nothing between
evaluations but the warm zygote and the cache of compiled sources.
"""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from agent_env.errors import EnvError
from agent_env.kernels import channel, check, core, policy, rungs, sanitize, timing
from agent_env.kernels.children import Child, ChildEndedError, ChildTimeoutError, TamperingError
from agent_env.kernels.layout import Layout
from agent_env.kernels.limits import Limits
from agent_env.kernels.nursery import Flavour, Nursery
from agent_env.kernels.problem import Problem
from agent_env.kernels.processes import MemoryLimitError
from agent_env.kernels.verdict import Resources, Status, Timing, Verdict

if TYPE_CHECKING:
    from torch import nn

CAGE_S = 60.0
"""How long forking and caging may take on a loaded machine."""


@dataclass(slots=True)
class _Attempt:
    """One evaluation while it goes on."""

    code: str
    problem: Problem
    weights: int
    contents: int
    timed: bool
    prepared: rungs.Prepared
    log: str = ""
    layers: tuple[str, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    hacks: tuple[str, ...] = ()
    timing: Timing | None = None
    resources: Resources | None = None


class Judge:
    """Evaluates candidates, one after the other or from several threads."""

    def __init__(
        self,
        cache_dir: str | Path | None = None,
        device: str = "cpu",
        *,
        require_isolation: bool = False,
        limits: Limits | None = None,
        static_rules: bool = True,
        slot: Callable[[], AbstractContextManager[object]] = core.held,
    ) -> None:
        """Starts nothing yet; the first evaluation, or `warm`, starts the zygote.

        Args:
            cache_dir: Where compiled sources are kept; None is the user's cache folder.
            device: "cpu", "cuda", or "auto" for what this machine has.
            require_isolation: Whether to refuse to run where a layer of the cage is missing.
            limits: Bounds of each evaluation.
            static_rules: False runs what `policy` would refuse; the cage and the checks must hold
                without it, and tests see to that.
            slot: What is entered around each timing, so that judges of several processes take
                turns; waiting for it counts for no deadline.

        Raises:
            ValueError: No such device, or this machine has none.
        """
        self.device = rungs.device_named(device)
        self.limits = limits or Limits()
        self._cache_dir = cache_dir
        self._require_isolation = require_isolation
        self._static_rules = static_rules
        self._slot = slot
        self._nursery = Nursery(self.limits, self.device)
        self._torch_lock = threading.Lock()
        self._isolation: tuple[tuple[str, ...], dict[str, str]] | None = None

    def __enter__(self) -> Judge:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Ends every process."""
        self.close()

    def close(self) -> None:
        """Ends every process that the judge started."""
        self._nursery.close()

    def isolation(self) -> tuple[tuple[str, ...], dict[str, str]]:
        """Layers of the cage in force on this machine, and why the others are missing.

        Raises:
            EnvError: The zygote does not come up.
        """
        if self._isolation is None:
            child = self._fork({"role": "candidate", "code": "", "seed": 0}, 1, Flavour())
            try:
                self._isolation = _caged(child)
            finally:
                child.end()
        return self._isolation

    def evaluate(
        self,
        code: str | bytes,
        problem: Problem,
        *,
        seed: int | None = None,
        timed: bool = True,
        wanted: str = "",
        sanitized: bool = False,
    ) -> Verdict:
        """The verdict on a candidate.

        Args:
            code: The program that defines `ModelNew`.
            problem: What it is to compute.
            seed: What weights and contents are derived from, each by itself; None draws one that
                nobody knows.
            timed: Whether a correct candidate is timed.
            wanted: What the candidate must have a kernel in, "cpp", "cuda", "triton" or "any" of
                them; empty where the problem's own `wanted` counts, if it has one.
            sanitized: Whether the candidate's C++ is built so that the first address outside of its
                memory ends it (`sanitize`); nothing is timed then.

        Raises:
            ValueError: Nothing of that name can be wanted, or it cannot be sanitized on a GPU.
            EnvError: The judge's own machinery failed, or isolation that was required is missing;
                that is no verdict on the candidate.
        """
        begin = time.monotonic()
        wanted = wanted or getattr(problem, "wanted", "")
        if wanted and wanted not in policy.WANTED:
            raise ValueError(f"wanted is {wanted!r}; give one of: {', '.join(policy.WANTED)}.")
        if sanitized and self.device != "cpu":
            raise ValueError("C++ is sanitized on the CPU; give the device 'cpu'.")
        if self._require_isolation:
            self._refuse_open_cage()
        prepared = rungs.prepare(
            code,
            self._cache_dir,
            self.limits,
            self.device,
            static_rules=self._static_rules,
            wanted=wanted,
            sanitized=sanitized,
        )
        weights, contents = rungs.seeds(seed)
        attempt = _Attempt(
            code=prepared.code,
            problem=problem,
            weights=weights,
            contents=contents,
            timed=timed and not sanitized,
            prepared=prepared,
            resources=prepared.resources,
        )
        finding = prepared.finding or self._run(attempt)
        status = finding.status if finding else Status.CORRECT
        logs = (prepared.log, finding.log if finding else "", attempt.log)
        reason = finding.reason if finding else "Every checked answer is right."
        if finding is None and attempt.timing is not None:
            reason = "Every checked and every timed answer is right."
        return Verdict(
            status=status,
            reason=reason,
            hacks=(finding.hack,) if finding and finding.hack else prepared.hacks,
            log="\n".join(text for text in logs if text),
            mismatch=finding.mismatch if finding else None,
            timing=attempt.timing if finding is None else None,
            resources=attempt.resources,
            language=prepared.language,
            device=self.device,
            isolation=attempt.layers,
            missing=tuple(attempt.missing),
            wall_s=time.monotonic() - begin,
        )

    def _refuse_open_cage(self) -> None:
        _, missing = self.isolation()
        wanted = {name: why for name, why in missing.items() if name != "memory" or why}
        if wanted:
            listed = "; ".join(f"{name} ({why})" for name, why in wanted.items())
            raise EnvError(
                "IsolationError",
                f"Isolation was required and this machine does not give all of it: {listed}.",
            )

    def _run(self, attempt: _Attempt) -> check.Finding | None:
        """What is wrong with the candidate once it runs, or None."""
        problem = attempt.problem
        try:
            with self._torch_lock, rungs.one_thread():
                model, plan = rungs.expectations(problem, attempt.weights, attempt.contents)
        except (EnvError, ValueError):
            raise
        except Exception as error:  # a user's reference may raise anything, and is no candidate
            said = f"{type(error).__name__}: {error}"[:1000]
            raise EnvError("ReferenceError", f"The reference itself failed: {said}") from error
        order = {
            "role": "candidate",
            "code": attempt.code,
            "init": list(problem.init_inputs()),
            "seed": attempt.weights,
            "artefacts": attempt.prepared.artefacts,
        }
        child = self._fork(order, _room(plan), attempt.prepared.flavour)
        child.deadline = time.monotonic() + self.limits.evaluation_s
        try:
            attempt.layers, attempt.missing = _caged(child)
            finding = self._checked(child, plan)
            if finding is None and attempt.timed:
                finding = self._timed(child, attempt, model, plan)
        except ChildEndedError as ended:
            if child.lost:
                raise EnvError("ZygoteError", "The zygote is gone.", True) from None
            finding = check.ended_finding(ended.status, child.log.text())
        except ChildTimeoutError:
            late = time.monotonic() >= child.deadline
            limit = (
                f"the {self.limits.evaluation_s:g} s of the evaluation"
                if late
                else f"its {self.limits.call_s:g} s a call"
            )
            reason = f"The program was still running after {limit}."
            finding = check.Finding(status=Status.TIMEOUT, reason=reason)
        except MemoryLimitError as seen:
            finding = check.Finding(status=Status.RUNTIME_ERROR, reason=f"{seen}")
        except TamperingError as seen:
            finding = check.Finding(status=Status.CHEAT, hack="judge_tampering", reason=f"{seen}")
        finally:
            child.end()
            attempt.log = sanitize.trimmed(child.log.text())
        if finding is None and attempt.prepared.language == "triton" and self.device == "cpu":
            finding, attempt.resources, note = rungs.launches(
                attempt.prepared, problem, plan, attempt.weights, self._cache_dir
            )
            attempt.log = "\n".join(text for text in (attempt.log, note) if text)
        return finding

    def _checked(self, child: Child, plan: check.Plan) -> check.Finding | None:
        try:
            reply = child.receive(self.limits.load_s)
        except ChildTimeoutError:
            reason = f"The program was still loading after {self.limits.load_s:g} s."
            return check.Finding(status=Status.TIMEOUT, reason=reason)
        child.stop()
        child.family.settle()
        if reply["kind"] != "ready":
            if reply["kind"] != "error":
                raise TamperingError("It answered while it was still being loaded.")
            return check.form_finding(reply)
        with self._torch_lock, rungs.one_thread():
            return check.check_plan(child, plan, self.limits.call_s)

    def _timed(
        self,
        child: Child,
        attempt: _Attempt,
        model: nn.Module,
        plan: check.Plan,
    ) -> check.Finding | None:
        """Times the candidate against the baseline; what was wrong meanwhile, or None."""
        order = {
            "role": "reference",
            "seed": attempt.weights,
            "problem": pickle.dumps(attempt.problem),
        }
        baseline = self._fork(order, _room(plan), Flavour())
        try:
            _caged(baseline)
            baseline.receive(CAGE_S)
            with self._torch_lock, rungs.one_thread():
                timing.age(baseline, plan, self.limits.call_s)
            asked = time.monotonic()
            with self._slot(), self._torch_lock, rungs.one_thread(), core.first_in_line():
                child.deadline += time.monotonic() - asked
                result = timing.time_pairs(
                    child,
                    baseline,
                    attempt.problem,
                    model,
                    plan.timed,
                    call_s=self.limits.call_s,
                    timing_s=self.limits.timing_s,
                    until=child.deadline,
                    quick=not attempt.prepared.is_performance,
                )
        finally:
            baseline.end()
        if isinstance(result, check.Finding):
            return result
        shrunk = bool(getattr(attempt.problem, "correctness_only", False))
        says_speed = attempt.prepared.is_performance and not shrunk
        attempt.timing = replace(result, is_performance=says_speed)
        return None

    def _fork(self, order: Mapping[str, Any], size_bytes: int, flavour: Flavour) -> Child:
        return self._nursery.fork(order, channel.Arena(size_bytes), flavour)


def _room(plan: check.Plan) -> int:
    return max(Layout(one.inputs, one.baseline).size_bytes for one in plan.calls)


def _caged(child: Child) -> tuple[tuple[str, ...], dict[str, str]]:
    """Layers that the child's cage has, and why the others are missing.

    Raises:
        EnvError: It did not get as far; that is before any line of a candidate.
    """
    try:
        report = child.receive(CAGE_S)
    except (ChildEndedError, ChildTimeoutError, TamperingError) as error:
        child.end()
        said = child.log.text().strip().splitlines()[-1:]
        raise EnvError("CageError", f"A child did not close its cage: {error!r} {said}") from None
    return tuple(report["layers"]), dict(report["missing"])
