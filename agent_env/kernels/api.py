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
from typing import Any, NoReturn

from agent_env.errors import UnknownNameError
from agent_env.kernels.c_source import Parameter, Prototype
from agent_env.kernels.sources import source_hash

_C_TYPES: dict[str, Any] = {
    "float32": ctypes.c_float,
    "float64": ctypes.c_double,
    "int8": ctypes.c_int8,
    "int16": ctypes.c_int16,
    "int32": ctypes.c_int32,
    "int64": ctypes.c_int64,
    "uint8": ctypes.c_uint8,
    "uint16": ctypes.c_uint16,
    "uint32": ctypes.c_uint32,
    "uint64": ctypes.c_uint64,
    "bool": ctypes.c_bool,
}
# Types of tensors that a pointer takes beside its own: those that C++ has no name for.
_ALSO = {"uint16": ("bfloat16", "float16"), "uint8": ("bool",)}

_folder: Path | None = None


class KernelError(Exception):
    """A kernel that cannot be called as it was, or that is not there; one sentence."""


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
        ctypes.c_void_p if one.pointer else _C_TYPES[one.type] for one in prototype.parameters
    ]
    address.restype = _C_TYPES[prototype.returns] if prototype.returns else None
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


def converter(function: str, place: int, parameter: Parameter) -> Callable[[Any], Any]:
    """What turns an argument into the one that C takes, or raises `KernelError`.

    Args:
        function: The name for messages.
        place: The argument's place, from 0.
        parameter: What the function declares there.
    """
    where = f"{function}: argument {place + 1}{f' ({parameter.name})' if parameter.name else ''}"

    def refuse(came: str, wanted: str) -> NoReturn:
        raise KernelError(f"{where} is {came}; give {wanted}.")

    if parameter.pointer:
        return _pointer(parameter.type, refuse)
    if parameter.type in ("float32", "float64"):
        return _real(refuse)
    if parameter.type == "bool":
        return _truth(refuse)
    return _integer(parameter.type, refuse)


def _pointer(kind: str, refuse: Callable[[str, str], NoReturn]) -> Callable[[Any], int | None]:
    import torch

    names = (kind, *_ALSO.get(kind, ()))
    taken = {getattr(torch, name) for name in names} if kind != "any" else None
    wanted = f"a tensor of {' or '.join(names)}" if kind != "any" else "a tensor"

    def convert(given: Any) -> int | None:
        if given is None:
            return None
        if not isinstance(given, torch.Tensor):
            refuse(f"of type {type(given).__name__}", wanted)
        if taken is not None and given.dtype not in taken:
            refuse(f"a tensor of {str(given.dtype).removeprefix('torch.')}", wanted)
        if not given.is_contiguous():
            strides = f"shape {tuple(given.shape)} and strides {given.stride()}"
            refuse(f"not contiguous ({strides})", "x.contiguous()")
        if given.device.type != "cpu":
            refuse(f"on {given.device}", "a tensor on the CPU")
        pointer: int = given.data_ptr()
        return pointer

    return convert


def _real(refuse: Callable[[str, str], NoReturn]) -> Callable[[Any], float]:
    def convert(given: Any) -> float:
        if not isinstance(given, int | float):
            refuse(f"of type {type(given).__name__}", "a number, such as x.item()")
        try:
            return float(given)
        except OverflowError:
            refuse("too large for a double", "a smaller number")

    return convert


def _truth(refuse: Callable[[str, str], NoReturn]) -> Callable[[Any], bool]:
    def convert(given: Any) -> bool:
        if not isinstance(given, int):
            refuse(f"of type {type(given).__name__}", "True or False")
        return bool(given)

    return convert


def _integer(kind: str, refuse: Callable[[str, str], NoReturn]) -> Callable[[Any], int]:
    bits = int(kind.lstrip("uint"))
    low, high = (
        (0, 2**bits - 1) if kind.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    )

    def convert(given: Any) -> int:
        if not isinstance(given, int):
            refuse(f"of type {type(given).__name__}", "an integer")
        if not low <= given <= high:
            refuse(f"{given}", f"an integer that {kind} holds, from {low} to {high}")
        return given

    return convert
