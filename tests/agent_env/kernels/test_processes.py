"""The weight of a program with all that it started."""

from __future__ import annotations

import mmap
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent_env.kernels.judge import Judge
from agent_env.kernels.limits import Limits
from agent_env.kernels.processes import Family, MemoryLimitError, Scales, descendants
from agent_env.kernels.tasks import load_task
from agent_env.kernels.verdict import Status

MIB = 1 << 20


@contextmanager
def family(sizes: list[int]) -> Iterator[int]:
    """A process whose children each touch that much memory, each a child of the one before."""
    told, tells = os.pipe()
    first = os.fork()
    if first == 0:
        for number, size in enumerate(sizes):
            if number and os.fork():
                signal.pause()
            held = mmap.mmap(-1, size + 1, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            held[:] = b"x" * (size + 1)
        os.write(tells, b"x")
        signal.pause()
        os._exit(0)
    try:
        assert os.read(told, 1) == b"x"
        yield first
    finally:
        for pid in [*descendants(first), first]:
            os.kill(pid, signal.SIGKILL)
        os.waitpid(first, 0)
        os.close(told)
        os.close(tells)


def test_a_family_is_weighed_together() -> None:
    with family([0, 40 * MIB, 40 * MIB]) as pid:
        assert len(list(descendants(pid))) == 2
        Scales(pid, 120 * MIB, 0).look()
        with pytest.raises(MemoryLimitError, match="and 2 processes that it started held"):
            Scales(pid, 60 * MIB, 0).look()


def test_it_is_weighed_now_and_then() -> None:
    with family([0, 40 * MIB]) as pid:
        scales = Scales(pid, 1 << 40, 0)
        scales.look()
        scales._most = 1
        scales.look()  # too soon
        scales._next_s = 0.0
        with pytest.raises(MemoryLimitError):
            scales.look()


def test_a_process_that_is_gone_weighs_nothing() -> None:
    with family([0]) as pid:
        scales = Scales(pid, 1, 0)
    scales.look()


FORKS = """
import os, time
import torch
from torch import nn
class ModelNew(nn.Module):
    def forward(self, x):
        for _ in range(6):
            if os.fork() == 0:
                held = [b"x" * (10 << 20) for _ in range(20)]
                time.sleep(60)
        time.sleep(60)
"""
HIDES = """
import ctypes, os
import torch
from torch import nn
class ModelNew(nn.Module):
    def forward(self, x):
        for number in (319, 447, 29):  # memfd_create, memfd_secret, shmget on x86_64
            if ctypes.CDLL(None, use_errno=True).syscall(number, b"", 0, 0) >= 0:
                print("GAINED memory that nobody holds", number)
        return x.cumsum(dim=1)
"""


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    limits = Limits(load_s=10, call_s=10, evaluation_s=30, memory_bytes=512 * MIB)
    with Judge(tmp_path_factory.mktemp("cache"), limits=limits, static_rules=False) as judge:
        yield judge


def test_many_processes_may_not_hold_more_than_one(narrow: Judge) -> None:
    got = narrow.evaluate(FORKS, load_task("cumsum_rows"), timed=False)
    assert (got.status, got.hacks) == (Status.RUNTIME_ERROR, ())
    assert "processes that it started held" in got.reason
    assert "may hold 0.50 GiB" in got.reason


def test_there_is_no_memory_that_no_process_holds(narrow: Judge) -> None:
    got = narrow.evaluate(HIDES, load_task("cumsum_rows"), timed=False)
    assert (got.status, got.log) == (Status.CORRECT, "")


SHARES = '''
import subprocess
import torch
from torch import nn
from agent_env.kernels.api import cpp
library = cpp(r"""
#include <sched.h>
#include <csignal>
#include <unistd.h>
static char stack[1 << 16];
static int nothing(void*) { _exit(0); }
extern "C" int shared(int more) {
  return clone(nothing, stack + sizeof stack, CLONE_VM | SIGCHLD | more, nullptr) > 0;
}
extern "C" int waited() { return shared(CLONE_VFORK); }
""")
print("beside its parent:", library.shared(0), "while it waits:", library.waited())
print(subprocess.run(["/bin/echo", "a program"], capture_output=True).stdout)
class ModelNew(nn.Module):
    def forward(self, x):
        return x.cumsum(dim=1)
'''


@pytest.mark.parametrize(("word", "waited"), [("cpp_extension", 1), ("nothing of the kind", 0)])
def test_no_process_shares_the_memory_and_runs_on_while_its_parent_stands_still(
    narrow: Judge, word: str, waited: int
) -> None:
    got = narrow.evaluate(f"# {word}{SHARES}", load_task("cumsum_rows"), timed=False)
    assert got.log == f"beside its parent: 0 while it waits: {waited}\nb'a program\\n'\n"
    assert got.status is Status.CORRECT


def test_a_process_that_came_and_went_counts_until_it_is_taken_note_of() -> None:
    family_of_us = Family(os.getpid())
    family_of_us.settle()
    before = family_of_us.size()  # the judge's own live on
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert family_of_us.size() == before + 1
    family_of_us.settle()
    assert family_of_us.size() == before
    os.waitpid(pid, 0)


def test_who_waits_for_a_process_where_no_stop_reaches_him_pays_for_it(judge: Judge) -> None:
    path = Path(__file__).parents[2] / "cheats" / "cpp_answers_while_another_waits.py"
    code = path.read_text(encoding="utf-8").replace("usleep(200)", "usleep(20000)")
    got = judge.evaluate(code, load_task("cumsum_rows"))
    assert got.timing is not None, got.reason
    assert got.timing.candidate_us > 15_000
