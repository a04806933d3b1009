"""The process in which a candidate's Triton launches are recorded and compiled, but not run.

Place in the flow: `triton_aot` starts it with the candidate and its inputs on stdin; it loads torch
and Triton, closes the cage around itself, runs `ModelNew(...)(*inputs)` on CPU tensors, and writes
what was launched, as JSON, to the file that it was given.

Triton believes in a GPU because of the driver below: it names one, and refuses whatever would need
it. A launch compiles through Triton's own `warmup`, to PTX and cubin.

What it does not do: nothing here is trusted; a candidate may rewrite all of it. The judge's side
reads what comes out as the words of a stranger.
"""

from __future__ import annotations

import builtins
import inspect
import json
import os
import pickle
import sys
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from agent_env.kernels import cage
from agent_env.kernels.limits import Limits
from agent_env.kernels.triton_aot import CAPABILITY, SHARED_BYTES

MAX_LAUNCHES = 64
_UID = 65_533


class NoGpuDriver:
    """What Triton asks a driver before it compiles; everything after that is refused."""

    def __init__(self) -> None:
        """Names the GPU that kernels are compiled for."""
        from triton.backends.compiler import GPUTarget

        self._target = GPUTarget("cuda", CAPABILITY, 32)

    def get_current_target(self) -> Any:
        """The GPU that kernels are compiled for."""
        return self._target

    def get_current_device(self) -> int:
        """The number of the device."""
        return 0

    def set_current_device(self, device: int) -> None:
        """There is one device."""

    def get_current_stream(self, device: int | None = None) -> int:
        """The default stream."""
        return 0

    def get_active_torch_device(self) -> Any:
        """Where tensors are in truth."""
        import torch

        return torch.device("cpu")

    def get_benchmarker(self) -> Callable[..., list[float]]:
        """What an autotuner times with: each configuration is compiled once, and all are equal."""

        def bench(call: Callable[[], object], *, quantiles: Any = (), **_: Any) -> list[float]:
            call()
            return [1.0] * max(len(quantiles or ()), 1)

        return bench

    def __getattr__(self, name: str) -> NoReturn:
        """Refuses what would need the GPU itself."""
        raise RuntimeError(f"There is no GPU here; {name} cannot be had.")


class Recorder:
    """Collects launches; stands in for `JITFunction.run`."""

    def __init__(self) -> None:
        """Nothing was launched yet."""
        self.launches: list[dict[str, Any]] = []
        self.failure: dict[str, str] | None = None

    def install(self) -> None:
        """Takes the place of Triton's launcher in this process."""
        from triton.runtime import driver
        from triton.runtime.errors import OutOfResources
        from triton.runtime.jit import JITFunction

        driver.set_active(NoGpuDriver())
        launch = JITFunction.run

        def run(kernel: Any, *args: Any, grid: Any, warmup: bool = False, **named: Any) -> Any:
            try:
                compiled = launch(kernel, *args, grid=grid, warmup=True, **named)
            except Exception as error:  # whatever stops it, the judge's side wants Triton's words
                self.failure = self.failure or {"kind": "compile", "message": _message(error)}
                raise
            if compiled.metadata.shared > SHARED_BYTES[CAPABILITY]:
                # As a GPU would, so that an autotuner passes over the configuration.
                raise OutOfResources(
                    compiled.metadata.shared, SHARED_BYTES[CAPABILITY], f"{compiled.metadata.name}"
                )
            self._note(compiled, _grid(kernel, grid, args, named))
            return compiled

        JITFunction.run = run

    def _note(self, compiled: Any, grid: tuple[int, ...]) -> None:
        data = compiled.metadata
        row = {
            "kernel": data.name,
            "grid": grid,
            "num_warps": data.num_warps,
            "shared_bytes": data.shared,
            "ptx": compiled.asm["ptx"],
        }
        if row not in self.launches and len(self.launches) < MAX_LAUNCHES:
            self.launches.append(row)


def _message(error: BaseException) -> str:
    """What an exception and those behind it say, the innermost last."""
    words = [f"{type(error).__name__}: {error}"]
    if error.__cause__ is not None:
        words.append(_message(error.__cause__))
    return "\n".join(words)


def _grid(
    kernel: Any, grid: Any, args: tuple[Any, ...], named: Mapping[str, Any]
) -> tuple[int, ...]:
    if callable(grid):
        known = inspect.signature(kernel.fn).parameters
        own = {name: value for name, value in named.items() if name in known}
        bound = inspect.signature(kernel.fn).bind_partial(*args, **own)
        bound.apply_defaults()
        grid = grid(dict(bound.arguments))
    sizes = tuple(int(size) for size in grid)
    return (*sizes, 1, 1)[:3]


def main(result_fd: int) -> None:
    """Runs one order to its end and writes the report.

    Args:
        result_fd: The open file that the report goes to.
    """
    order = pickle.load(sys.stdin.buffer)  # from the judge
    import torch

    torch.set_num_threads(1)
    recorder = Recorder()
    recorder.install()  # loads Triton before the cage closes
    cell = cage.Cell(uid=_UID, scratch=str(Path.cwd()), keep=(result_fd,), limits=Limits())
    cage.enter(cell, user_namespace=False, process_namespace="not asked for")
    error = None
    try:
        _run(order)
    except BaseException as raised:  # SystemExit too: the judge's side wants to know what it was
        kind = "resources" if type(raised).__name__ == "OutOfResources" else "run"
        error = recorder.failure or {"kind": kind, "message": _message(raised)}
    # A failure that the candidate caught, to fall back on something else, is one all the same.
    report = {"launches": recorder.launches, "error": error or recorder.failure}
    os.write(result_fd, json.dumps(report).encode())
    os._exit(0)


def _run(order: Mapping[str, Any]) -> None:
    import torch

    path = Path.cwd() / "candidate.py"
    # Triton reads a kernel's source from its file.
    path.write_text(order["code"], encoding="utf-8")
    module = types.ModuleType("candidate")
    module.__file__ = str(path)
    sys.modules["candidate"] = module
    run_source = getattr(builtins, "exec")  # noqa: B009 - what we are here for
    run_source(compile(order["code"], str(path), "exec"), module.__dict__)
    torch.manual_seed(order["seed"])
    with torch.no_grad():
        module.ModelNew(*order["init"])(*order["inputs"])
