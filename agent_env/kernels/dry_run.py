"""What a reference would move and compute, found without computing it.

Place in the flow: `shrink` asks it whether new sizes fit together, `reference_file` how much a
problem moves. Tensors are fake: shapes and types without memory.

What it does not do: a model whose flow depends on values cannot be run this way; None says so.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils.flop_counter import FlopCounterMode

from agent_env.kernels.seeding import seeded
from agent_env.kernels.task import as_tuple


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How large a problem is.

    Attributes:
        moved_bytes: Inputs, weights and outputs.
        operations: Of matrix products and convolutions, and one for every value of inputs and
            outputs.
        inputs: The shapes of the inputs; () for what is no tensor.
    """

    moved_bytes: int
    operations: int
    inputs: tuple[tuple[int, ...], ...]


def dry_run(module: ModuleType, inputs_of: ModuleType | None = None) -> Sizes | None:
    """The sizes of a reference, or None when it does not run.

    Args:
        module: Has `Model`, `get_init_inputs()` and `get_inputs()`.
        inputs_of: Whose `get_inputs()` is taken; None is the module's own.
    """
    try:
        with seeded(0), torch.no_grad(), fake_tensors():
            model = module.Model(*module.get_init_inputs())
            inputs = list((inputs_of or module).get_inputs())
            with FlopCounterMode(display=False) as counter:
                outputs = as_tuple(model(*inputs))
            tensors = [v for v in (*inputs, *outputs) if isinstance(v, torch.Tensor)]
            weights = [*model.parameters(), *model.buffers()]
            return Sizes(
                moved_bytes=sum(v.numel() * v.element_size() for v in (*tensors, *weights)),
                operations=counter.get_total_flops() + sum(v.numel() for v in tensors),
                inputs=tuple(tuple(getattr(value, "shape", ())) for value in inputs),
            )
    except Exception:  # Foreign code on sizes that may not fit together: anything may be raised.
        return None


@contextmanager
def fake_tensors() -> Iterator[None]:
    """Makes tensors without values inside the block; sizes that do not fit are not logged."""
    log = logging.getLogger("torch._subclasses.fake_tensor")
    before, log.disabled = log.disabled, True
    try:
        with FakeTensorMode(allow_non_fake_inputs=True):
            yield
    finally:
        log.disabled = before
