"""Random inputs of one case: unit values, large ones, or a pattern made to break shortcuts.

Place in the flow: a `KernelTask` gives its `make` function a `Draw`; the same seed, regime and
shape give the same tensors. Everything is made on the CPU, from a generator of its own.

What it does not do: it knows no task. Which patterns a task must stand is said in its file.

    spikes    mostly unit values, one in 64 is 10,000 times as large
    ties      few different values, zeros of both signs among them
    runs      long runs of one value along the reduced dimension
    cancel    large neighbours of opposite sign, whose sum is small
    offset    unit values around 300: variance by E[x^2] - E[x]^2 loses its digits
    flat      rows of one value each
    denormal  around 1e-39: lost where denormals are flushed
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import torch

UNIT, LARGE, ADVERSARIAL = "unit", "large", "adversarial"
REGIMES = (UNIT, LARGE, ADVERSARIAL)


@dataclass(frozen=True, kw_only=True)
class Draw:
    """What a task's inputs are drawn with.

    Attributes:
        seed: All randomness comes from it.
        regime: One of REGIMES.
        pattern: What the adversarial regime does to values; a key of PATTERNS.
        large: What the large regime multiplies values with.
        dtype: Of `floats`; other tensors have the dtype that their method names.
        generator: Made of the seed.
    """

    seed: int
    regime: str
    pattern: str
    large: float = 1e3
    dtype: Any = torch.float32
    generator: Any = field(init=False)

    def __post_init__(self) -> None:
        """Seeds the generator."""
        object.__setattr__(self, "generator", torch.Generator().manual_seed(self.seed))

    def floats(self, *size: int, along: int = -1, scale: float = 1.0) -> torch.Tensor:
        """Values as the regime wants them.

        Args:
            size: The tensor's shape.
            along: The dimension that the task reduces; patterns run along it.
            scale: Multiplies the values in every regime.
        """
        values = self._normal(*size)
        if self.regime == LARGE:
            values = values * self.large
        elif self.regime == ADVERSARIAL:
            values = PATTERNS[self.pattern](self, values.movedim(along, -1)).movedim(-1, along)
        return (values * scale).to(self.dtype).contiguous()

    def calm(self, *size: int, scale: float = 1.0) -> torch.Tensor:
        """Normal values in every regime: for what stays in range, such as a norm's weight."""
        return (self._normal(*size) * scale).to(self.dtype)

    def between(self, low: float, high: float, *size: int) -> torch.Tensor:
        """Values of [low, high) in every regime."""
        values = torch.rand(*size, generator=self.generator)
        return (values * (high - low) + low).to(self.dtype)

    def against(self, other: torch.Tensor) -> torch.Tensor:
        """Values for adding to `other`; under the pattern "cancel" they almost undo it."""
        if self.regime != ADVERSARIAL or self.pattern != "cancel":
            return self.floats(*other.shape)
        return (self._normal(*other.shape) * 1e-2 - other.float()).to(self.dtype)

    def integers(self, low: int, high: int, *size: int, dtype: Any = torch.int64) -> torch.Tensor:
        """Whole numbers of [low, high), both ends among them where there is room."""
        values = torch.randint(low, high, size, generator=self.generator, dtype=torch.int64)
        flat = values.view(-1)
        if flat.numel() > 1:
            flat[0], flat[-1] = high - 1, low
        return values.to(dtype)

    def sorted_ids(self, count: int, groups: int) -> torch.Tensor:
        """Ascending group numbers (int64); adversarial: one group has most, others none."""
        if self.regime == ADVERSARIAL:
            most = torch.full((count - count // 4,), groups // 2)
            few = self.integers(0, groups, count // 4)
            return torch.cat([most, few]).sort().values
        return self.integers(0, groups, count).sort().values

    def _normal(self, *size: int) -> torch.Tensor:
        return torch.randn(*size, generator=self.generator)


def _spikes(draw: Draw, values: torch.Tensor) -> torch.Tensor:
    spiky = torch.rand(values.shape, generator=draw.generator) < 1 / 64
    return torch.where(spiky, values * 1e4, values)


def _ties(draw: Draw, values: torch.Tensor) -> torch.Tensor:
    return (values * 2).round().clamp(-2, 2) / 2


def _runs(draw: Draw, values: torch.Tensor) -> torch.Tensor:
    length = values.shape[-1]
    starts = torch.arange(length).div(37, rounding_mode="floor") * 37
    return values[..., starts]


def _cancel(draw: Draw, values: torch.Tensor) -> torch.Tensor:
    values = values.clone()
    pairs = values.shape[-1] // 2
    big = values[..., :pairs] * 1e3
    values[..., : 2 * pairs : 2] = big
    values[..., 1 : 2 * pairs : 2] -= big
    return values


def _offset(draw: Draw, values: torch.Tensor) -> torch.Tensor:
    return values + 300.0


def _flat(draw: Draw, values: torch.Tensor) -> torch.Tensor:
    return values[..., :1].expand_as(values)


def _denormal(draw: Draw, values: torch.Tensor) -> torch.Tensor:
    return values * 1e-39


PATTERNS: Mapping[str, Callable[[Draw, torch.Tensor], torch.Tensor]] = MappingProxyType(
    {
        "spikes": _spikes,
        "ties": _ties,
        "runs": _runs,
        "cancel": _cancel,
        "offset": _offset,
        "flat": _flat,
        "denormal": _denormal,
    }
)
