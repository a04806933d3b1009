"""Kernels of a CUDA source, launched from a candidate.

    k = cuda(source)
    k.launch("scale", grid=(n // 256 + 1,), block=(256,), args=[x, y, n, 0.5], shared=0)

Place in the flow: `api.cuda` makes a `CudaModule` over what `compile_cuda` built: a shared object
over the CPU shim, or a cubin, which `cuda_driver` launches. Sizes and arguments are checked before
anything runs, against the limits of an H100 or H200 (sm_90), so that a launch that a GPU would
refuse is refused here as well.

What it does not do: it knows nothing of how the library runs a kernel; times on a CPU mean nothing.

Source of the limits: CUDA C++ Programming Guide, compute capability 9.0.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from agent_env.errors import UnknownNameError
from agent_env.kernels.arguments import C_TYPES, KernelError, converter
from agent_env.kernels.c_source import Prototype
from agent_env.kernels.cuda_driver import Driver

MAX_THREADS = 1_024
MAX_BLOCK = (1_024, 1_024, 64)
MAX_GRID = (2**31 - 1, 65_535, 65_535)
MAX_SHARED_BYTES = 232_448
"""Static and dynamic shared memory of a block together: 227 KiB."""
REGISTERS = 65_536
"""Registers of a multiprocessor, which one block may take at most."""


class CudaModule:
    """The kernels of one source."""

    def __init__(self, library: Path | None, facts: Mapping[str, Any]) -> None:
        """Loads the library.

        Args:
            library: The shared object with the kernels; None when they can only be compiled here.
            facts: What `Product.to_dict` said of them.

        Raises:
            KernelError: It cannot be loaded.
        """
        self._compile_only = facts["compile_only"]
        self._kernels = {row["name"]: row for row in facts["functions"]}
        self._device = "cuda" if facts["on_gpu"] else "cpu"
        self._run: Callable[..., None] | None = None
        if library is not None:
            self._run = _on_gpu(library) if facts["on_gpu"] else _on_cpu(library)

    def launch(
        self,
        name: str,
        *,
        grid: Sequence[int] | int,
        block: Sequence[int] | int,
        args: Sequence[Any],
        shared: int = 0,
    ) -> None:
        """Runs a kernel to its end.

        Args:
            name: A `__global__` function of the source.
            grid: Blocks along x, y and z; what is left out is 1.
            block: Threads of a block along x, y and z.
            args: What the kernel takes: tensors for pointers, numbers for numbers.
            shared: Bytes of dynamic shared memory.

        Raises:
            KernelError: A size that a GPU refuses, arguments that do not fit, a kernel that cannot
                run on this machine, or threads that wait for one another in vain.
            UnknownNameError: The source has no such kernel.
        """
        if self._run is None:
            raise KernelError(self._compile_only)
        row = self._kernels.get(name)
        if row is None:
            raise UnknownNameError("kernel", name, self._kernels)
        sizes = (*_size("grid", grid, MAX_GRID), *_size("block", block, MAX_BLOCK))
        _check_block(name, row, sizes[3] * sizes[4] * sizes[5], shared)
        values = _converted(Prototype.from_dict(row), args, self._device)
        pointers = (ctypes.c_void_p * len(values))(*[ctypes.addressof(one) for one in values])
        self._run(row, pointers, sizes, shared)


def _on_cpu(library: Path) -> Callable[..., None]:
    """What runs a kernel of a shared object that was built over the shim."""
    try:
        handle = ctypes.CDLL(str(library))
    except OSError as error:
        raise KernelError(f"The kernels cannot be loaded: {error}") from None

    def run(row: Mapping[str, Any], pointers: Any, sizes: Sequence[int], shared: int) -> None:
        function = getattr(handle, f"callforge_launch_{row['name']}")
        function.restype = ctypes.c_char_p
        said = function(pointers, (ctypes.c_uint * 6)(*sizes), ctypes.c_size_t(shared))
        if said:
            raise KernelError(f"{row['name']}: {said.decode('utf-8', 'replace')}")

    return run


def _on_gpu(cubin: Path, library: Any = None) -> Callable[..., None]:
    """What puts a kernel of a cubin on torch's stream; `library` stands in for the driver."""
    module = Driver(library).load(cubin.read_bytes())

    def run(row: Mapping[str, Any], pointers: Any, sizes: Sequence[int], shared: int) -> None:
        import torch

        stream = torch.cuda.current_stream().cuda_stream if library is None else 0
        module.launch(row["symbol"], pointers, sizes, shared, stream)

    return run


def _size(what: str, given: Sequence[int] | int, most: Sequence[int]) -> tuple[int, ...]:
    sizes = tuple(given) if isinstance(given, Sequence) else (given,)
    if not 1 <= len(sizes) <= 3 or not all(isinstance(one, int) for one in sizes):
        raise KernelError(f"{what} is {given!r}; give one to three integers.")
    sizes += (1,) * (3 - len(sizes))
    for axis, size, limit in zip("xyz", sizes, most, strict=True):
        if not 1 <= size <= limit:
            raise KernelError(f"{what}.{axis} is {size}; a GPU takes 1 to {limit}.")
    return sizes


def _check_block(name: str, row: Mapping[str, Any], threads: int, shared: int) -> None:
    """Raises what a GPU would refuse a block for."""
    if threads > MAX_THREADS:
        raise KernelError(f"{name}: a block of {threads} threads; a GPU takes {MAX_THREADS}.")
    if not isinstance(shared, int) or shared < 0:
        raise KernelError(f"{name}: shared is {shared!r}; give a number of bytes.")
    static = row.get("shared") or 0
    if shared + static > MAX_SHARED_BYTES:
        raise KernelError(
            f"{name}: {static} bytes of static and {shared} of dynamic shared memory; a block has "
            f"{MAX_SHARED_BYTES}."
        )
    # Registers are given out for whole warps, in units of 256.
    per_warp = -(-32 * (row.get("registers") or 0) // 256) * 256
    if (needed := per_warp * -(-threads // 32)) > REGISTERS:
        raise KernelError(
            f"{name}: {row['registers']} registers for each of {threads} threads are {needed}; a "
            f"block has {REGISTERS}. Take a smaller block, or __launch_bounds__({threads})."
        )


def _converted(kernel: Prototype, args: Sequence[Any], device: str) -> list[Any]:
    if len(args) != len(kernel.parameters):
        wanted = ", ".join(one.name or one.type for one in kernel.parameters)
        raise KernelError(
            f"{kernel.name} takes {len(kernel.parameters)} arguments ({wanted}) and got "
            f"{len(args)}."
        )
    values = []
    for place, (one, given) in enumerate(zip(kernel.parameters, args, strict=True)):
        c_type = ctypes.c_void_p if one.pointer else C_TYPES[one.type]
        values.append(c_type(converter(kernel.name, place, one, device)(given)))
    return values
