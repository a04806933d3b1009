"""Runs a function of a program that nobody trusts, in the cage of the kernel bench, without torch.

Place in the flow: the `code` domain calls `FunctionRunner.run` with a program, the name of a
function and the arguments of its calls. What comes back is what each call returned, as plain data:
the program is never asked whether it was right, so nothing that it prints or claims counts.

A program that hangs, crashes or leaves takes only its present call with it; the next one gets a new
process, as long as there is time.

What it does not do: no comparing, no tests, no reward.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from agent_env.errors import EnvError
from agent_env.kernels import channel, plain_values
from agent_env.kernels.children import (
    Child,
    ChildEndedError,
    ChildTimeoutError,
    TamperingError,
)
from agent_env.kernels.limits import Limits
from agent_env.kernels.nursery import Flavour, Nursery
from agent_env.kernels.processes import MemoryLimitError

FLAVOUR = Flavour(name="function", worker="agent_env.kernels.function_worker")
LIMITS = Limits(
    load_s=5.0,
    call_s=2.0,
    evaluation_s=20.0,
    memory_bytes=512 << 20,
    scratch_bytes=16 << 20,
    processes=16,
    log_bytes=8 << 10,
)
"""Enough for small functions on a busy machine."""
_CAGE_S = 30.0


class CallEnd(Enum):
    """How one call ended."""

    VALUE = "value"
    """It returned a plain value."""
    RAISED = "raised"
    """It raised."""
    UNREAD = "unread"
    """It returned something that is no plain value, or too much."""
    TIMEOUT = "timeout"
    """It was still running at its deadline."""
    ENDED = "ended"
    """The process left, crashed, or held too much memory."""
    TAMPERED = "tampered"
    """The process said what no harness says."""
    NOT_RUN = "not_run"
    """There was no time left for it, or the program did not load."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """What a function is called with; plain values."""

    positional: tuple[Any, ...] = ()
    named: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """What became of one call.

    Attributes:
        end: How it ended.
        value: What it returned, for a VALUE.
        reason: What happened, for any other end, as it continues "it ...".
    """

    end: CallEnd
    value: Any = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What became of a program.

    Attributes:
        fault: Why it did not load; "" if it did.
        calls: One for each that was asked for, in order.
        log: What it printed, head and tail.
        layers: Layers of the cage that were in force.
        missing: Why the others are missing.
    """

    fault: str
    calls: tuple[Called, ...]
    log: str = ""
    layers: tuple[str, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)


_NOT_RUN = Called(end=CallEnd.NOT_RUN, reason="was not called")


class FunctionRunner:
    """Runs programs, each in processes of its own; may be used from several threads."""

    def __init__(self, limits: Limits = LIMITS, hidden: Sequence[str] = ()) -> None:
        """Starts nothing yet.

        Args:
            limits: Bounds of each program.
            hidden: Folders that no program may read, wherever they lie.
        """
        self.limits = limits
        self._hidden = list(hidden)
        self._nursery = Nursery(limits, "cpu")

    def close(self) -> None:
        """Ends every process that was started; a later `run` starts again."""
        self._nursery.close()

    def run(self, code: str, entry: str, calls: Sequence[Arguments]) -> Ran:
        """What became of the program and of each call.

        Raises:
            EnvError: The machinery failed; that says nothing about the program.
        """
        deadline = time.monotonic() + self.limits.evaluation_s
        results: list[Called] = []
        logs: list[str] = []
        layers: tuple[str, ...] = ()
        missing: Mapping[str, str] = {}
        while True:
            child = self._fork(code, entry, deadline)
            try:
                layers, missing = _caged(child)
                fault = _load_fault(child, self.limits.load_s)
                if not fault:
                    for arguments in calls[len(results) :]:
                        results.append(self._called(child, arguments))
                        if results[-1].end not in _GOES_ON:
                            break
            finally:
                child.end()
                logs.append(child.log.text())
            if fault or len(results) >= len(calls) or _is_over(results[-1], deadline):
                break
        results += [_NOT_RUN] * (len(calls) - len(results))
        return Ran(
            # A program that loaded once is not at fault when it does not load again.
            fault=fault if len(logs) == 1 else "",
            calls=tuple(results),
            log="".join(logs)[: self.limits.log_bytes],
            layers=layers,
            missing=missing,
        )

    def _fork(self, code: str, entry: str, deadline: float) -> Child:
        order = {"role": "function", "code": code, "entry": entry, "hidden": self._hidden}
        child = self._nursery.fork(order, channel.Arena(1), FLAVOUR)
        child.deadline = deadline
        return child

    def _called(self, child: Child, arguments: Arguments) -> Called:
        order = {
            "arguments": plain_values.to_text(arguments.positional),
            "named": plain_values.to_text(dict(arguments.named)),
        }
        try:
            answer = child.order(order, self.limits.call_s).data
        except ChildTimeoutError:
            reason = f"was still running after {self.limits.call_s:g} s"
            return Called(end=CallEnd.TIMEOUT, reason=reason)
        except ChildEndedError as ended:
            return Called(end=CallEnd.ENDED, reason=_left(ended.status, child))
        except MemoryLimitError as held:
            return Called(end=CallEnd.ENDED, reason=f"was ended ({held})")
        except TamperingError as seen:
            return Called(end=CallEnd.TAMPERED, reason=f"wrote on the judge's channel ({seen})")
        return _read(answer)


_GOES_ON = frozenset((CallEnd.VALUE, CallEnd.RAISED, CallEnd.UNREAD))
"""Ends after which the same process takes the next call."""


def _is_over(last: Called, deadline: float) -> bool:
    return last.end is CallEnd.TAMPERED or time.monotonic() >= deadline


def _read(answer: Mapping[str, Any]) -> Called:
    """What an answer says; whoever wrote it, it is only data."""
    if answer["kind"] == "value":
        try:
            return Called(end=CallEnd.VALUE, value=plain_values.from_text(answer.get("text", "")))
        except plain_values.NotPlainError as error:
            return Called(end=CallEnd.UNREAD, reason=f"returned no plain value ({error})")
    if answer["kind"] == "error":
        said = f"raised {answer.get('type')}: {answer.get('message')}\n{answer.get('trace')}"
        return Called(end=CallEnd.RAISED, reason=said.rstrip(": \n"))
    if answer["kind"] == "unread":
        said = str(answer.get("message")).removeprefix("it ")
        return Called(end=CallEnd.UNREAD, reason=said)
    return Called(end=CallEnd.TAMPERED, reason="answered with what no harness answers")


def _caged(child: Child) -> tuple[tuple[str, ...], dict[str, str]]:
    """Layers of the child's cage, and why the others are missing.

    Raises:
        EnvError: It did not get as far; that is before any line of the program.
    """
    try:
        report = child.receive(_CAGE_S)
        return tuple(report["layers"]), dict(report["missing"])
    except (ChildEndedError, ChildTimeoutError, TamperingError, KeyError) as error:
        child.end()
        said = child.log.text().strip().splitlines()[-1:]
        raise EnvError(
            "CageError", f"A child did not close its cage: {error!r} {said}", True
        ) from None


def _load_fault(child: Child, load_s: float) -> str:
    """Why the program did not load, in a sentence; "" if it did."""
    try:
        answer = child.receive(load_s)
    except ChildTimeoutError:
        return f"The program was still loading after {load_s:g} s."
    except ChildEndedError as ended:
        return f"The program {_left(ended.status, child)} while it was being loaded."
    except (MemoryLimitError, TamperingError) as seen:
        return f"{seen}"
    child.stop()
    if answer["kind"] == "ready":
        return ""
    return f"The program does not load: it {_read(answer).reason}"


def _left(status: int, child: Child) -> str:
    """How a process went, as it continues "it ...".

    Raises:
        EnvError: It went because its zygote did.
    """
    if child.lost:
        raise EnvError("ZygoteError", "The zygote is gone.", True)
    if status >= 0:
        return f"left its process with exit status {status}"
    name = signal.Signals(-status).name if -status in set(signal.Signals) else str(-status)
    return f"was ended by signal {name}"
