"""Candidates built so that every address in their C++ is looked at when it is used.

Place in the flow: `compile` builds with `FLAGS`, `judge` forks from the zygote of `flavour()`, in
which g++'s AddressSanitizer stands in for malloc, the worker has `Fences` put around arguments, and
`told` finds in what the process printed which line went where it should not.

What it does not do: no timing, for all this costs time; no look at what torch or a kernel's shim
does, for only the candidate's own C++ is built so.
"""

from __future__ import annotations

import ctypes
import re
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from agent_env.errors import EnvError
from agent_env.kernels import toolchains
from agent_env.kernels.nursery import Flavour

FLAGS = ("-fsanitize=address", "-fno-omit-frame-pointer", "-g", "-O1")
"""For g++, after all others."""
_LIBRARIES = ("libasan.so", "libstdc++.so.6")
"""What must be there before anything else; the second for the first to see exceptions."""
_OPTIONS = (
    "detect_leaks=0:verify_asan_link_order=0:allocator_may_return_null=1:"
    "quarantine_size_mb=16:detect_odr_violation=0"
)
_REPORT = re.compile(r"ERROR: AddressSanitizer: (?P<kind>[\w-]+)")
_ACCESS = re.compile(r"^(?P<access>READ|WRITE) of size (?P<size>\d+)", re.MULTILINE)
_FRAME = re.compile(r"#\d+ 0x[0-9a-f]+ in (?P<name>\S+) .*?candidate\.cpp:(?P<line>\d+)")
_KINDS = {
    "use-after-poison": "beside a tensor that it was given",
    "heap-buffer-overflow": "beside memory that was allocated",
    "heap-use-after-free": "in memory that was given back",
    "stack-buffer-overflow": "beside an array on the stack",
    "global-buffer-overflow": "beside a global array",
}


def flavour() -> Flavour:
    """The zygote in which addresses are watched.

    Raises:
        EnvError: g++ or its sanitizer is not here.
    """
    gxx = toolchains.gxx()
    if gxx.path is None:
        raise EnvError("ToolchainError", gxx.missing)
    found = [_library(str(gxx.path), name) for name in _LIBRARIES]
    environment = {"LD_PRELOAD": " ".join(found), "ASAN_OPTIONS": _OPTIONS}
    return Flavour(name="sanitize", environment=environment)


@cache
def _library(gxx: str, name: str) -> str:
    command = [gxx, f"-print-file-name={name}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    path = Path(done.stdout.strip())
    if not path.is_absolute():  # g++ gives back the bare name of what it has not got
        raise EnvError("ToolchainError", f"g++ has no {name} here, which --sanitize needs.")
    return str(path.resolve())


def told(log: str) -> str:
    """What the sanitizer said, in one sentence with the candidate's line; "" if it said nothing."""
    found = _REPORT.search(log)
    if found is None:
        return ""
    rest = log[found.end() :]
    access, frame = _ACCESS.search(rest), _FRAME.search(rest)
    place = _KINDS.get(found["kind"], f"where it may not ({found['kind']})")
    did = "touches memory"
    if access is not None:
        verb = "reads" if access["access"] == "READ" else "writes"
        did = f"{verb} {access['size']} bytes"
    where = "The program"
    if frame is not None:
        name = frame["name"].split(".")[0]  # OpenMP's part of a function has more behind a dot
        where = f"candidate.cpp, line {frame['line']}: {name}"
    return f"{where} {did} {place}."


def trimmed(log: str) -> str:
    """The text with the sanitizer's report, if there is one, cut to the candidate's own lines."""
    found = _REPORT.search(log)
    if found is None:
        return log
    before = log[: found.start()].rpartition("\n")[0].rstrip("=\n")
    frames = [f"    {one[0]}" for one in _FRAME.finditer(log, found.end())]
    access = _ACCESS.search(log, found.end())
    lines = [before, found[0], access[0] if access else "", *frames]
    text = "\n".join(line for line in lines if line)
    return re.sub(r"/\S*/(?=candidate\.cpp)", "", text)


class Fences:
    """Everything of the arena but the arguments of a call, closed to what is built with `FLAGS`."""

    def __init__(self, address: int, size_bytes: int) -> None:
        """Takes where the arena lies in this process."""
        self._library = ctypes.CDLL(None)
        self._address, self._size = address, size_bytes
        self._here = hasattr(self._library, "__asan_poison_memory_region")

    def put(self, places: Sequence[Any]) -> None:
        """Opens the given places, as `layout` has them, and closes the rest, where one can."""
        if not self._here:
            return
        self._call("__asan_poison_memory_region", 0, self._size)
        for place in places:
            if "offset" in place:
                self._call("__asan_unpoison_memory_region", place["offset"], place["bytes"])

    def _call(self, name: str, offset: int, size_bytes: int) -> None:
        function = getattr(self._library, name)
        function(ctypes.c_void_p(self._address + offset), ctypes.c_size_t(size_bytes))
