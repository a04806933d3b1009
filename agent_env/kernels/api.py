"""What a candidate imports: kernels in C++ and CUDA as functions over tensors.

    from agent_env.kernels.api import cpp

    lib = cpp('''
    #include <cstdint>
    extern "C" void scale(const float* x, float* y, int64_t n, float by) {
        #pragma omp parallel for simd
        for (int64_t i = 0; i < n; ++i) y[i] = x[i] * by;
    }
    ''')
    lib.scale(x, y, x.numel(), 0.5)

    k = cuda('__global__ void scale(const float* x, float* y, int n, float by) { ... }')
    k.launch("scale", grid=(4,), block=(256,), args=[x, y, x.numel(), 0.5], shared=0)

A tensor goes in as the pointer to its first element and must be contiguous, on the CPU, and of the
pointer's type; None goes in as a null pointer. Numbers must fit their parameter.

Place in the flow: in a candidate's process the judge has built every source beforehand
(`compile`), and a call only looks its library up by the source's hash, in the folder that
`use_libraries` was told. Outside the judge, where nobody told it a folder, the same call builds
the library then and there, so that a candidate can be run by hand.

What it does not do: it checks arguments, not kernels; a kernel may still read or write anywhere.
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from agent_env.errors import UnknownNameError
from agent_env.kernels.arguments import C_TYPES, KernelError, converter
from agent_env.kernels.c_source import Prototype
from agent_env.kernels.cuda_launch import CudaModule
from agent_env.kernels.sources import source_hash

__all__ = ["CudaModule", "KernelError", "Library", "cpp", "cuda", "use_libraries"]

_folder: Path | None = None


def use_libraries(folder: Path | None) -> None:
    """Says where this process finds its libraries; None builds them when they are asked for.

    Args:
        folder: What `compile.stage` filled.
    """
    global _folder  # one process runs one candidate
    _folder = folder


def cpp(source: str, *, flags: Sequence[str] = ()) -> Library:
    """The library of a C++ text; its `extern "C"` functions are attributes.

    Args:
        source: C++17; includes of system headers only, OpenMP at hand.
        flags: More for g++, out of `compile.FLAGS`.

    Raises:
        KernelError: The text was not built, or does not compile.
    """
    path, facts = _find("cpp", source, flags)
    return Library(path, [Prototype.from_dict(row) for row in facts["functions"]])


def cuda(source: str) -> CudaModule:
    """The kernels of a CUDA C++ text; see `cuda_launch`.

    Args:
        source: C++17 with `__global__` functions and no host code.

    Raises:
        KernelError: The text was not built, or does not compile.
    """
    library, facts = _find("cuda", source, ())
    return CudaModule(None if facts["compile_only"] else library, facts)


def _find(language: str, source: str, flags: Sequence[str]) -> tuple[Path, dict[str, Any]]:
    """Where the library of a source lies, and what is known of it."""
    if not isinstance(source, str):
        raise KernelError(f"{language}() got {type(source).__name__}; give the source as a string.")
    wanted = source_hash(language, source, flags)
    folder = _folder if _folder is not None else _build_here(language, source, flags)
    try:
        facts = json.loads((folder / f"{wanted}.json").read_text(encoding="utf-8"))
    except OSError:
        raise KernelError(
            f"This {language} source was not built, because it is not known from the text of the "
            "program; give it as one string, or as a module constant that is set once."
        ) from None
    return folder / f"{wanted}.so", facts


def _build_here(language: str, source: str, flags: Sequence[str]) -> Path:
    from agent_env.kernels.compile import build_by_hand

    return build_by_hand(language, source, flags)


class Library:
    """A loaded library; every `extern "C"` function with plain types is an attribute."""

    def __init__(self, path: Path, functions: Sequence[Prototype]) -> None:
        """Loads the library.

        Args:
            path: The shared object.
            functions: What may be called in it.

        Raises:
            KernelError: It cannot be loaded; the loader's message says why.
        """
        try:
            self._handle = ctypes.CDLL(str(path))
        except OSError as error:
            detail = str(error).replace(str(path), "the library")
            raise KernelError(f"The library cannot be loaded: {detail}") from None
        self._functions = {one.name: one for one in functions}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """The function of that name, kept as a plain attribute from then on."""
        if name.startswith("_"):
            raise AttributeError(name)
        prototype = self._functions.get(name)
        if prototype is None:
            raise UnknownNameError('extern "C" function', name, self._functions)
        function = _function(getattr(self._handle, name), prototype)
        setattr(self, name, function)
        return function


def _function(address: Any, prototype: Prototype) -> Callable[..., Any]:
    """The C function as a Python one that checks what it is given."""
    address.argtypes = [
        ctypes.c_void_p if one.pointer else C_TYPES[one.type] for one in prototype.parameters
    ]
    address.restype = C_TYPES[prototype.returns] if prototype.returns else None
    converters = [
        converter(prototype.name, place, one) for place, one in enumerate(prototype.parameters)
    ]
    count = len(converters)

    def call(*given: Any) -> Any:
        if len(given) != count:
            wanted = ", ".join(one.name or one.type for one in prototype.parameters)
            raise KernelError(
                f"{prototype.name} takes {count} arguments ({wanted}) and got {len(given)}."
            )
        return address(*[convert(one) for convert, one in zip(converters, given, strict=True)])

    call.__name__ = call.__qualname__ = prototype.name
    return call
