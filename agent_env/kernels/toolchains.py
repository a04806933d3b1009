"""Which compilers and interpreters this machine has, and what their times are worth.

Place in the flow: `compile` takes its tools from here, `bench --list` prints `survey()`, and the
judge asks `is_performance` whether a timing may count.

What it does not do: it builds nothing. A tool that is absent is data, and no failure of anybody.
"""

from __future__ import annotations

import hashlib
import platform
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolchain:
    """One way to run a candidate, or a tool behind it.

    Attributes:
        name: Such as "g++".
        version: As it says itself; "" when it is not here.
        serves: What it is for, in a few words.
        path: The program; None for a Python package, or when it is not here.
        missing: Why it cannot be used; "" when it can.
    """

    name: str
    version: str
    serves: str
    path: Path | None = None
    missing: str = ""

    @property
    def available(self) -> bool:
        """Whether it can be used here."""
        return not self.missing


def survey() -> tuple[Toolchain, ...]:
    """Every tool chain that the bench knows, with its version, absent ones included."""
    return (
        package("torch", "PyTorch candidates, baselines and references"),
        gxx(),
        nvcc(),
        triton(),
    )


def gxx() -> Toolchain:
    """The C++ compiler: C++/OpenMP candidates, and CUDA candidates run on the CPU."""
    return _program("g++", ("g++",), "C++/OpenMP; CUDA run on the CPU", r"(\d+\.\d+\.\d+)")


def nvcc() -> Toolchain:
    """NVIDIA's compiler: CUDA candidates compiled for sm_90."""
    places = ("nvcc", "/usr/local/cuda/bin/nvcc")
    return _program("nvcc", places, "CUDA compiled for sm_90", r"V(\d+\.\d+\.\d+)")


def triton() -> Toolchain:
    """Triton with the numpy that is beside it: its interpreter, and compiling for sm_90."""
    found = package("triton", "Triton interpreted on the CPU and compiled for sm_90")
    if not found.available:
        return found
    problem = pair_problem(found.version, package("numpy", "").version)
    return Toolchain(name="triton", version=found.version, serves=found.serves, missing=problem)


def pair_problem(triton_version: str, numpy_version: str) -> str:
    """Why this pair of Triton and numpy does not interpret kernels; "" when it does.

    Triton up to 3.7 leaves arrays of one element where Python wants a number, which numpy refuses
    from 2.4 on: `for k in range(0, K, BLOCK)` raises TypeError. Source: triton issue 9171, and
    Triton 3.6.0 and 3.8.0 tried with numpy 2.3.5 and 2.4.6.
    """
    if not numpy_version:
        return "Triton's interpreter needs numpy, which is not installed; pip install numpy."
    if release(triton_version) < (3, 8) and release(numpy_version) >= (2, 4):
        return (
            f"Triton {triton_version} cannot interpret loops with numpy {numpy_version}; "
            "install triton 3.8 or newer, or numpy below 2.4."
        )
    return ""


def release(version: str) -> tuple[int, ...]:
    """The leading numbers of a version, for comparing: "2.13.0+cpu" is (2, 13, 0)."""
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(map(int, found[0].split("."))) if found else ()


def is_performance(language: str, device: str) -> bool:
    """Whether the time of a candidate says anything about its speed.

    Triton and CUDA on a CPU run through an interpreter and a shim, whose times reward few fat
    programs and nothing that is good on a GPU.

    Args:
        language: "torch", "cpp", "cuda" or "triton".
        device: "cpu" or "cuda".
    """
    return device == "cuda" or language not in ("triton", "cuda")


def architecture() -> str:
    """A short name of this processor's instruction set, which `-march=native` builds for."""
    return _architecture()


@cache
def _architecture() -> str:
    lines: list[str] = []
    if (info := Path("/proc/cpuinfo")).exists():
        wanted = ("flags", "Features", "model name", "cpu family")
        text = info.read_text(encoding="utf-8", errors="replace")
        lines = sorted({line for line in text.splitlines() if line.startswith(wanted)})
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return f"{platform.machine()}-{digest[:12]}"


def package(name: str, serves: str) -> Toolchain:
    """An installed Python package, found without importing it."""
    try:
        return Toolchain(name=name, version=metadata.version(name), serves=serves)
    except metadata.PackageNotFoundError:
        return _absent(name, serves, f"pip install {name}")


def _program(name: str, places: Sequence[str], serves: str, pattern: str) -> Toolchain:
    path = next((found for place in places if (found := shutil.which(place))), None)
    if path is None:
        return _absent(name, serves, "install it and put it on PATH")
    version = _version(path, Path(path).stat().st_mtime_ns, pattern)
    if not version:
        return _absent(name, serves, f"{path} does not answer --version")
    return Toolchain(name=name, version=version, serves=serves, path=Path(path))


def _absent(name: str, serves: str, cure: str) -> Toolchain:
    missing = f"{name} is not available here ({cure})."
    return Toolchain(name=name, version="", serves=serves, missing=missing)


@cache
def _version(path: str, changed: int, pattern: str) -> str:
    """What the program says; asked again only when its file changes."""
    try:
        done = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(pattern, done.stdout)
    return found[1] if done.returncode == 0 and found else ""
