"""A reference in a file of KernelBench's shape as a problem of the judge.

Place in the flow: `bench --reference REF.py` and `adapters/kernelbench` load a file that has
`class Model`, `get_inputs()` and `get_init_inputs()`. The file is the user's own and trusted: it
runs in the judge and in the baseline's child, never in a candidate's.

Inputs are what `get_inputs()` makes under the case's seed. The large regime multiplies floating
inputs by 64; the adversarial one rounds them to quarters, turns half of the signs and makes a third
of them zero; inputs that hold only -1, 0 and 1 stay. A regime is left out where the operation does
not survive it. The
reference is the model in float64; where it refuses that, in its own type with a wider tolerance.

What it does not do: other shapes than the file's, unless it is given further texts (`shrink`).
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from agent_env.kernels.draw import ADVERSARIAL, LARGE, REGIMES, UNIT
from agent_env.kernels.dry_run import Sizes, dry_run
from agent_env.kernels.problem import DEFAULT_TOLERANCE, Case
from agent_env.kernels.seeding import seeded
from agent_env.kernels.task import Input, as_tuple, case_seed, widen, widen_model

NEEDED = ("Model", "get_inputs", "get_init_inputs")
SAME_TYPE_TOLERANCE = 64.0
"""Allowed, in roundings of the output's scale, where the reference is the baseline itself."""
WORST_OWN_ERROR = 1e-3
"""A regime in which the baseline itself is further off than this is left out."""
PROBED_BYTES = 256 << 20
"""Problems that move more are run on unit values only: trying the others out would take long."""
_INIT_SEED = 0
_FACTOR = 64.0


class ReferenceFileError(ValueError):
    """A file that is no reference, or cannot be run; one sentence."""


@dataclass(frozen=True, kw_only=True)
class FileProblem:
    """A problem from a file; implements `problem.Problem`. It is text, and so can be pickled.

    Attributes:
        name: What the file is called.
        sources: The file's text, then texts of other shapes: all with the same `Model`.
        path: Where the text is from, for tracebacks.
        correctness_only: Whether sizes were changed, so that times say nothing.
        exact: Whether outputs must be equal.
    """

    name: str
    sources: tuple[str, ...]
    path: str
    correctness_only: bool = False
    exact: bool = False

    @property
    def source(self) -> str:
        """The text that a model is shown."""
        return self.sources[0]

    @property
    def about(self) -> str:
        """One sentence for people and models."""
        notes = []
        if self.correctness_only:
            notes.append("shrunk, correctness only")
        if not self.is_wide():
            notes.append("the reference has no float64, the tolerance is wider")
        return f"Reference {self.name}" + (f" ({'; '.join(notes)})." if notes else ".")

    def is_wide(self) -> bool:
        """Whether the model runs in float64."""
        return _runs_wide(self)

    def init_inputs(self) -> list[Any]:
        """What the file's `get_init_inputs()` gives."""
        with seeded(_INIT_SEED):
            return list(load_source(self.sources[0], self.path).get_init_inputs())

    def cases(self, seed: int) -> tuple[Case, ...]:
        """The timed case, then every shape in the regimes it survives; the first on more seeds."""
        named = [("timed", 0, UNIT)]
        for shape in range(len(self.sources)):
            for number in range(1, 2 if shape else 3):
                named.append((f"shape{shape}/{UNIT}{number}", shape, UNIT))
            for regime in REGIMES[1:]:
                if _survives(self, shape, regime):
                    named.append((f"shape{shape}/{regime}", shape, regime))
        return tuple(
            Case(name=name, shape=shape, regime=regime, seed=case_seed(seed, name))
            for name, shape, regime in named
        )

    def inputs(self, case: Case) -> list[Input]:
        """What `get_inputs()` of the case's text makes under its seed, moved into the regime."""
        with seeded(case.seed):
            made = load_source(self.sources[case.shape], self.path).get_inputs()
        generator = torch.Generator().manual_seed(case.seed)
        return [_moved(value, case.regime, generator) for value in made]

    def build(self, seed: int) -> nn.Module:
        """The file's `Model`, constructed under the seed."""
        arguments = self.init_inputs()
        with seeded(seed):
            return load_source(self.sources[0], self.path).Model(*arguments)

    def reference(
        self, model: nn.Module, case: Case, inputs: Sequence[Input]
    ) -> tuple[torch.Tensor, ...]:
        """The outputs of a copy of the model in float64, or in its own type where it has none."""
        twin = _filled(self.build(_INIT_SEED), model)
        given = copy.deepcopy(list(inputs))
        with torch.no_grad(), seeded(case.seed):
            if not self.is_wide():
                return tuple(map(widen, as_tuple(twin(*given))))
            return tuple(map(widen, as_tuple(widen_model(twin)(*map(widen, given)))))

    def tolerance(self, case: Case) -> float:
        """As usual, or wider where the reference is in the baseline's own type."""
        return DEFAULT_TOLERANCE if self.is_wide() else SAME_TYPE_TOLERANCE

    def cost(self, case: Case) -> tuple[int, int]:
        """Bytes of inputs, weights and outputs, and floating-point operations; (0, 0) unknown."""
        sizes = _sizes(self.sources[case.shape], self.path)
        return (sizes.moved_bytes, sizes.operations) if sizes else (0, 0)


def load_reference(path: str | Path) -> FileProblem:
    """The problem in a file.

    Raises:
        ReferenceFileError: The file is not there, is no Python, raises, or has not all of NEEDED.
    """
    place = Path(path)
    try:
        source = place.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ReferenceFileError(f"The reference {place} cannot be read: {error}.") from error
    load_source(source, str(place))
    return FileProblem(name=place.stem, sources=(source,), path=str(place))


@lru_cache(maxsize=64)
def load_source(source: str, path: str) -> ModuleType:
    """The module of a reference's text.

    Raises:
        ReferenceFileError: It is no Python, raises, or has not all of NEEDED.
    """
    module = ModuleType("reference")
    module.__file__ = path
    try:
        exec(compile(source, path, "exec"), module.__dict__)
    except (Exception, SystemExit) as error:  # A user's file may raise anything; we say what.
        raise ReferenceFileError(
            f"The reference {path} cannot be run: {type(error).__name__}: {error}."
        ) from error
    absent = [name for name in NEEDED if not callable(getattr(module, name, None))]
    if absent:
        raise ReferenceFileError(
            f"The reference {path} has no {' and no '.join(absent)}; it needs class Model, "
            "get_inputs() and get_init_inputs(), as in KernelBench."
        )
    return module


def _filled(twin: nn.Module, model: nn.Module) -> nn.Module:
    """The twin with the model's numbers; a deep copy would keep closures that hold the model's."""
    with torch.no_grad():
        for part, source in zip(twin.modules(), model.modules(), strict=True):
            for own, given in zip(_tensors(part), _tensors(source), strict=True):
                own.copy_(given)
    return twin


def _tensors(part: nn.Module) -> list[torch.Tensor]:
    named = [*part.named_parameters(recurse=False), *part.named_buffers(recurse=False)]
    named += sorted(vars(part).items(), key=lambda item: item[0])
    return [value for _, value in named if isinstance(value, torch.Tensor)]


@lru_cache(maxsize=64)
def _sizes(source: str, path: str) -> Sizes | None:
    return dry_run(load_source(source, path))


@lru_cache(maxsize=64)
def _runs_wide(problem: FileProblem) -> bool:
    """Tried for real: fake tensors do not mind types that a product refuses to mix."""
    case = Case(name="probe", shape=0, regime=UNIT, seed=1)
    try:
        with torch.no_grad(), seeded(case.seed):
            widen_model(problem.build(0))(*map(widen, problem.inputs(case)))
    except Exception:  # The user's model may raise anything; what it raises here is its answer.
        return False
    return True


@lru_cache(maxsize=256)
def _survives(problem: FileProblem, shape: int, regime: str) -> bool:
    """Whether the baseline is finite and near its reference in the regime."""
    case = Case(name="probe", shape=shape, regime=regime, seed=1)
    if not 0 < problem.cost(case)[0] <= PROBED_BYTES:
        return False
    inputs = problem.inputs(case)
    model = problem.build(0)
    reference = problem.reference(model, case, inputs)
    with torch.no_grad(), seeded(case.seed):
        outputs = as_tuple(model(*inputs))
    return all(map(is_sound, outputs, reference))


def is_sound(output: torch.Tensor, reference: torch.Tensor) -> bool:
    """Whether an output is finite and its error small beside the reference's scale."""
    if not bool(output.isfinite().all()) or not bool(reference.isfinite().all()):
        return False
    if not output.is_floating_point():
        return True
    error = (output.double() - reference).abs().max()
    return bool(error <= WORST_OWN_ERROR * reference.abs().max())


def _moved(value: Any, regime: str, generator: torch.Generator) -> Any:
    if not isinstance(value, torch.Tensor) or not value.is_floating_point() or regime == UNIT:
        return value
    if bool(((value == 0) | (value.abs() == 1)).all()):
        return value  # labels and masks: another value would mean nothing
    if regime == LARGE:
        return value * _FACTOR
    if regime == ADVERSARIAL:
        lots = torch.rand(value.shape, generator=generator)
        turned = torch.where(lots < 2 / 3, value, -value)
        return ((turned * 4).round() / 4).masked_fill(lots < 1 / 3, 0.0)
    raise ValueError(f"There is no regime {regime!r}; known: {', '.join(REGIMES)}.")
