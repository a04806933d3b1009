"""What the judge says of a candidate, as data.

Place in the flow: `check` finds `Mismatch`es, `timing` makes a `Timing`, the tool chain reports
`Resources`, and `judge` puts all of it into one `Verdict`, whose `to_dict` is what `python -m
agent_env bench --json` prints.

What it does not do: no judging, no torch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Status(Enum):
    """The rung of the ladder on which a candidate ended."""

    NO_CODE = "no_code"
    """There was no program in the answer."""
    POLICY = "policy"
    """The program does by its text what no candidate may do; it was not run."""
    COMPILE_ERROR = "compile_error"
    """A compiler, or Python's own, refused the program."""
    RUNTIME_ERROR = "runtime_error"
    """The program raised, crashed or left without an answer."""
    TIMEOUT = "timeout"
    """The program was still running at its deadline."""
    WRONG = "wrong"
    """The program ran and its answer is not right."""
    CHEAT = "cheat"
    """The program did something that only serves to deceive the judge; `hacks` names it."""
    CORRECT = "correct"
    """Every checked answer is right; so is every timed one where there is a timing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """The first wrong element.

    Attributes:
        case: The case's name, such as "hidden1/large".
        output: Which output, from 0.
        index: Where in it.
        expected: The float64 reference there.
        got: What the candidate wrote there.
        error: The difference's size.
        allowed: How large it could have been.
        count: Wrong elements in this output.
        total: Elements in this output.
    """

    case: str
    output: int
    index: tuple[int, ...]
    expected: float
    got: float
    error: float
    allowed: float
    count: int
    total: int

    def to_dict(self) -> dict[str, Any]:
        """The mismatch as JSON data; a number that JSON has not is a string ("nan", "inf")."""
        return {
            "case": self.case,
            "output": self.output,
            "index": list(self.index),
            "expected": json_number(self.expected),
            "got": json_number(self.got),
            "error": json_number(self.error),
            "allowed": json_number(self.allowed),
            "count": self.count,
            "total": self.total,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long one call takes, beside the baseline that ran in turns with it.

    Attributes:
        reference_us: Median of the baseline's calls, in microseconds, round trip subtracted.
        candidate_us: The same of the candidate's.
        speedup_x: Median of the paired ratios, baseline over candidate.
        speedup_ci: Its bootstrap 95 % interval.
        is_performance: Whether this says anything about speed: False for an interpreter, a shim and
            shrunk tasks, whose times may earn nothing.
        noisy: Whether the estimates disagree so much that the number is not to be believed; it may
            earn nothing either.
        pairs: Timed pairs behind it.
    """

    reference_us: float
    candidate_us: float
    speedup_x: float
    speedup_ci: tuple[float, float]
    is_performance: bool
    noisy: bool
    pairs: int

    def to_dict(self) -> dict[str, Any]:
        """The timing as JSON data."""
        return {
            "reference_us": self.reference_us,
            "candidate_us": self.candidate_us,
            "speedup_x": self.speedup_x,
            "speedup_ci": list(self.speedup_ci),
            "is_performance": self.is_performance,
            "noisy": self.noisy,
            "pairs": self.pairs,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What the tool chain says that a kernel takes; the largest over all kernels, None if unknown.

    Attributes:
        registers: Per thread.
        shared_bytes: Shared memory per block.
        spill_bytes: Stores and loads of spilled registers per thread.
        kernels: Their names.
    """

    registers: int | None = None
    shared_bytes: int | None = None
    spill_bytes: int | None = None
    kernels: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The resources as JSON data."""
        return {
            "registers": self.registers,
            "shared_bytes": self.shared_bytes,
            "spill_bytes": self.spill_bytes,
            "kernels": list(self.kernels),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Everything that is known of one candidate on one problem.

    Attributes:
        status: The rung on which it ended.
        reason: One sentence that a model can act on.
        hacks: Names of what it did to deceive, as in the catalogue, such as "input_mutation".
        log: The tool chain's own message, cut to the candidate's lines.
        mismatch: The first wrong element, for a WRONG answer with numbers.
        timing: None when nothing was timed.
        resources: None when no tool chain said.
        language: "torch", "cpp", "cuda" or "triton".
        device: "cpu" or "cuda".
        isolation: Names of the cage's layers that were in force.
        missing: Names of those that this machine does not give.
        wall_s: How long the evaluation took, in seconds.
    """

    status: Status
    reason: str
    hacks: tuple[str, ...] = ()
    log: str = ""
    mismatch: Mismatch | None = None
    timing: Timing | None = None
    resources: Resources | None = None
    language: str = ""
    device: str = "cpu"
    isolation: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    wall_s: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """The verdict as JSON data, as `bench --json` prints it."""
        return {
            "status": self.status.value,
            "reason": self.reason,
            "hacks": list(self.hacks),
            "log": self.log,
            "mismatch": self.mismatch and self.mismatch.to_dict(),
            "timing": self.timing and self.timing.to_dict(),
            "resources": self.resources and self.resources.to_dict(),
            "language": self.language,
            "device": self.device,
            "isolation": list(self.isolation),
            "missing": list(self.missing),
            "wall_s": self.wall_s,
        }


def json_number(value: float) -> float | str:
    """The number, or its name when strict JSON cannot hold it."""
    return value if math.isfinite(value) else str(value)
