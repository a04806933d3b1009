"""What a case's outputs must be, and the first element that is not.

Place in the flow: the judge makes an `Expected` of every case in its own process; `check` and
`timing` compare with it what a child left in the arena.

    allowed error = tolerance x max(the baseline's largest error, 4 ulps of the largest output)

Integers are compared exactly, and so is everything where the problem is `exact`. NaN and infinity
must be where the baseline or the reference has them.

What it does not do: no children, no clock.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent_env.kernels.problem import Case, Problem
from agent_env.kernels.verdict import Mismatch

if TYPE_CHECKING:
    from torch import Tensor, nn

FLOOR_ULPS = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A case with everything that the judge knows of it.

    Attributes:
        case: The case.
        inputs: Arguments of `forward`.
        baseline: What the baseline computes, in the types that must come back.
        reference: The same in float64, or integers.
        allowed: How far each output may be from the reference; 0 is exactly.
    """

    case: Case
    inputs: list[Tensor | int | float]
    baseline: tuple[Tensor, ...]
    reference: tuple[Tensor, ...]
    allowed: tuple[float, ...]


def expect(
    problem: Problem,
    model: nn.Module,
    case: Case,
    inputs: list[Tensor | int | float] | None = None,
) -> Expected:
    """The case with its inputs, the baseline's outputs and the float64 reference.

    Args:
        problem: What is asked for.
        model: The baseline.
        case: The case.
        inputs: What `problem.inputs(case)` gave, where it was asked before.
    """
    import torch

    if inputs is None:
        inputs = problem.inputs(case)
    copies = [one.clone() if isinstance(one, torch.Tensor) else one for one in inputs]
    with torch.no_grad():
        made = model(*copies)
        reference = tuple(problem.reference(model, case, inputs))
    baseline = tuple(made) if isinstance(made, tuple | list) else (made,)
    allowed = tuple(
        0.0 if problem.exact else _allowed(ours, exact, problem.tolerance(case))
        for ours, exact in zip(baseline, reference, strict=True)
    )
    return Expected(
        case=case, inputs=inputs, baseline=baseline, reference=reference, allowed=allowed
    )


def _allowed(baseline: Tensor, reference: Tensor, tolerance: float) -> float:
    import torch

    if not baseline.is_floating_point() or baseline.numel() == 0:
        return 0.0
    wide = reference.double()
    eps = float(torch.finfo(baseline.dtype).eps)
    error, scale = float((wide - baseline).abs_().max()), float(wide.abs().max())
    if math.isfinite(error):  # and so is every element
        return tolerance * max(error, FLOOR_ULPS * eps * scale)
    sound = torch.isfinite(wide) & torch.isfinite(baseline)
    if not bool(sound.any()):
        return 0.0
    error = float((baseline.double() - wide)[sound].abs().max())
    scale = float(wide[sound].abs().max())
    return tolerance * max(error, FLOOR_ULPS * eps * scale)


def compare(expected: Expected, outputs: Sequence[Tensor], slack: float = 1.0) -> Mismatch | None:
    """The first wrong element, or None when all are right.

    Args:
        expected: What should be there.
        outputs: What is there, in the baseline's types and shapes.
        slack: What allowed errors are multiplied with.
    """
    for number, got in enumerate(outputs):
        reference, baseline = expected.reference[number], expected.baseline[number]
        allowed = slack * expected.allowed[number]
        if _near(got, reference, allowed):
            continue
        wrong = _wrong(got, baseline, reference, allowed)
        if bool(wrong.any()):
            flat = wrong.flatten()
            first = int(flat.nonzero()[0, 0])
            want, have = float(reference.flatten()[first]), float(got.flatten()[first])
            return Mismatch(
                case=expected.case.name,
                output=number,
                index=_index(first, got.shape),
                expected=want,
                got=have,
                error=abs(want - have),
                allowed=allowed,
                count=int(flat.sum()),
                total=got.numel(),
            )
    return None


def _near(got: Tensor, reference: Tensor, allowed: float) -> bool:
    """Whether every element is finite and near enough; False says nothing, it is only quicker."""
    import torch

    if not got.is_floating_point():
        return bool(torch.equal(got, reference.to(got.dtype)))
    if got.numel() == 0:
        return False
    apart = reference - (got if got.dtype.itemsize >= 4 else got.float())
    # Rounding of the difference itself; NaN is the largest of anything and below nothing.
    return float(apart.detach().abs_().max()) <= allowed * (1.0 - 1e-6)


def _wrong(got: Tensor, baseline: Tensor, reference: Tensor, allowed: float) -> Tensor:
    import torch

    if not got.is_floating_point():
        return got != reference.to(got.dtype)
    rounded = reference.to(got.dtype)
    right = (got == rounded) | (torch.isnan(got) & torch.isnan(rounded))
    if allowed > 0.0:
        right |= (got.double() - reference.double()).abs() <= allowed
    # Where float32 has no number for it, what the baseline makes of it is right as well.
    odd = ~torch.isfinite(baseline) & ((got == baseline) | (torch.isnan(got) & baseline.isnan()))
    return ~(right | odd)


def _index(flat: int, shape: Sequence[int]) -> tuple[int, ...]:
    index = []
    for size in reversed(shape):
        index.append(flat % size)
        flat //= size
    return tuple(reversed(index))
