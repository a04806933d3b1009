"""Kernels of a cubin, launched on a GPU through NVIDIA's driver.

Place in the flow: `cuda_launch` uses this where the judge built for the device "cuda"; the context
and the stream are those of torch, so that a launch is ordered with what torch does.

What it does not do: no compiling, no checking of arguments, no waiting: a launch returns at once,
as torch's own do.

Source: CUDA Driver API 13.0, cuModuleLoadData, cuFuncSetAttribute, cuLaunchKernel.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

from agent_env.kernels.arguments import KernelError

_MAX_DYNAMIC_SHARED = 8  # CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
_FREE_SHARED_BYTES = 48 << 10
"""Dynamic shared memory that a kernel gets without being asked whether it may."""


class Driver:
    """The driver of this process, with the context of torch."""

    def __init__(self, library: Any = None) -> None:
        """Loads the driver and has torch make its context.

        Args:
            library: What answers the driver's calls; None is libcuda.

        Raises:
            KernelError: There is no driver here.
        """
        if library is None:
            import torch

            torch.cuda.current_stream()  # makes the context
            try:
                library = ctypes.CDLL("libcuda.so.1")
            except OSError as error:
                raise KernelError(f"There is no CUDA driver here: {error}") from None
        self._library = library

    def load(self, cubin: bytes) -> Module:
        """The module of a cubin.

        Raises:
            KernelError: The driver refused it.
        """
        handle = ctypes.c_void_p()
        self.call("cuModuleLoadData", ctypes.byref(handle), cubin)
        return Module(self, handle)

    def call(self, name: str, *given: Any) -> None:
        """Calls a function of the driver.

        Raises:
            KernelError: It refused; the message is the driver's own.
        """
        status = getattr(self._library, name)(*given)
        if status:
            said = ctypes.c_char_p()
            self._library.cuGetErrorString(status, ctypes.byref(said))
            text = (said.value or b"unknown error").decode("utf-8", "replace")
            raise KernelError(f"{name}: {text} (CUDA error {status}).")


class Module:
    """A cubin that is loaded on the GPU."""

    def __init__(self, driver: Driver, handle: ctypes.c_void_p) -> None:
        """Keeps the driver's handle; it lives as long as the process."""
        self._driver = driver
        self._handle = handle
        self._functions: dict[str, tuple[ctypes.c_void_p, int]] = {}

    def launch(
        self, symbol: str, pointers: Any, sizes: Sequence[int], shared: int, stream: int
    ) -> None:
        """Puts a kernel on the stream.

        Args:
            symbol: The kernel's name in the cubin.
            pointers: A C array of the addresses of its arguments.
            sizes: Grid x, y, z and block x, y, z.
            shared: Bytes of dynamic shared memory.
            stream: The stream's handle; 0 is the default one.

        Raises:
            KernelError: The driver refused.
        """
        function, allowed = self._functions.get(symbol, (None, _FREE_SHARED_BYTES))
        if function is None:
            function = ctypes.c_void_p()
            self._driver.call(
                "cuModuleGetFunction", ctypes.byref(function), self._handle, symbol.encode()
            )
        if shared > allowed:
            self._driver.call("cuFuncSetAttribute", function, _MAX_DYNAMIC_SHARED, shared)
            allowed = shared
        self._functions[symbol] = (function, allowed)
        self._driver.call(
            "cuLaunchKernel", function, *sizes, shared, ctypes.c_void_p(stream), pointers, None
        )
