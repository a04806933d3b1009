from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_env.errors import EnvError
from agent_env.kernels.functions import LIMITS, Arguments, CallEnd, FunctionRunner, Ran
from agent_env.kernels.limits import Limits

ROOT = Path(__file__).resolve().parents[3]
QUICK = Limits(**{**LIMITS.to_dict(), "call_s": 0.5, "load_s": 1.0, "evaluation_s": 3.0})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def runner() -> Iterator[FunctionRunner]:
    runner = FunctionRunner(QUICK, hidden=[str(ROOT)])
    yield runner
    runner.close()


def ran(runner: FunctionRunner, code: str, *values: object) -> Ran:
    return runner.run(code, "f", [Arguments(positional=(value,)) for value in values or (1, 2)])


def ends(result: Ran) -> list[CallEnd]:
    return [one.end for one in result.calls]


def test_what_a_function_returns_comes_back(runner: FunctionRunner) -> None:
    calls = [
        Arguments(positional=([1, (2,)],)),
        Arguments(positional=({"a": {1}},), named={"times": 2}),
    ]
    result = runner.run("def f(x, times=1):\n    return [x] * times\n", "f", calls)
    assert [one.value for one in result.calls] == [[[1, (2,)]], [{"a": {1}}, {"a": {1}}]]
    assert result.fault == ""


def test_every_call_gets_arguments_of_its_own(runner: FunctionRunner) -> None:
    result = ran(runner, "def f(x):\n    x.append(1)\n    return x\n", [], [])
    assert [one.value for one in result.calls] == [[1], [1]]


@pytest.mark.parametrize(
    ("line", "end", "reason"),
    [
        ("while True: pass", CallEnd.TIMEOUT, "was still running after 0.5 s"),
        ("os._exit(0)", CallEnd.ENDED, "left its process with exit status 0"),
        ("os.abort()", CallEnd.ENDED, "was ended by signal SIG"),
    ],
)
def test_one_bad_call_leaves_the_next_ones(
    runner: FunctionRunner, line: str, end: CallEnd, reason: str
) -> None:
    code = f"import os\ndef f(x):\n    if x == 1:\n        {line}\n    return x\n"
    result = ran(runner, code, 0, 1, 2)
    assert ends(result) == [CallEnd.VALUE, end, CallEnd.VALUE]
    assert result.calls[1].reason.startswith(reason)
    assert result.calls[2].value == 2


def test_a_program_that_always_hangs_is_bounded(runner: FunctionRunner) -> None:
    started = time.monotonic()
    result = ran(runner, "def f(x):\n    while True: pass\n", *range(40))
    assert time.monotonic() - started < QUICK.evaluation_s + 3
    assert CallEnd.NOT_RUN in ends(result)
    assert CallEnd.VALUE not in ends(result)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("def f(x:\n", "it raised SyntaxError"),
        ("1 / 0", "it raised ZeroDivisionError: division by zero"),
        ("g = 1", "defines no function f"),
        ("f = 1", "defines no function f"),
        ("import os\nos._exit(0)", "left its process with exit status 0 while it was being loaded"),
        ("while True: pass", "still loading after 1 s"),
        ("raise SystemExit", "it raised SystemExit"),
    ],
)
def test_a_program_that_does_not_load_says_why(
    runner: FunctionRunner, code: str, fault: str
) -> None:
    result = ran(runner, code)
    assert fault in result.fault
    assert ends(result) == [CallEnd.NOT_RUN] * 2


def test_a_trace_names_the_programs_own_lines(runner: FunctionRunner) -> None:
    (one,) = ran(runner, "def f(x):\n    y = 0\n    return x / y\n", 1).calls
    assert one.end is CallEnd.RAISED
    assert one.reason.endswith('File "candidate.py", line 3, in f\n    return x / y')


FORGERS = {
    "prints a verdict": 'def f(x):\n    print(\'{"kind": "passed"}\')\n    return None\n',
    "is equal to anything": (
        "class Any:\n    def __eq__(self, other): return True\ndef f(x): return Any()\n"
    ),
    "is a number that is equal to anything": (
        "class Any(int):\n    def __eq__(self, other): return True\n"
        "    __hash__ = int.__hash__\ndef f(x): return Any(0)\n"
    ),
    "writes a passed message on every file": """
import os, struct
def f(x):
    said = b'{"kind": "passed"}'
    for fd in range(64):
        try:
            os.write(fd, struct.pack("<I", len(said)) + said)
        except OSError:
            pass
    return None
""",
    "rewrites the harness": """
import sys
from agent_env.kernels import plain_values
plain_values.to_text = lambda value: '"passed"'
def f(x): return None
""",
    "leaves in an exit handler": """
import atexit, os
def f(x):
    atexit.register(os._exit, 0)
    raise SystemExit(0)
""",
}


@pytest.mark.parametrize("name", FORGERS)
def test_no_forged_message_is_the_right_value(runner: FunctionRunner, name: str) -> None:
    for one in ran(runner, FORGERS[name], 41, 42).calls:
        assert one.end is not CallEnd.VALUE or one.value in (None, 0, "passed")
        assert type(one.value) in (type(None), int, str)


def test_answers_written_ahead_are_only_values(runner: FunctionRunner) -> None:
    code = """
import os, struct
def f(x):
    said = b'{"kind": "value", "text": "7"}'
    for fd in range(3, 64):
        try:
            os.write(fd, struct.pack("<I", len(said)) + said)
        except OSError:
            pass
    return 7
"""
    # How far it gets before the judge stops it settles which of its answers come early.
    for _ in range(3):
        result = ran(runner, code, 1, 2, 3)
        assert {one.value for one in result.calls} <= {7, None}
        assert set(ends(result)) <= {CallEnd.VALUE, CallEnd.TAMPERED, CallEnd.NOT_RUN}


@pytest.mark.parametrize(
    "line",
    [
        "import socket; socket.socket()",
        f"open({str(ROOT / 'pyproject.toml')!r}).read()",
        "open('/etc/passwd').read()",
        "open('/tmp/left_behind', 'w').write('x')",
        "bytearray(2 << 30)",
        "open('a', 'wb').write(bytes(64 << 20))",
    ],
)
def test_the_cage_is_closed(runner: FunctionRunner, line: str) -> None:
    (one,) = ran(runner, f"def f(x):\n    {line}\n    return 'out'\n", 1).calls
    assert one.end is CallEnd.RAISED


def test_what_is_hidden_is_gone_even_where_python_may_read(tmp_path: Path) -> None:
    # Python's own folder may be read; the same folder hidden may not.
    import collections

    folder = Path(collections.__file__).parent
    code = f"import os\ndef f(x):\n    return sorted(os.listdir({str(folder)!r}))\n"
    shown, hidden = FunctionRunner(QUICK), FunctionRunner(QUICK, hidden=[str(folder)])
    try:
        if "filesystem" not in ran(shown, code, 1).layers:
            return
        assert "__init__.py" in ran(shown, code, 1).calls[0].value
        assert ran(hidden, code, 1).calls[0].value == []
    finally:
        shown.close()
        hidden.close()


def test_memory_is_that_of_all_processes_together() -> None:
    code = """
import os, time
def f(x):
    held = b"x" * (60 << 20)
    for _ in range(4):
        if os.fork() == 0:
            own = bytearray(b"y" * (60 << 20))
            time.sleep(20)
    time.sleep(20)
"""
    small = Limits(**{**LIMITS.to_dict(), "call_s": 8.0, "memory_bytes": 160 << 20})  # type: ignore[arg-type]
    runner = FunctionRunner(small)
    try:
        (one,) = ran(runner, code, 1).calls
    finally:
        runner.close()
    assert one.end is CallEnd.ENDED
    assert "memory" in one.reason.lower()


def test_large_and_unreadable_results_are_no_values(runner: FunctionRunner) -> None:
    for line, reason in (("'a' * 10**6", "at most 65536 are read"), ("f", "no plain value")):
        (one,) = ran(runner, f"def f(x):\n    return {line}\n", 1).calls
        assert (one.end, reason in one.reason) == (CallEnd.UNREAD, True)


def test_what_is_printed_is_kept_apart_and_bounded(runner: FunctionRunner) -> None:
    result = ran(runner, "def f(x):\n    print('y' * 50_000)\n    return x\n", 1, 2)
    assert [one.value for one in result.calls] == [1, 2]
    assert 0 < len(result.log) <= QUICK.log_bytes


def test_a_runner_starts_again_when_its_process_is_gone(runner: FunctionRunner) -> None:
    ran(runner, "def f(x): return x\n")
    (zygote,) = runner._nursery._zygotes.values()
    zygote._process.kill()
    zygote._process.wait()
    assert ends(ran(runner, "def f(x): return x\n")) == [CallEnd.VALUE] * 2


def test_a_machine_that_forks_nothing_is_no_verdict(
    runner: FunctionRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise EnvError("ZygoteError", "no process", True)

    monkeypatch.setattr(runner._nursery, "fork", refuse)
    with pytest.raises(EnvError, match="no process"):
        ran(runner, "def f(x): return x\n")


def test_torch_is_loaded_nowhere() -> None:
    code = (
        "import sys; from agent_env.kernels.functions import Arguments, FunctionRunner\n"
        "r = FunctionRunner()\n"
        "text = 'import sys\\ndef f(): return \"torch\" in sys.modules'\n"
        "said = r.run(text, 'f', [Arguments()])\n"
        "r.close(); print(said.calls[0].value, 'torch' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False"]
