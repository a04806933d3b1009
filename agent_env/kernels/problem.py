"""What a candidate is asked to compute, as the judge sees it.

Place in the flow: `tasks/` and `reference_file` make `Problem`s; `judge` builds inputs and
references from them in its own process and sends a candidate nothing but the inputs.

What it does not do: no torch at import, no checking, nothing that a candidate's process needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from torch import Tensor, nn

    Input: TypeAlias = Tensor | int | float

DEFAULT_TOLERANCE = 8.0
"""How many times the baseline's own error against float64 a candidate's may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One call that a candidate is checked on.

    Attributes:
        name: "timed", "hidden1/large" and so on.
        shape: Which of the problem's shapes, from 0.
        regime: What the values are like: "unit", "large" or "adversarial".
        seed: All that the values are made from, beside shape and regime.
    """

    name: str
    shape: int
    regime: str
    seed: int


class Problem(Protocol):
    """An operation with its baseline, its reference in float64 and its cases.

    A problem can be pickled, which is how the timed baseline's process gets it: one that was read
    from a file reduces to its loader and the path (`__reduce__`), for the file's own module cannot
    be imported there by name.

    Attributes:
        name: What it is asked for by.
        about: One sentence for people and models.
        exact: Whether outputs must be equal to the reference and not just near it.
    """

    @property
    def name(self) -> str:
        """What it is asked for by."""
        ...

    @property
    def about(self) -> str:
        """One sentence for people and models."""
        ...

    @property
    def exact(self) -> bool:
        """Whether outputs must equal the reference's, bit for bit."""
        ...

    def init_inputs(self) -> Sequence[object]:
        """What `Model` and `ModelNew` are constructed with: numbers, strings, lists of them."""
        ...

    def cases(self, seed: int) -> tuple[Case, ...]:
        """The cases of a secret seed; the first is the one that is timed."""
        ...

    def inputs(self, case: Case) -> list[Input]:
        """The arguments of `forward` on the CPU, made from the case alone."""
        ...

    def build(self, seed: int) -> nn.Module:
        """The baseline `Model`, constructed under `torch.manual_seed(seed)`."""
        ...

    def reference(self, model: nn.Module, case: Case, inputs: list[Input]) -> tuple[Tensor, ...]:
        """The outputs in float64, integer outputs in their own type.

        Args:
            model: What `build` made, with the weights that the candidate's seed gives too.
            case: The case.
            inputs: What `inputs(case)` gave; it is not changed.
        """
        ...

    def tolerance(self, case: Case) -> float:
        """How many times the baseline's own error is allowed; `DEFAULT_TOLERANCE` as a rule."""
        ...

    def cost(self, case: Case) -> tuple[int, int]:
        """Bytes that must move and floating-point operations, for a roofline."""
        ...
