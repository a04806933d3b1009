"""Triton kernels compiled for sm_90 without a GPU, as the candidate's own `forward` launches them.

Place in the flow: the judge's side of it. `compile_launches` starts `triton_capture` in a cage of
its own, which runs the candidate on CPU tensors with every launch recorded and compiled but not
executed; what comes back is checked against the limits of the GPU here, and ptxas says what each
kernel takes. Results are kept in the cache, for a run costs some seconds, most of it imports.

What it does not do: it computes nothing and times nothing. What comes back was written by a process
that ran the candidate: who lies there hides a kernel's faults on a GPU that is not here, and gains
nothing else.

Source: shared memory of a block by architecture, CUDA C++ Programming Guide, table "Technical
Specifications per Compute Capability"; registers and spills, `ptxas -v`.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import util
from pathlib import Path
from typing import Any

from agent_env.kernels import toolchains
from agent_env.kernels.cache import Cache, key_of
from agent_env.kernels.compile_cuda import kernel_usage, largest
from agent_env.kernels.tool_cage import run_tool, watch
from agent_env.kernels.verdict import Resources

SHARED_BYTES = {80: 166_912, 86: 101_376, 89: 101_376, 90: 232_448, 100: 232_448, 120: 101_376}
"""Shared memory that a block may have, by compute capability."""
CAPABILITY = 90
TIMEOUT_S = 60.0
MAX_RESULT_BYTES = 32 << 20
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from agent_env.kernels.triton_capture import main; main(int(sys.argv[2]))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """One kernel as the candidate launches it; the same launch is listed once.

    Attributes:
        kernel: Its name.
        grid: Programs along x, y and z.
        num_warps: Warps of a program.
        shared_bytes: Shared memory of a program.
        registers: Per thread; None when ptxas could not say.
        spill_bytes: Stores and loads of spilled registers per thread; None likewise.
    """

    kernel: str
    grid: tuple[int, ...]
    num_warps: int
    shared_bytes: int
    registers: int | None = None
    spill_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """What became of a candidate's kernels.

    Attributes:
        ok: Whether every launch compiles and fits the GPU.
        reason: One sentence unless all is well.
        log: Triton's own message.
        launches: What was recorded, in order, up to the first failure.
        missing: Why this could not be tried, which says nothing of the candidate; "" when it was.
    """

    ok: bool
    reason: str = ""
    log: str = ""
    launches: tuple[Launch, ...] = ()
    missing: str = ""

    @property
    def resources(self) -> Resources | None:
        """The largest of each resource over all launches; None when there is none."""
        return largest(
            [
                Resources(
                    registers=one.registers,
                    shared_bytes=one.shared_bytes,
                    spill_bytes=one.spill_bytes,
                    kernels=(one.kernel,),
                )
                for one in self.launches
            ]
        )


def compile_launches(
    code: str,
    init: Sequence[Any],
    inputs: Sequence[Any],
    cache: Cache,
    *,
    seed: int = 0,
    timeout_s: float = TIMEOUT_S,
) -> Compiled:
    """What becomes of the kernels that the candidate's `forward` launches on these inputs.

    Args:
        code: The candidate's text.
        init: What `ModelNew` is constructed with.
        inputs: What `forward` is given; shapes, types and plain numbers count, contents do not.
        cache: Where results are kept.
        seed: The seed of torch under which `ModelNew` is constructed.
        timeout_s: Wall time for all of it.

    Raises:
        OSError: The cache cannot be written.
    """
    triton = toolchains.triton()
    if not triton.available:
        return Compiled(ok=False, missing=triton.missing)
    key = key_of(
        triton=triton.version,
        torch=toolchains.package("torch", "").version,
        capability=CAPABILITY,
        code=code,
        init=repr(list(init)),
        inputs=[_spec(one) for one in inputs],
    )
    entry = cache.get(key)
    if entry is None:
        order = {"code": code, "init": list(init), "inputs": list(inputs), "seed": seed}
        found = _capture(order, timeout_s)
        if found is None:
            # A full machine may be the reason, and so this says nothing of the candidate.
            return Compiled(
                ok=False,
                missing=f"Compiling for sm_{CAPABILITY} was still going on after {timeout_s:g} s.",
            )
        entry = cache.put(key, found, {})
    return _judged(entry.facts)


def _spec(one: Any) -> list[Any]:
    """What of an input settles how a kernel is compiled."""
    if hasattr(one, "dtype"):
        return [str(one.dtype), list(one.shape), list(one.stride())]
    return [type(one).__name__, repr(one)]


def _capture(order: Mapping[str, Any], timeout_s: float) -> dict[str, Any] | None:
    """What the candidate's process reports, ptxas's figures added; None when it took too long."""
    with (
        tempfile.TemporaryDirectory(prefix="callforge-triton-") as name,
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as result,
    ):
        folder = Path(name)
        pickle.dump(order, given)
        given.seek(0)
        command = [sys.executable, "-s", "-c", _START, json.dumps(sys.path), str(result.fileno())]
        run = watch(
            command,
            folder,
            _environment(folder),
            timeout_s,
            stdin=given.fileno(),
            pass_fds=(result.fileno(),),
        )
        if run.timed_out:
            return None
        result.seek(0)
        report = _read(result.read(MAX_RESULT_BYTES))
    if report is None:
        tail = run.log.strip().splitlines()[-1:]
        message = f"The program ended with status {run.returncode} before it had run: {tail}"
        return {"launches": [], "error": {"kind": "crash", "message": message}}
    for launch in report["launches"]:
        launch |= _usage(str(launch.pop("ptx", "")))
    return report


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    scratch = dict.fromkeys(("HOME", "TMPDIR"), str(folder))
    own = {"TRITON_CACHE_DIR": str(folder / "triton"), "PYTHONDONTWRITEBYTECODE": "1"}
    return {**kept, **threads, **scratch, **own, "LANG": "C.UTF-8"}


def _read(data: bytes) -> dict[str, Any] | None:
    """The report, if it is one: a candidate's process may have written anything."""
    try:
        report = json.loads(data)
        launches = [
            {
                "kernel": str(row["kernel"])[:200],
                "grid": [int(size) for size in row["grid"]][:3],
                "num_warps": int(row["num_warps"]),
                "shared_bytes": int(row["shared_bytes"]),
                "ptx": str(row["ptx"]),
            }
            for row in report["launches"][:64]
        ]
        error = report["error"]
        if error is not None:
            error = {name: str(error[name])[:8_000] for name in ("kind", "message")}
        return {"launches": launches, "error": error}
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _usage(ptx: str) -> dict[str, int | None]:
    """Registers and spills of a kernel's PTX, by the ptxas that comes with Triton."""
    unknown: dict[str, int | None] = {"registers": None, "spill_bytes": None}
    spec = util.find_spec("triton")
    if spec is None or spec.origin is None or not ptx:
        return unknown
    ptxas = Path(spec.origin).parent / "backends" / "nvidia" / "bin" / "ptxas"
    if not ptxas.is_file():
        return unknown
    with tempfile.TemporaryDirectory(prefix="callforge-ptx-") as name:
        folder = Path(name)
        (folder / "kernel.ptx").write_text(ptx, encoding="utf-8", errors="replace")
        command = [str(ptxas), "-v", f"-arch=sm_{CAPABILITY}a", "kernel.ptx", "-o", "kernel.cubin"]
        run = run_tool(command, folder, timeout_s=30.0, readable=[str(ptxas.parent)])
    for row in kernel_usage(run.log).values():
        return {"registers": row["registers"], "spill_bytes": row["spill"]}
    return unknown


def _judged(facts: Mapping[str, Any]) -> Compiled:
    launches = tuple(Launch(**{**row, "grid": tuple(row["grid"])}) for row in facts["launches"])
    error = facts["error"]
    if error is None:
        return Compiled(ok=True, launches=launches)
    lines = [line for line in error["message"].splitlines() if line.strip()] or [""]
    if error["kind"] == "compile":
        reason = f"Triton refuses a kernel for sm_{CAPABILITY}: {lines[-1]}"
        return Compiled(ok=False, reason=reason, log=error["message"], launches=launches)
    if error["kind"] == "resources":
        reason = (
            f"A kernel takes more shared memory than the {SHARED_BYTES[CAPABILITY]} bytes that a "
            f"block of sm_{CAPABILITY} has: {lines[0]}"
        )
        return Compiled(ok=False, reason=reason, log=error["message"], launches=launches)
    missing = "The launches could not be recorded on CPU tensors, so nothing is known for sm_90."
    return Compiled(ok=False, missing=missing, log=error["message"], launches=launches)
