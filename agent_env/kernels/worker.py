"""The harness around a candidate, inside the candidate's own process.

Place in the flow: `zygote` forks into `run`. The first frame says what to run; the cage closes;
the model is built; then each "go" calls `forward` on tensors that lie in the arena, and the answer
says where its outputs lie. A problem's baseline runs in the very same way.

What it does not do: nothing here is trusted. A candidate may rewrite all of it and gains nothing:
the clock, the references and the comparison are the judge's.
"""

from __future__ import annotations

import builtins
import faulthandler
import importlib
import json
import mmap
import os
import pickle
import socket
import sys
import tempfile
import traceback
import types
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from agent_env.kernels import cage, channel, child_memory, linux

CANDIDATE = "candidate.py"
SPAWNS = ("cpp_extension", "triton")
"""Words without which a program starts no compiler of its own."""
MESSAGE_CHARS = 8_000
"""How much of an error's text is sent."""


def warm_up() -> None:
    """Imports torch and settles on one thread; in the zygote, before any fork."""
    import torch

    importlib.import_module("agent_env.kernels.api")  # its file cannot be read inside a cage
    importlib.import_module("agent_env.kernels.calls")
    torch.set_num_threads(1)
    torch.manual_seed(0)


def run(fds: Sequence[int], user_namespace: bool, process_namespace: str) -> int:
    """The exit status after serving one judge.

    Args:
        fds: Channel, log and arena.
        user_namespace: As in `cage.enter`.
        process_namespace: As in `cage.enter`.
    """
    link, log, arena = fds
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sock = socket.socket(fileno=link)
    own = _own_memory()
    memory = mmap.mmap(arena, os.fstat(arena).st_size)
    order = pickle.loads(channel.receive(sock)[0])  # from the judge, before anything else ran
    with suppress(OSError):  # should memory run out, this process goes first
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="utf-8")
    os.environ.update(order["environment"])
    tempfile.tempdir = None  # the zygote's own may have been remembered
    # The baseline is trusted, and its files need not be readable inside.
    make = _baseline(order) if order["role"] == "reference" else _candidate(order)
    spawns = any(name in order.get("code", "") for name in SPAWNS)
    cell = cage.Cell(keep=(link, *own), spawns=spawns, **order["cell"])
    report = cage.enter(cell, user_namespace=user_namespace, process_namespace=process_namespace)
    caged = {"kind": "caged", "layers": report.layers, "missing": report.missing}
    channel.send(sock, json.dumps(caged).encode(), own)
    for fd in own:
        os.close(fd)
    faulthandler.enable(2)
    for stream in (sys.stdout, sys.stderr):  # what is printed must be out when the end comes
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    _lay_libraries(order["artefacts"])
    serve(sock, memory, make, order["device"], copies=not own)
    return 0


def _own_memory() -> list[int]:
    """This process's memory as an open file for the judge; empty where it cannot be had."""
    try:
        # What cannot be dumped belongs to root, and this process may be another user.
        linux.prctl(linux.PR_SET_DUMPABLE, 1)
        return [os.open(child_memory.PATH, os.O_RDONLY | os.O_CLOEXEC)]
    except OSError:
        return []
    finally:
        with suppress(OSError):
            linux.prctl(linux.PR_SET_DUMPABLE, 0)


def _lay_libraries(artefacts: dict[str, bytes]) -> None:
    """Puts what the judge built where `api` looks, in the scratch folder."""
    from agent_env.kernels import api

    folder = Path.cwd() / "built"
    folder.mkdir()
    for name, data in artefacts.items():
        (folder / name).write_bytes(data)
    api.use_libraries(folder)


def _candidate(order: dict[str, Any]) -> Callable[[], Any]:
    def make() -> Any:
        import torch

        path = str(Path.cwd() / CANDIDATE)
        Path(path).write_text(order["code"], encoding="utf-8")
        module = types.ModuleType("candidate")
        module.__file__ = path
        sys.modules["candidate"] = module
        sys.argv = [CANDIDATE]
        run_source = getattr(builtins, "exec")  # noqa: B009 - what we are here for
        run_source(compile(order["code"], path, "exec"), module.__dict__)
        kind = getattr(module, "ModelNew", None)
        if kind is None:
            raise AttributeError("The program defines no class ModelNew.")
        torch.manual_seed(order["seed"])
        return kind(*order["init"])

    return make


def _baseline(order: dict[str, Any]) -> Callable[[], Any]:
    model = pickle.loads(order["problem"]).build(order["seed"])
    return lambda: model


def serve(
    sock: socket.socket,
    memory: mmap.mmap,
    make: Callable[[], Any],
    device: str,
    *,
    copies: bool,
) -> None:
    """Builds the model and answers frames until the channel closes."""
    from agent_env.kernels.calls import Calls

    calls: Calls | None = None
    poisoned = linux.set_malloc_poison(1)
    try:
        calls = Calls(make(), memory, device, copies=copies)
        _send(sock, {"kind": "ready", "poisoned": poisoned})
    except BaseException as error:  # SystemExit too: the judge wants to know what it was
        _send(sock, described(error, "build"))
        return
    while True:
        frame = channel.receive(sock)[0]
        if frame == b"nop":
            channel.send(sock, b"done")
            continue
        try:
            if frame == b"go":
                said = calls.go()
                if isinstance(said, bytes):
                    channel.send(sock, said)
                else:
                    _send(sock, {"kind": "bad_output", "message": said})
            else:
                calls.command(json.loads(frame))
                channel.send(sock, b"done")
        except BaseException as error:  # as above
            _send(sock, described(error, "forward"))


def _send(sock: socket.socket, data: dict[str, Any]) -> None:
    channel.send(sock, json.dumps(data).encode())


def described(error: BaseException, where: str) -> dict[str, Any]:
    """The error as data, its trace cut to the candidate's own lines."""
    try:
        message = str(error)
        frames = [
            f'  File "{CANDIDATE}", line {frame.lineno}, in {frame.name}\n    {frame.line}'
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename.endswith(CANDIDATE)
        ]
    except Exception as second:  # the candidate's own exception class may do anything
        message, frames = f"(its message cannot be read: {type(second).__name__})", []
    if isinstance(error, SyntaxError):
        message = "".join(traceback.format_exception_only(error))
    return {
        "kind": "error",
        "where": where,
        "type": type(error).__name__[:200],
        "message": message[:MESSAGE_CHARS].replace(os.getcwd() + "/", ""),  # noqa: PTH109
        "trace": "\n".join(frames)[-MESSAGE_CHARS:],
    }
