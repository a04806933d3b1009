"""Whether a problem can tell a right program from none.

Place in the flow: run over problems of other projects before they are trained on. METR left out
45 of KernelBench's tasks for outputs that a constant passes (METR, 2025-02-14), and KernelBench
#165 counts four that zeros pass; `unfit` finds such problems by running the baseline.

What it does not do: it judges no candidate, and is not for problems too large for this machine.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Any

import torch

from agent_env.kernels.problem import Case, Problem
from agent_env.kernels.reference_file import is_sound
from agent_env.kernels.seeding import seeded
from agent_env.kernels.task import as_tuple

LOOSE = 1e-2
"""Absolute and relative tolerance of common benchmarks, which the loose filters are about."""
_ROUNDING = float(torch.finfo(torch.float32).eps)

Outputs = tuple[torch.Tensor, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sample:
    """What the baseline did on two seeds.

    Attributes:
        problem: The problem.
        case: The case.
        inputs: Its inputs.
        outputs: The baseline's outputs.
        again: Those of a second call on the same inputs.
        other: Those on inputs of another seed.
        reference: Those in float64.
    """

    problem: Problem
    case: Case
    inputs: list[Any]
    outputs: Outputs
    again: Outputs
    other: Outputs
    reference: Outputs

    def allowed(self) -> list[float]:
        """The error that the judge allows in each output."""
        times = self.problem.tolerance(self.case)
        return [
            times * max(_gap(output, reference), 4 * _ROUNDING * _scale(reference))
            for output, reference in zip(self.outputs, self.reference, strict=True)
        ]


def unfit(problem: Problem, seed: int = 0) -> tuple[str, ...]:
    """Names out of FAULTS and FILTERS; empty is fit.

    A fault is one in any case; a filter finds a problem unfit when it does so in every case of the
    timed shape, for one case that tells right from wrong is enough.

    Args:
        problem: Small enough to run a few times.
        seed: Of its cases.
    """
    samples = [_sample(problem, case) for case in problem.cases(seed) if case.shape == 0]
    for name, finds in FAULTS.items():
        if any(map(finds, samples)):
            return (name,)
    return tuple(name for name, finds in FILTERS.items() if all(map(finds, samples)))


def ignored_inputs(problem: Problem, seed: int = 0) -> tuple[int, ...]:
    """Places of the inputs that another seed's may stand for without the outputs telling."""
    sample = _sample(problem, problem.cases(seed)[0])
    other = problem.inputs(dataclasses.replace(sample.case, seed=sample.case.seed + 1))
    found = []
    for place, value in enumerate(other):
        if isinstance(value, torch.Tensor):
            changed = [*sample.inputs[:place], value, *sample.inputs[place + 1 :]]
            if _within(_run(problem, sample.case, changed), sample.reference, sample.allowed()):
                found.append(place)
    return tuple(found)


def _sample(problem: Problem, case: Case) -> Sample:
    inputs = problem.inputs(case)
    second = dataclasses.replace(case, seed=case.seed + 1)
    return Sample(
        problem=problem,
        case=case,
        inputs=inputs,
        outputs=_run(problem, case, inputs),
        again=_run(problem, dataclasses.replace(case, seed=case.seed + 2), inputs),
        other=_run(problem, second, problem.inputs(second)),
        reference=problem.reference(problem.build(0), case, inputs),
    )


def _run(problem: Problem, case: Case, inputs: Sequence[Any]) -> Outputs:
    """The baseline's outputs; the case's seed is what a forward that draws numbers draws from."""
    model = problem.build(0)
    with torch.no_grad(), seeded(case.seed):
        return as_tuple(model(*inputs))


def _is_random(sample: Sample) -> bool:
    return not _within(sample.again, sample.reference, [2 * a for a in sample.allowed()])


def _is_unsound(sample: Sample) -> bool:
    return not all(map(is_sound, sample.outputs, sample.reference))


def _is_same_for_all_seeds(sample: Sample) -> bool:
    return _within(sample.other, sample.reference, sample.allowed())


def _flat(sample: Sample) -> Outputs:
    """The best constant that is known from another seed."""
    means = [output.double().mean() for output in sample.other]
    return tuple(
        torch.full_like(output, float(mean), dtype=torch.float64)
        for output, mean in zip(sample.reference, means, strict=True)
    )


def _is_constant(sample: Sample) -> bool:
    return _within(_flat(sample), sample.reference, sample.allowed())


def _is_constant_loosely(sample: Sample) -> bool:
    limits = [LOOSE * (1 + _scale(output)) for output in sample.reference]
    return _within(_flat(sample), sample.reference, limits)


def _is_zero_loosely(sample: Sample) -> bool:
    return all(_scale(output) <= LOOSE for output in sample.reference)


def _is_passthrough(sample: Sample) -> bool:
    tensors = [value for value in sample.inputs if isinstance(value, torch.Tensor)]
    return any(
        _within((value,), sample.reference, sample.allowed())
        for value in tensors
        if len(sample.reference) == 1 and value.shape == sample.reference[0].shape
    )


FAULTS: MappingProxyType[str, Callable[[Sample], bool]] = MappingProxyType(
    {"unsound": _is_unsound, "random": _is_random}
)
"""A forward that is not finite or far from its own float64, and one that draws numbers."""
FILTERS: MappingProxyType[str, Callable[[Sample], bool]] = MappingProxyType(
    {
        "same_for_all_seeds": _is_same_for_all_seeds,
        "constant": _is_constant,
        "passthrough": _is_passthrough,
        "loosely_constant": _is_constant_loosely,
        "loosely_zero": _is_zero_loosely,
    }
)
"""What passes a problem without its work. The loose ones pass under an absolute tolerance of LOOSE
but not under ours, which is relative to the outputs' scale: they are for comparing with others."""


def _within(outputs: Outputs, wanted: Outputs, allowed: Sequence[float]) -> bool:
    return len(outputs) == len(wanted) and all(
        one.shape == two.shape and _gap(one, two) <= limit
        for one, two, limit in zip(outputs, wanted, allowed, strict=True)
    )


def _gap(one: torch.Tensor, two: torch.Tensor) -> float:
    if one.numel() == 0:
        return 0.0
    return float((one.double() - two.double()).abs().max())


def _scale(values: torch.Tensor) -> float:
    return float(values.double().abs().max()) if values.numel() else 0.0
