"""The harness around one function, inside its own process.

Place in the flow: `zygote` forks into `run` where a flavour names this module; `functions` is the
judge's end. The first frame says what to run; the cage closes; the program is loaded; then each
frame holds the arguments of one call, and the answer what the call returned.

What it does not do: nothing here is trusted, and nothing here knows what a call should return. A
program may rewrite all of it: what comes back is compared outside.
"""

from __future__ import annotations

import builtins
import importlib
import json
import linecache
import os
import pickle
import socket
import sys
import tempfile
import types
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from agent_env.kernels import cage, channel, linux, plain_values
from agent_env.kernels.worker import CANDIDATE, described

LONGEST_VALUE = 1 << 16
"""Characters of what a call may return, as text."""
_USUAL = ("collections", "dataclasses", "datetime", "heapq", "itertools", "math", "re", "typing")
"""What programs often import; loaded before the fork, so that no call pays for it."""


def warm_up() -> None:
    """Imports what programs usually need; in the zygote, before any fork."""
    for name in _USUAL:
        importlib.import_module(name)


def run(fds: Sequence[int], user_namespace: bool, process_namespace: str) -> int:
    """The exit status after serving one judge.

    Args:
        fds: Channel, log and arena; the last is not used.
        user_namespace: As in `cage.enter`.
        process_namespace: As in `cage.enter`.
    """
    link, log, _ = fds
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sock = socket.socket(fileno=link)
    order = pickle.loads(channel.receive(sock)[0])  # from the judge, before anything else ran
    with suppress(OSError):  # should memory run out, this process goes first
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="utf-8")
    os.environ.update(order["environment"])
    tempfile.tempdir = None  # the zygote's own may have been remembered
    refused = _cover(order["hidden"])
    cell = cage.Cell(keep=(link,), **order["cell"])
    report = cage.enter(cell, user_namespace=user_namespace, process_namespace=process_namespace)
    if refused:
        report.missing["hidden"] = refused
    _send(sock, {"kind": "caged", "layers": report.layers, "missing": report.missing})
    for stream in (sys.stdout, sys.stderr):  # what is printed must be out when the end comes
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    serve(sock, order["code"], order["entry"])
    return 0


def _cover(folders: Sequence[str]) -> str:
    """Why the kernel refused to cover folders that a program may not read; "" once it did.

    They are covered in this process's own view of the files. Only an installed package needs it:
    its tasks lie beside Python's own files.
    """
    try:
        linux.unshare(linux.NEW_NS)
        linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)
        for folder in folders:
            flags = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
            linux.mount("hidden", folder, "tmpfs", flags, "size=4k,mode=755")
    except OSError as refused:
        return str(refused)
    return ""


def serve(sock: socket.socket, code: str, entry: str) -> None:
    """Loads the program and answers calls until the channel closes."""
    try:
        function = _load(code, entry)
        _send(sock, {"kind": "ready"})
    except BaseException as error:  # SystemExit too: the judge wants to know what it was
        _send(sock, described(error, "load"))
        return
    while True:
        frame = channel.receive(sock)[0]
        try:
            order = json.loads(frame)
            arguments = plain_values.from_text(order["arguments"])
            named = plain_values.from_text(order["named"])
            text = plain_values.to_text(function(*arguments, **named))
        except plain_values.NotPlainError as error:
            _send(sock, {"kind": "unread", "message": f"it returned no plain value: {error}"})
        except BaseException as error:  # as above
            _send(sock, described(error, "call"))
        else:
            if len(text) > LONGEST_VALUE:
                message = f"it returned {len(text)} characters; at most {LONGEST_VALUE} are read"
                _send(sock, {"kind": "unread", "message": message})
            else:
                _send(sock, {"kind": "value", "text": text})


def _load(code: str, entry: str) -> Callable[..., Any]:
    path = str(Path.cwd() / CANDIDATE)
    module = types.ModuleType("candidate")
    module.__file__ = path
    sys.modules["candidate"] = module
    sys.argv = [CANDIDATE]
    # For traces that show the program's own lines, without a file.
    linecache.cache[path] = (len(code), None, code.splitlines(keepends=True), path)
    run_source = getattr(builtins, "exec")  # noqa: B009 - what we are here for
    run_source(compile(code, path, "exec"), module.__dict__)
    function = getattr(module, entry, None)
    if not callable(function):
        raise AttributeError(f"The program defines no function {entry}.")
    made: Callable[..., Any] = function
    return made


def _send(sock: socket.socket, data: dict[str, Any]) -> None:
    channel.send(sock, json.dumps(data).encode())
