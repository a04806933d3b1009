"""Who evaluates a domain's programs: the kernel bench's judge, or a list of verdicts.

Place in the flow: the tool and the referee ask the world's `Evaluator`, from any thread. The judge
is made when the first program comes, and its processes end with the evaluator or with the
interpreter, whichever ends first.

What it does not do: no extraction, no valuing, no wording.
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from agent_env.errors import EnvError
from agent_env.kernels.limits import Limits
from agent_env.kernels.pool import Pool
from agent_env.kernels.verdict import Status, Verdict

if TYPE_CHECKING:
    from agent_env.kernels.judge import Judge

KEPT = 1_024
"""Verdicts that are kept; a small model answers the same over and over."""
_TIMING_S = 3.0
"""A reward rests on the interval, so it gets more time than a person who waits for it."""


class Evaluator(Protocol):
    """Gives the verdict on a program."""

    def evaluate(self, code: str, task_name: str, *, timed: bool) -> Verdict:
        """The verdict; raises EnvError where the machinery failed, which is no verdict."""


class JudgeEvaluator:
    """The kernel bench's own judge, or several of them, shared by all episodes of a domain."""

    def __init__(self, *, device: str = "cpu", wanted: str = "", workers: int = 0) -> None:
        """Starts nothing yet, and imports no torch.

        Args:
            device: "cpu" or "cuda".
            wanted: What a program must have a kernel in; see `Judge.evaluate`.
            workers: Processes with a judge each, see `Pool`; 0 judges in this process.
        """
        self._device = device
        self._wanted = wanted
        self._workers = workers
        self._lock = threading.Lock()
        self._judge: Judge | Pool | None = None
        self._known: OrderedDict[tuple[str, str, bool], Verdict] = OrderedDict()

    def evaluate(self, code: str, task_name: str, *, timed: bool) -> Verdict:
        """The verdict on a program; see `Judge.evaluate`. The same program is judged once.

        Raises:
            EnvError: The judge's own machinery failed.
        """
        from agent_env.kernels.tasks import load_task

        key = (task_name, code, timed)
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
                return known
        problem = load_task(task_name, self._device)
        judge = self._warm()
        if isinstance(judge, Pool):
            verdict = judge.submit(code, problem, timed=timed, wanted=self._wanted).result()
        else:
            verdict = judge.evaluate(code, problem, timed=timed, wanted=self._wanted)
        if _is_final(verdict):
            with self._lock:
                self._known[key] = verdict
                while len(self._known) > KEPT:
                    self._known.popitem(last=False)
        return verdict

    def close(self) -> None:
        """Ends every process; the next program starts them again."""
        with self._lock:
            judge, self._judge = self._judge, None
        if judge is not None:
            judge.close()

    def _warm(self) -> Judge | Pool:
        from agent_env.kernels.judge import Judge

        with self._lock:
            if self._judge is None:
                limits = Limits(timing_s=_TIMING_S)
                self._judge = (
                    Pool(workers=self._workers, device=self._device, limits=limits)
                    if self._workers
                    else Judge(device=self._device, limits=limits)
                )
                weakref.finalize(self, self._judge.close)
            return self._judge


def _is_final(verdict: Verdict) -> bool:
    """Whether judging the same program again would say the same."""
    is_noisy = verdict.timing is not None and verdict.timing.noisy
    return verdict.status not in (Status.TIMEOUT, Status.RUNTIME_ERROR) and not is_noisy


class ScriptedEvaluator:
    """Plays verdicts from a list: the double for episodes whose timing must be known beforehand."""

    def __init__(self, verdicts: Iterable[Verdict]) -> None:
        """Takes the verdicts in the order in which programs will come."""
        self._verdicts = iter(tuple(verdicts))
        self._lock = threading.Lock()
        self.seen: list[tuple[str, str, bool]] = []

    def evaluate(self, code: str, task_name: str, *, timed: bool) -> Verdict:
        """The next verdict, whatever the program.

        Raises:
            EnvError: The list is at its end.
        """
        with self._lock:
            self.seen.append((code, task_name, timed))
            verdict = next(self._verdicts, None)
        if verdict is None:
            message = f"program number {len(self.seen)} came, and there is no verdict left."
            raise EnvError("ScriptEnded", message)
        return verdict
