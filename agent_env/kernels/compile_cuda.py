"""CUDA C++ compiled for sm_90 by nvcc, and for this machine's processor through a shim.

Place in the flow: `compile` calls `build` for what a candidate hands to `api.cuda`.

What it does not do: it runs no kernel.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent_env.kernels.product import Product
from agent_env.kernels.sources import Source
from agent_env.kernels.toolchains import Toolchain
from agent_env.kernels.verdict import Resources

SHIM_VERSION = 1


def build(
    source: Source, gxx: Toolchain, nvcc: Toolchain, timeout_s: float
) -> tuple[Product, bytes | None]:
    """What came of a CUDA source, and the library that runs it here."""
    missing = "CUDA is not available here yet."
    return Product(status="unavailable", reason=missing, transient=True), None


def largest(found: Sequence[Resources]) -> Resources | None:
    """The largest of each resource over several sources; None when there is none."""
    if not found:
        return None
    return Resources(
        registers=max((one.registers for one in found if one.registers is not None), default=None),
        shared_bytes=max(
            (one.shared_bytes for one in found if one.shared_bytes is not None), default=None
        ),
        spill_bytes=max(
            (one.spill_bytes for one in found if one.spill_bytes is not None), default=None
        ),
        kernels=tuple(name for one in found for name in one.kernels),
    )
