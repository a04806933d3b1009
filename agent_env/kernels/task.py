"""One of our own tasks as a problem of the judge: shapes, inputs, baseline, float64 reference.

Place in the flow: each file of `tasks/` makes one `KernelTask`; the judge asks it for cases and
their inputs, builds the baseline and compares a candidate with `reference`. A task's tensors are
all inputs of `forward`, so one model serves every shape.

What it does not do: no running of candidates, no comparing, no clock.
"""

from __future__ import annotations

import copy
import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import torch
from torch import nn

from agent_env.kernels.draw import REGIMES, UNIT, Draw
from agent_env.kernels.problem import DEFAULT_TOLERANCE, Case
from agent_env.kernels.seeding import seeded

Shape: TypeAlias = Mapping[str, int]
"""A task's sizes by name."""

Input: TypeAlias = torch.Tensor | int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelTask:
    """A task; implements `problem.Problem`.

    Attributes:
        name: The file's name.
        about: One sentence for the model.
        model: The baseline in plain torch; written for any floating dtype.
        make: Inputs of `forward` for a shape.
        timed: The shape that is timed on a CPU.
        hidden: Shapes that a candidate is only checked on: odd ones, with tails, and a tiny one.
        h200: The shape that is timed on a GPU.
        adversarial: A pattern of `draw.PATTERNS` for each hidden shape.
        work: Bytes that must move at least, and floating-point operations, for a shape.
        init: Arguments of the constructor.
        large: What the large regime multiplies values with.
        allowed: The error allowed, as a multiple of the baseline's own against float64.
        exact: Whether outputs must be equal.
        gpu_dtype: Name of the inputs' floating dtype on a GPU.
        device: Where candidates run; "cuda" times the H200 shape.
    """

    name: str
    about: str
    model: type[nn.Module]
    make: Callable[[Draw, Shape], list[Input]]
    timed: Shape
    hidden: tuple[Shape, ...]
    h200: Shape
    adversarial: tuple[str, ...]
    work: Callable[[Shape], tuple[int, int]]
    init: tuple[Input, ...] = ()
    large: float = 1e3
    allowed: float = DEFAULT_TOLERANCE
    exact: bool = False
    gpu_dtype: str = "float32"
    device: str = "cpu"

    def on(self, device: str) -> KernelTask:
        """The task as it is posed on "cpu" or "cuda"."""
        return replace(self, device=device)

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """Every shape by its index in a case: the timed one, then the hidden ones."""
        return (self.timed if self.device == "cpu" else self.h200, *self.hidden)

    @property
    def source(self) -> str:
        """The baseline's source, which a model is shown."""
        return inspect.getsource(self.model)

    def init_inputs(self) -> list[Input]:
        """Arguments of the constructor."""
        return list(self.init)

    def cases(self, seed: int) -> tuple[Case, ...]:
        """The timed case, then every hidden shape in every regime; all seeds differ."""
        named = [("timed", 0, UNIT)]
        for shape in range(1, len(self.hidden) + 1):
            named += [(f"hidden{shape}/{regime}", shape, regime) for regime in REGIMES]
        return tuple(
            Case(name=name, shape=shape, regime=regime, seed=case_seed(seed, name))
            for name, shape, regime in named
        )

    def inputs(self, case: Case) -> list[Input]:
        """The case's inputs, on the CPU, from its seed alone."""
        half = self.device != "cpu" and self.gpu_dtype != "float32"
        draw = Draw(
            seed=case.seed,
            regime=case.regime,
            pattern=self.adversarial[max(case.shape - 1, 0)],
            large=self.large,
            dtype=getattr(torch, self.gpu_dtype) if half else torch.float32,
        )
        return self.make(draw, self.shapes[case.shape])

    def build(self, seed: int) -> nn.Module:
        """The baseline, built under the seed."""
        with seeded(seed):
            return self.model(*self.init)

    def reference(
        self, model: nn.Module, case: Case, inputs: list[Input]
    ) -> tuple[torch.Tensor, ...]:
        """The outputs in float64; whole-number outputs as they are."""
        with torch.no_grad():
            return as_tuple(widen_model(copy.deepcopy(model))(*map(widen, inputs)))

    def tolerance(self, case: Case) -> float:
        """The error allowed, as a multiple of the baseline's own against float64."""
        return self.allowed

    def cost(self, case: Case) -> tuple[int, int]:
        """Bytes that must move at least, and floating-point operations."""
        size, operations = self.work(self.shapes[case.shape])
        if self.device != "cpu":
            size = size * getattr(torch, self.gpu_dtype).itemsize // 4
        return size, operations


def case_seed(seed: int, name: str) -> int:
    """A seed for one case, from the secret one: neighbours have nothing in common."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:6], "big")


def widen(value: Any) -> Any:
    """A floating tensor in float64; anything else as it is."""
    if isinstance(value, torch.Tensor) and value.is_floating_point():
        return value.double()
    return value


def widen_model(model: nn.Module) -> nn.Module:
    """The model itself, now in float64: parameters, buffers and plain tensor attributes."""
    model.double()
    for part in model.modules():
        for name, value in list(vars(part).items()):
            if isinstance(value, torch.Tensor):
                setattr(part, name, widen(value))
    return model


def as_tuple(outputs: Any) -> tuple[torch.Tensor, ...]:
    """What `forward` returned as a tuple of tensors."""
    return tuple(outputs) if isinstance(outputs, tuple | list) else (outputs,)
