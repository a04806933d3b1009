"""CUDA C++ compiled for sm_90 by nvcc, and for this machine's processor through a shim.

Place in the flow: `compile` calls `build` for what a candidate hands to `api.cuda`. nvcc gives the
compiler's verdict and what each kernel takes of the GPU; g++ with `cuda_shim.h` gives a library in
which `cuda_launch` can run the kernels here. What the shim cannot do is no fault of the candidate:
the kernel then has its compiler's verdict and no more (`Product.compile_only`).

What it does not do: it runs no kernel.
"""

from __future__ import annotations

import platform
import re
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from agent_env.kernels.c_source import kernels, without_comments
from agent_env.kernels.compile_log import first_error, trim
from agent_env.kernels.cuda_source import launchers, not_emulated, rewritten
from agent_env.kernels.product import Product
from agent_env.kernels.sources import Source
from agent_env.kernels.tool_cage import read_output, run_tool
from agent_env.kernels.toolchains import Toolchain
from agent_env.kernels.verdict import Resources

SHIM_VERSION = 3
ARCH = "sm_90"
SHIM_FILES = ("cuda_shim.h", "cuda_intrinsics.h")
SHIM_FLAGS = (
    "-O3",
    "-march=native",
    "-std=gnu++17",
    "-shared",
    "-fPIC",
    "-fvisibility=hidden",
    "-Wl,-z,defs",
    "-w",
    "-fmax-errors=10",
    "-fdiagnostics-color=never",
)


def build(
    source: Source, gxx: Toolchain, nvcc: Toolchain, timeout_s: float, device: str
) -> tuple[Product, bytes | None]:
    """What came of a CUDA source, and what runs it on the device: a shared object or a cubin.

    Args:
        source: A source whose language is "cuda".
        gxx: The C++ compiler.
        nvcc: NVIDIA's compiler; without it there is no verdict for sm_90.
        timeout_s: Wall time for each compiler.
        device: "cpu" or "cuda".
    """
    if "<<<" in without_comments(source.text):
        reason = (
            "Kernels are launched by k.launch(name, grid=..., block=..., args=[...]) and not by "
            "<<<...>>>; leave host code out of the source."
        )
        return Product(status="refused", reason=reason), None
    if not kernels(source.text):
        reason = (
            "There is no __global__ function with plain parameters in the source; templates and "
            "structs by value cannot be launched."
        )
        return Product(status="refused", reason=reason), None
    if nvcc.path is None and (device == "cuda" or gxx.path is None):
        return Product(status="unavailable", reason=nvcc.missing, transient=True), None
    verdict, cubin = Product(status="ok", note=nvcc.missing), None
    if nvcc.path is not None:
        verdict, cubin = _compile(source, nvcc.path, timeout_s)
    if verdict.status != "ok":
        return verdict, None
    if device == "cuda":
        return verdict.but(on_gpu=True), cubin
    return _with_shim(source, verdict, gxx, timeout_s)


def _compile(source: Source, nvcc: Path, timeout_s: float) -> tuple[Product, bytes | None]:
    with tempfile.TemporaryDirectory(prefix="callforge-cuda-") as name:
        folder = Path(name)
        (folder / "candidate.cu").write_text(source.text, encoding="utf-8", errors="replace")
        command = [str(nvcc), "-cubin", f"-arch={ARCH}", "-O3", "-std=c++17", "-Xptxas", "-v"]
        run = run_tool(
            [*command, "candidate.cu", "-o", "candidate.cubin"],
            folder,
            timeout_s=timeout_s,
            memory_bytes=16 << 30,
            readable=[str(nvcc.resolve().parent.parent)],
        )
        cubin = read_output(folder / "candidate.cubin")
        log = trim(run.log, folder=folder, own="candidate.cu")
    if run.timed_out:
        return Product.timed_out("nvcc", timeout_s), None
    if run.returncode != 0 or cubin is None:
        return Product.refused("nvcc", run.returncode, log or run.log, first_error(log)), None
    usage = kernel_usage(run.log)
    functions = [{**one.to_dict(), **usage.get(one.name, {})} for one in kernels(source.text)]
    return (
        Product(
            status="ok",
            log="" if log == run.log.strip() else log,
            functions=tuple(functions),
            resources=_resources(usage),
        ),
        cubin,
    )


def _with_shim(
    source: Source, verdict: Product, gxx: Toolchain, timeout_s: float
) -> tuple[Product, bytes | None]:
    """The verdict with a library for this processor, or with the reason why there is none."""
    why = not_emulated(source.text)
    if platform.machine() != "x86_64":
        why = f"CUDA is not emulated on {platform.machine()}"
    if why or gxx.path is None:
        return verdict.but(compile_only=f"{why or gxx.missing} (compiled, not run)."), None
    with tempfile.TemporaryDirectory(prefix="callforge-shim-") as name:
        folder = Path(name)
        for header in SHIM_FILES:
            text = (Path(__file__).parent / header).read_text(encoding="utf-8")
            (folder / header).write_text(text, encoding="utf-8")
        text = (
            f'#include "cuda_shim.h"\n#line 1 "candidate.cu"\n{rewritten(source.text)}\n'
            f'#line 1 "launchers.h"\n{launchers(source.text)}'
        )
        (folder / "kernels.cpp").write_text(text, encoding="utf-8", errors="replace")
        run = run_tool(
            [str(gxx.path), *SHIM_FLAGS, "kernels.cpp", "-o", "library.so"],
            folder,
            timeout_s=timeout_s,
        )
        library = read_output(folder / "library.so")
        log = trim(run.log, folder=folder, own="candidate.cu")
    if run.timed_out:
        return Product.timed_out("g++", timeout_s), None
    functions = verdict.functions or tuple(one.to_dict() for one in kernels(source.text))
    if run.returncode == 0 and library is not None:
        return verdict.but(functions=functions), library
    if verdict.note:
        # Without nvcc this is the only compiler that has seen the source.
        return Product.refused("g++", run.returncode, log or run.log, first_error(log)), None
    why = f"The kernel is not emulated on the CPU: {first_error(log) or 'g++ refused it'}"
    return verdict.but(compile_only=f"{why} (compiled, not run).", functions=functions), None


def kernel_usage(log: str) -> dict[str, dict[str, Any]]:
    """What ptxas says of each kernel: by name, its symbol, registers, shared and spilled bytes."""
    found: dict[str, dict[str, Any]] = {}
    current: dict[str, Any] = {}
    for line in log.splitlines():
        if entry := re.search(r"Compiling entry function '(\w+)'", line):
            symbol = entry[1]
            current = {"symbol": symbol, "registers": None, "shared": 0, "spill": 0}
            found[plain_name(symbol)] = current
        elif spill := re.search(r"(\d+) bytes spill stores, (\d+) bytes spill loads", line):
            current["spill"] = int(spill[1]) + int(spill[2])
        elif used := re.search(r"Used (\d+) registers", line):
            shared = re.search(r"(\d+) bytes smem", line)
            current["registers"] = int(used[1])
            current["shared"] = int(shared[1]) if shared else 0
    return found


def plain_name(symbol: str) -> str:
    """A kernel's name without C++'s mangling: `_Z5scalePKf` and `_ZN1a5scaleEv` are scale."""
    place = re.match(r"_ZN?", symbol)
    name, at = symbol, place.end() if place else len(symbol)
    while length := re.match(r"\d+", symbol[at:]):
        start = at + length.end()
        at = start + int(length[0])
        name = symbol[start:at]
        if not symbol.startswith("_ZN"):
            break
    return name


def _resources(usage: dict[str, dict[str, Any]]) -> Resources | None:
    rows = [
        Resources(
            registers=one["registers"],
            shared_bytes=one["shared"],
            spill_bytes=one["spill"],
            kernels=(name,),
        )
        for name, one in usage.items()
    ]
    return largest(rows)


def largest(found: Sequence[Resources]) -> Resources | None:
    """The largest of each resource over several kernels; None when there is none."""
    if not found:
        return None
    return Resources(
        registers=_most(one.registers for one in found),
        shared_bytes=_most(one.shared_bytes for one in found),
        spill_bytes=_most(one.spill_bytes for one in found),
        kernels=tuple(name for one in found for name in one.kernels),
    )


def _most(values: Iterable[int | None]) -> int | None:
    return max((value for value in values if value is not None), default=None)
