"""Arguments of a kernel, checked and turned into what C takes.

Place in the flow: `api` and `cuda_launch` make one converter for each parameter of a function.

What it does not do: it calls nothing. torch is imported when the first pointer is asked for.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from operator import attrgetter
from typing import Any, NoReturn

from agent_env.kernels.c_source import Parameter

C_TYPES: dict[str, Any] = {
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


class KernelError(Exception):
    """A kernel that cannot be called as it was, or that is not there; one sentence."""


def converter(
    function: str, place: int, parameter: Parameter, device: str = "cpu"
) -> Callable[[Any], Any]:
    """What turns an argument into the one that C takes, or raises `KernelError`.

    Args:
        function: The name for messages.
        place: The argument's place, from 0.
        parameter: What the function declares there.
        device: Where tensors must be: "cpu" or "cuda".
    """
    where = f"{function}: argument {place + 1}{f' ({parameter.name})' if parameter.name else ''}"

    def refuse(came: str, wanted: str) -> NoReturn:
        raise KernelError(f"{where} is {came}; give {wanted}.")

    if parameter.pointer:
        return _pointer(parameter.type, device, refuse)
    if parameter.type in ("float32", "float64"):
        return _real(refuse)
    if parameter.type == "bool":
        return _truth(refuse)
    return _integer(parameter.type, refuse)


def _pointer(
    kind: str, device: str, refuse: Callable[[str, str], NoReturn]
) -> Callable[[Any], int | None]:
    import torch

    places = {"cpu": "CPU", "cuda": "GPU"}
    here = attrgetter(f"is_{device}")  # a third of the time of given.device
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
        if not here(given):
            refuse(f"on {given.device}", f"a tensor on the {places[device]}")
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
