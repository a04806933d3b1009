"""Hostile programs on real processes: each has its own verdict, and the next evaluation works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from agent_env.errors import EnvError
from agent_env.kernels.judge import Judge
from agent_env.kernels.limits import Limits
from agent_env.kernels.tasks import load_task
from agent_env.kernels.verdict import Status, Verdict

HEAD = "import torch, os, sys, time, ctypes\nfrom torch import nn\n"
ANSWER = """\
outside = torch.arange(x.shape[1]) >= lengths[:, None]
y = torch.softmax(x.masked_fill(outside, float("-inf")), dim=-1)
"""
FORGE = """\
import struct
for fd in range(3, 40):
    try:
        os.write(fd, struct.pack("<I", 4) + b"done")
    except OSError:
        pass
"""


def program(forward: str = "return y", init: str = "pass", top: str = "") -> str:
    """A candidate for row_softmax_masked; `y` is the right answer when forward begins."""
    return "\n".join(
        [
            HEAD + top,
            "class ModelNew(nn.Module):",
            "    def __init__(self):",
            "        super().__init__()",
            textwrap.indent(init, " " * 8),
            "    def forward(self, x, lengths):",
            textwrap.indent(ANSWER + forward, " " * 8),
        ]
    )


HONEST = program()


def verdict(judge: Judge, code: str | bytes, **options: object) -> Verdict:
    return judge.evaluate(code, load_task("row_softmax_masked"), **{"timed": False, **options})


# What the text is: the verdict, and words of the reason.
BAD = {
    "empty": (" \n", Status.NO_CODE, "no program"),
    "syntax": ("def f(:\n", Status.COMPILE_ERROR, "candidate.py, line 1"),
    "nul": ("x = 1\0", Status.COMPILE_ERROR, "null"),
    "not utf-8": (b"x = '\xff'", Status.COMPILE_ERROR, "not UTF-8"),
    "too long": ("#" * (1 << 21), Status.COMPILE_ERROR, "2097152 bytes"),
    "no ModelNew": (HEAD, Status.RUNTIME_ERROR, "no class ModelNew"),
    "constructor": (program(init="int('x')"), Status.RUNTIME_ERROR, "built: ValueError"),
    "signature": (
        HEAD + "class ModelNew(nn.Module):\n    def forward(self, x): return x\n",
        Status.RUNTIME_ERROR,
        "takes 2 positional arguments",
    ),
    "raises": (program("raise KeyError('mine')"), Status.RUNTIME_ERROR, "KeyError: 'mine'"),
    "outputs": (program("return y, y"), Status.WRONG, "2 outputs; 1 were expected"),
    "shape": (program("return y[:1]"), Status.WRONG, "has the shape"),
    "dtype": (program("return y.double()"), Status.WRONG, "is torch.float64"),
    "no tensor": (program("return 3"), Status.WRONG, "is a int"),
    "subclass": (
        program("class T(torch.Tensor): pass\nreturn y.as_subclass(T)"),
        Status.WRONG,
        "exactly torch.Tensor",
    ),
    "nan": (program("return y * float('nan')"), Status.WRONG, "got nan"),
    "zeros": (program("return torch.zeros_like(x)"), Status.WRONG, "got 0 (allowed"),
    "segfault": (program("ctypes.string_at(0)"), Status.RUNTIME_ERROR, "signal 11 (SIGSEGV)"),
    "abort": (program("os.abort()"), Status.RUNTIME_ERROR, "SIGABRT"),
    "os._exit": (program("os._exit(0)"), Status.RUNTIME_ERROR, "exit status 0"),
    "sys.exit": (program("sys.exit(0)"), Status.RUNTIME_ERROR, "SystemExit"),
    "exit when loaded": (HEAD + "os._exit(0)", Status.RUNTIME_ERROR, "exit status 0"),
    "torch memory": (
        program("return torch.empty(100 << 30, dtype=torch.uint8)"),
        Status.RUNTIME_ERROR,
        "allocate",
    ),
    "python memory": (program("bytearray(100 << 30)"), Status.RUNTIME_ERROR, "MemoryError"),
    "closed files": (program("os.closerange(0, 300)\nreturn y"), Status.RUNTIME_ERROR, "exit"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_program_is_told_what_is_wrong(judge: Judge, name: str) -> None:
    code, status, words = BAD[name]
    got = verdict(judge, code)
    assert (got.status, got.hacks) == (status, ())
    assert words in got.reason


# What it does: the status and the hack's name.
CHEATS = {
    "forged while loaded": (program(top=FORGE), Status.CHEAT, "judge_tampering"),
    "forged beforehand": (program(FORGE + "return y"), Status.CHEAT, "judge_tampering"),
    "noise on the channel": (
        program(
            "for fd in range(3, 40):\n    try: os.write(fd, b'\\xff' * 64)\n"
            "    except OSError: pass\nreturn y"
        ),
        Status.CHEAT,
        "judge_tampering",
    ),
    "changed input": (program("x.add_(1)\nreturn y"), Status.CHEAT, "input_mutation"),
    "wrote beside": (
        program("ctypes.memset(x.data_ptr() - 8, 1, 8)\nreturn y"),
        Status.WRONG,
        "out_of_bounds",
    ),
    "thread": (
        program(
            "import threading\nspin = lambda: [0 for _ in iter(int, 1)]\n"
            "threading.Thread(target=spin, daemon=True).start()\nreturn y"
        ),
        Status.CHEAT,
        "background_thread",
    ),
    "process": (
        program("if os.fork() == 0:\n    while True: time.sleep(1)\nreturn y"),
        Status.CHEAT,
        "background_thread",
    ),
    "pointer replay": (
        program(
            "key = x.data_ptr(), x.shape\nself.known.setdefault(key, y)\nreturn self.known[key]",
            init="self.known = {}",
        ),
        Status.CHEAT,
        "pointer_replay",
    ),
}


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_is_named(judge: Judge, name: str) -> None:
    code, status, hack = CHEATS[name]
    got = verdict(judge, code)
    assert (got.status, got.hacks) == (status, (hack,))


def test_forging_an_answer_and_leaving_is_not_believed(judge: Judge) -> None:
    assert verdict(judge, program(FORGE + "os._exit(0)")).status is not Status.CORRECT


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (program("while True: pass"), "2 s a call"),
        (program(top="while True: pass\n"), "loading after 5 s"),
        (program("while True:\n    try: os.fork()\n    except OSError: pass"), "2 s a call"),
    ],
    ids=["forward", "loading", "fork bomb"],
)
def test_what_does_not_end_is_ended_with_all_it_started(
    judge: Judge, code: str, words: str
) -> None:
    begin = time.monotonic()
    got = verdict(judge, code)
    assert got.status is Status.TIMEOUT
    assert words in got.reason
    assert time.monotonic() - begin < 15
    assert processes_of_candidates() == []


def processes_of_candidates() -> list[int]:
    """Processes of the users that cages are given, and of process namespaces below ours."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            status = (folder / "status").read_text()
        except OSError:
            continue
        lines = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        ours = f"{1_000_000 + (os.getpid() % 100_000) * 10_000}"[:-4]
        if lines["Uid"].split()[0][:-4] == ours:
            found.append(int(folder.name))
    return found


def test_a_gigabyte_of_log_neither_blocks_nor_fills(judge: Judge) -> None:
    noisy = program(top="print('first')\nfor _ in range(1000): os.write(1, b'x' * (1 << 20))\n")
    got = verdict(judge, noisy)
    assert got.status is Status.CORRECT
    assert got.log.startswith("first\nxxx")
    assert len(got.log) < 20_000
    assert "bytes left out" in got.log


@pytest.mark.parametrize(
    "top",
    ["os.kill(os.getppid(), 9)\n", "try: os.kill(-1, 9)\nexcept OSError: pass\n"],
    ids=["parent", "everybody"],
)
def test_nothing_outside_can_be_killed(judge: Judge, top: str) -> None:
    verdict(judge, program(top=top))
    assert verdict(judge, HONEST).status is Status.CORRECT


def test_the_log_and_the_trace_show_the_candidates_own_lines(judge: Judge) -> None:
    got = verdict(judge, program("print('here')\nraise ValueError('mine')"))
    assert "here" in got.log
    assert "candidate.py" in got.log
    assert "raise ValueError('mine')" in got.log
    assert "agent_env" not in got.log


def test_the_next_evaluation_works_after_the_zygote_was_killed(tmp_path: Path) -> None:
    with Judge(tmp_path, static_rules=False) as own:
        assert verdict(own, HONEST).status is Status.CORRECT
        (zygote,) = own._nursery._zygotes.values()
        os.kill(zygote._process.pid, signal.SIGKILL)
        zygote._process.wait()
        assert verdict(own, HONEST).status is Status.CORRECT
        root = Path(own._nursery._root)
        assert list(root.iterdir()) == []
    assert not root.exists()


def test_a_killed_judge_leaves_nothing(tmp_path: Path) -> None:
    code = f"""
import tempfile
from agent_env.kernels.judge import Judge
from agent_env.kernels.nursery import Flavour
from agent_env.kernels.tasks import load_task
tempfile.tempdir = {str(tmp_path)!r}
with Judge({str(tmp_path / "cache")!r}) as judge:
    judge.isolation()
    print(judge._nursery.zygote(Flavour())._process.pid, flush=True)
    judge.evaluate("while True: pass", load_task("gemm_f32"))
"""
    own = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert own.stdout is not None
    zygote = int(own.stdout.readline())
    time.sleep(1.0)  # by then the candidate runs, most likely; it makes no difference below
    own.kill()
    own.wait()
    own.stdout.close()
    end = time.monotonic() + 10
    while Path(f"/proc/{zygote}").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not Path(f"/proc/{zygote}").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("callforge")] == []


def test_the_zygote_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    with Judge(tmp_path, static_rules=False) as own:
        first = threading.Thread(target=own.isolation)
        first.start()
        first.join()
        (zygote,) = own._nursery._zygotes.values()
        time.sleep(0.2)
        assert zygote.alive()


def test_several_threads_may_ask(judge: Judge) -> None:
    got: list[Status] = []
    asking = [
        threading.Thread(target=lambda: got.append(verdict(judge, HONEST).status)) for _ in range(3)
    ]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert got == [Status.CORRECT] * 3


def test_isolation_that_is_missing_is_named_and_refused_when_required(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge, "_isolation", (("fds",), {"network": "no such namespace"}))
    monkeypatch.setattr(judge, "_require_isolation", True)
    with pytest.raises(EnvError, match=r"network \(no such namespace\)"):
        verdict(judge, HONEST)


def test_the_random_state_of_torch_stays_as_it_was(judge: Judge) -> None:
    import torch

    before = torch.get_rng_state()
    verdict(judge, HONEST)
    assert torch.equal(before, torch.get_rng_state())


def test_a_gpu_that_is_not_there_is_said() -> None:
    import torch

    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="no GPU here"):
            Judge(device="cuda")
    with pytest.raises(ValueError, match="give one of: cpu, cuda, auto"):
        Judge(device="tpu")


@pytest.mark.parametrize("name", ["load_s", "memory_bytes"])
def test_a_limit_of_nothing_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Limits(**{name: 0})
