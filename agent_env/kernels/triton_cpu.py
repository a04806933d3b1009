"""Triton on the CPU: its interpreter, with what is wrong in it put right.

Place in the flow: the judge starts a zygote of its own for Triton candidates, with `ENVIRONMENT`
set and `PRELOAD` imported; the latter calls `prepare`, and every child forked from there interprets
kernels. The variable must be there before Triton is imported, hence the zygote of its own.

What is put right: the interpreter keeps bfloat16 as 16-bit integers and computes with these, so
that sums, products, comparisons, reductions and `tl.dot` are silently wrong. Here every operation
widens them to float32 and rounds its result, which is what a GPU does but for `tl.dot`, whose sums
stay in float32 there too. A grid of more programs than can be run in a few seconds is refused, and
says so.

What it does not do: no timing that means anything (a program costs 1 to 3 ms whatever it does), and
no checking of addresses: a store out of bounds is found by the judge's pads. Compiling for a GPU is
`triton_aot`.

Source: triton 3.6.0 and 3.8.0, triton/runtime/interpreter.py; triton issue 11584 (`tl.dot`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agent_env.kernels import toolchains
from agent_env.kernels.arguments import KernelError

ENVIRONMENT = {"TRITON_INTERPRET": "1"}
"""What the zygote for Triton candidates is started with."""
PRELOAD = ("agent_env.kernels.triton_preload",)
"""What that zygote imports before its first fork."""
MAX_PROGRAMS = 4_096
"""Programs of one launch: some ten seconds."""
_NAN = 0x7FC0


def problem() -> str:
    """Why Triton cannot interpret kernels here; "" when it can. Imports nothing."""
    return toolchains.triton().missing


def prepare() -> None:
    """Imports Triton and mends its interpreter; more than once does no harm.

    Raises:
        KernelError: Triton is not here, does not work with this numpy, or was imported for
            compiling.
    """
    if missing := problem():
        raise KernelError(missing)
    import triton
    import triton.language
    from triton.runtime import interpreter

    if not triton.knobs.runtime.interpret:
        raise KernelError("TRITON_INTERPRET is not set; set it to 1 before Triton is imported.")
    builder = interpreter.InterpreterBuilder
    if getattr(builder, "mended_by_us", False):
        return
    _mend_arithmetic(interpreter)
    _mend_conversions(interpreter)
    _mend_dot(interpreter)
    _mend_reductions(interpreter)
    _limit_grid(builder)
    builder.mended_by_us = True


def widened(bits: Any) -> Any:
    """An array of bfloat16 bit patterns (uint16) as float32, exactly."""
    return (bits.astype("uint32") << 16).view("float32")


def narrowed(values: Any) -> Any:
    """An array of float32 as bfloat16 bit patterns, to the nearest, ties to even."""
    import numpy as np

    values = np.asarray(values, dtype=np.float32)
    bits = values.view(np.uint32)
    rounded = (bits + (((bits >> 16) & 1) + np.uint32(0x7FFF))) >> 16
    return np.where(np.isnan(values), _NAN, rounded).astype(np.uint16)


def _widener(interpreter: Any) -> Callable[[Any], Any]:
    """What turns a handle of bfloat16 into one of float32, and leaves all else alone."""
    tl, handle = interpreter.tl, interpreter.TensorHandle

    def wide(one: Any) -> Any:
        if not isinstance(one, handle) or one.dtype.scalar != tl.bfloat16:
            return one
        return handle(widened(one.data), tl.float32)

    return wide


def _mend_arithmetic(interpreter: Any) -> None:
    """Every elementwise operation goes through float32."""
    tl, handle, wide = interpreter.tl, interpreter.TensorHandle, _widener(interpreter)
    builder = interpreter.InterpreterBuilder

    def through_float32(name: str) -> None:
        original = getattr(builder, name)

        def mended(self: Any, *given: Any, **named: Any) -> Any:
            wider = [wide(one) for one in given]
            result = original(self, *wider, **named)
            if all(one is other for one, other in zip(given, wider, strict=True)):
                return result
            if result.data.dtype == "float32":
                return handle(narrowed(result.data), tl.bfloat16)
            return result

        setattr(builder, name, mended)

    for name in ("binary_op", "ternary_op", "unary_op", "create_fma", "create_erf", "create_rsqrt"):
        through_float32(name)


def _mend_conversions(interpreter: Any) -> None:
    """Conversions from and to bfloat16 go through float32; constants of it exist."""
    import numpy as np

    tl, handle, wide = interpreter.tl, interpreter.TensorHandle, _widener(interpreter)
    builder = interpreter.InterpreterBuilder
    cast = builder.cast_impl

    def cast_through_float32(self: Any, source: Any, target: Any) -> Any:
        if target.scalar == tl.bfloat16 and source.dtype.scalar != tl.bfloat16:
            return handle(narrowed(source.data.astype("float32")), tl.bfloat16)
        return cast(self, wide(source) if target.scalar != tl.bfloat16 else source, target)

    def constant(self: Any, value: float) -> Any:
        return handle(narrowed(np.array([value])), tl.bfloat16)

    builder.cast_impl = cast_through_float32
    if not hasattr(builder, "get_bf16"):
        builder.get_bf16 = constant


def _mend_dot(interpreter: Any) -> None:
    wide = _widener(interpreter)
    builder = interpreter.InterpreterBuilder
    original = builder.create_dot

    def dot(self: Any, left: Any, right: Any, *rest: Any, **named: Any) -> Any:
        return original(self, wide(left), wide(right), *rest, **named)

    builder.create_dot = dot


def _mend_reductions(interpreter: Any) -> None:
    """Reductions and scans widen their inputs once and round what comes out."""
    tl, handle = interpreter.tl, interpreter.TensorHandle

    def tensor(data: Any, kind: Any) -> Any:
        shape = list(getattr(data, "shape", ()))
        return tl.core.tensor(handle(data, kind), tl.block_type(kind, shape) if shape else kind)

    def mend(kind: Any) -> None:
        original: Callable[..., Any] = kind.apply_impl

        def apply(self: Any, given: Any) -> Any:
            narrow = [one.dtype == tl.bfloat16 for one in given]
            wide = tuple(
                tensor(widened(one.handle.data), tl.float32) if is_narrow else one
                for one, is_narrow in zip(given, narrow, strict=True)
            )
            result = original(self, wide)
            many = result if isinstance(result, list | tuple) else (result,)
            return tuple(
                _like_before(self, one) if is_narrow and one.dtype == tl.float32 else one
                for one, is_narrow in zip(many, narrow, strict=False)
            ) + tuple(many[len(narrow) :])

        def _like_before(self: Any, one: Any) -> Any:
            bits = narrowed(one.handle.data)
            return self.to_tensor(bits if one.type.is_block() else bits.item(), tl.bfloat16)

        kind.apply_impl = apply

    mend(interpreter.ReduceOps)
    mend(interpreter.ScanOps)


def _limit_grid(builder: Any) -> None:
    original = builder.set_grid_dim

    def set_grid_dim(self: Any, x: int, y: int, z: int) -> None:
        if x * y * z > MAX_PROGRAMS:
            raise KernelError(
                f"A grid of {x * y * z} programs; the interpreter runs at most {MAX_PROGRAMS} on "
                "the CPU, where each takes a millisecond or more. Let each program do more."
            )
        original(self, x, y, z)

    builder.set_grid_dim = set_grid_dim
