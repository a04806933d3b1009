"""What a candidate tries from inside the cage, and what the kernel answers."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

import pytest

from agent_env.kernels.judge import Judge
from agent_env.kernels.tasks import load_task

PROGRAM = """
import json, os, socket, sys, ctypes, torch
from torch import nn
said = {}
def attempt(name, act):
    try:
        act()
        said[name] = "done"
    except Exception as error:
        said[name] = type(error).__name__
libc = ctypes.CDLL(None, use_errno=True)
def call(*given):
    if libc.syscall(*given) < 0:
        raise OSError(ctypes.get_errno(), "refused")
ACTS
print("SAID", json.dumps(said))
class ModelNew(nn.Module):
    def forward(self, x, lengths):
        outside = torch.arange(x.shape[1]) >= lengths[:, None]
        return torch.softmax(x.masked_fill(outside, float("-inf")), dim=-1)
"""


def said(judge: Judge, acts: str) -> dict[str, str]:
    code = PROGRAM.replace("ACTS", acts)
    verdict = judge.evaluate(code, load_task("row_softmax_masked"), timed=False)
    line = next(line for line in verdict.log.splitlines() if line.startswith("SAID"))
    return json.loads(line.removeprefix("SAID"))


def need(judge: Judge, layer: str) -> None:
    """A machine without a layer shows that it is reported, which is all that can be shown."""
    layers, missing = judge.isolation()
    assert (layer in layers) != (layer in missing)
    if layer in missing:
        assert missing[layer]
        pytest.fail(f"this machine has no {layer}: {missing[layer]}")


def test_every_layer_is_either_in_force_or_missing_for_a_reason(judge: Judge) -> None:
    layers, missing = judge.isolation()
    names = ["network", "filesystem", "user", "processes", "memory", "time", "dumpable", "fds"]
    assert sorted([*layers, *missing]) == sorted(names)
    assert all(missing.values())


def test_no_network(judge: Judge) -> None:
    need(judge, "network")
    acts = """
attempt("tcp", lambda: socket.create_connection(("127.0.0.1", 80), 1))
attempt("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
attempt("raw", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
attempt("io_uring", lambda: call(425, 8, bytes(120)))
"""
    assert set(said(judge, acts).values()) == {"PermissionError"}


def test_files_are_written_in_the_scratch_folder_only(judge: Judge, tmp_path: Path) -> None:
    need(judge, "filesystem")
    secret = tmp_path / "secret"
    secret.write_text("x")
    secret.chmod(0o666)
    acts = f"""
attempt("own", lambda: open("mine", "w").write("x"))
attempt("tmp", lambda: open("/tmp/of_a_candidate", "w"))
attempt("shm", lambda: open("/dev/shm/of_a_candidate", "w"))
attempt("others", lambda: open({str(secret)!r}, "w"))
attempt("read", lambda: open({str(secret)!r}))
attempt("passwords", lambda: open("/etc/shadow"))
attempt("judge", lambda: open("/proc/{os.getpid()}/mem"))
attempt("source", lambda: open({str(Path(__file__))!r}))
attempt("late import", lambda: __import__("colorsys"))
"""
    got = said(judge, acts)
    assert got.pop("own") == got.pop("late import") == "done"
    assert got.pop("judge") in ("PermissionError", "FileNotFoundError")
    assert set(got.values()) == {"PermissionError"}
    assert secret.read_text() == "x"


def test_nothing_outside_can_be_named_or_looked_into(judge: Judge) -> None:
    need(judge, "processes")
    acts = f"""
attempt("judge", lambda: os.kill({os.getpid()}, 0))
attempt("trace", lambda: call(101, 16, {os.getpid()}, 0, 0))
attempt("cores", lambda: os.sched_setaffinity(0, {{0}}))
attempt("root", lambda: os.setuid(0))
attempt("mount", lambda: call(165, b"none", b"/proc", b"proc", 0, 0))
"""
    got = said(judge, acts)
    assert got.pop("judge") in ("ProcessLookupError", "PermissionError")
    assert set(got.values()) == {"PermissionError"}


def test_disk_memory_and_processes_are_bounded(judge: Judge) -> None:
    acts = """
def fill():
    for number in range(100):
        open(f"f{number}", "wb").write(bytes(10 << 20))
attempt("disk", fill)
attempt("memory", lambda: bytearray(100 << 30))
attempt("environment", lambda: os.environ["SECRET_OF_THE_JUDGE"])
attempt("file", lambda: [os.open("/dev/null", 0) for _ in range(1000)])
"""
    os.environ["SECRET_OF_THE_JUDGE"] = "x"
    try:
        got = said(judge, acts)
    finally:
        del os.environ["SECRET_OF_THE_JUDGE"]
    expected = {"disk": "OSError", "memory": "MemoryError", "environment": "KeyError"}
    assert got == {**expected, "file": "OSError"}


def test_nothing_can_be_set_up_that_wakes_a_stopped_process(judge: Judge) -> None:
    # timer_create and mq_notify with their numbers on x86_64; a SIGCONT of theirs undoes a stop.
    numbers = {"timer": 222, "queue": 244} if platform.machine() == "x86_64" else {}
    acts = "\n".join(
        f"attempt({name!r}, lambda: call({number}, 1, None, ctypes.byref(ctypes.c_long())))"
        for name, number in numbers.items()
    )
    assert said(judge, acts) == dict.fromkeys(numbers, "PermissionError")
