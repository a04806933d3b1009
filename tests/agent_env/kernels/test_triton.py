"""Triton on the CPU. What needs the interpreter runs in a process that was started for it."""

import json
import os
import struct
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch

from agent_env.kernels import triton_aot, triton_cpu
from agent_env.kernels.cache import Cache
from agent_env.kernels.toolchains import Toolchain
from agent_env.kernels.triton_aot import Compiled, compile_launches

ROOT = Path(__file__).resolve().parents[3]

KERNELS = """
import torch, triton, triton.language as tl

@triton.jit
def binary(x, y, o, N: tl.constexpr):
    at = tl.arange(0, N)[:, None] * N + tl.arange(0, N)[None, :]
    a = tl.load(x + at)
    b = tl.load(y + at)
    tl.store(o + at, EXPRESSION)

@triton.jit
def many(x, n, N: tl.constexpr):
    i = tl.program_id(0) * N + tl.arange(0, N)
    tl.store(x + i, tl.load(x + i, mask=i < n) + 1, mask=i < n)
"""

# An expression in Triton over tiles of bfloat16, and what it is in torch.
OPERATIONS = {
    "a + b": "a + b",
    "a - b": "a - b",
    "a * b": "a * b",
    "-a": "-a",
    "a * 0.5 + 1.0": "a * 0.5 + 1.0",
    "tl.where(a > b, a, b)": "torch.maximum(a, b)",
    "tl.abs(a)": "a.abs()",
    "tl.sort(a)": "a.sort(-1).values",
    "a + tl.full([N, N], 2.0, tl.bfloat16)": "a + 2",
    "(a.to(tl.float32) * 3).to(tl.bfloat16)": "a * 3",
    "(a * 10).to(tl.int32).to(tl.float32)": "(a * 10).int().float()",
    "tl.dot(a, b)": "a.float() @ b.float()",
    "tl.dot(a, tl.trans(b))": "a.float() @ b.float().t()",
    "tl.max(a, axis=0)[None, :] + a * 0": "a.amax(0, keepdim=True).expand(32, 32)",
    "tl.cumsum(a, axis=0)": "a.float().cumsum(0).bfloat16()",
    "tl.sum(a, axis=0)[None, :] + a * 0": "a.float().sum(0).bfloat16().expand(32, 32)",
}

INTERPRETED = """
import importlib.util, json, pathlib, sys
import agent_env.kernels.triton_preload
from agent_env.kernels.triton_cpu import prepare
prepare()  # twice does no harm
import torch
folder = pathlib.Path(sys.argv[1])
kernels, operations = json.loads(sys.stdin.read())

def load(name, text):
    (folder / f"{name}.py").write_text(text)
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

torch.manual_seed(0)
a, b = torch.randn(2, 32, 32).bfloat16()
errors = {}
for number, (triton_text, torch_text) in enumerate(operations.items()):
    module = load(f"k{number}", kernels.replace("EXPRESSION", triton_text))
    out = torch.zeros(32, 32)
    module.binary[(1,)](a, b, out, 32)
    expected = eval(torch_text).float()
    errors[triton_text] = float(((out - expected).abs() / (1 + expected.abs())).max())
x = torch.zeros(100)
module.many[(4,)](x, 100, 32)
said = ""
try:
    module.many[(100_000,)](x, 100, 32)
except Exception as error:
    said = str(error)
print(json.dumps([errors, x.tolist(), said]))
"""

SOFTMAX = """
import torch, triton, triton.language as tl
from torch import nn

@triton.jit
def softmax(x, y, n, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    i = tl.arange(0, BLOCK)
    v = tl.load(x + row * n + i, mask=i < n, other=-float("inf"))
    v = tl.exp(v - tl.max(v, axis=0))
    tl.store(y + row * n + i, v / tl.sum(v, axis=0), mask=i < n)

class ModelNew(nn.Module):
    def forward(self, x):
        y = torch.empty_like(x)
        grid = lambda meta: (x.shape[0],)
        softmax[grid](x, y, x.shape[1], BLOCK=triton.next_power_of_2(x.shape[1]), num_warps=2)
        return y
"""


def interpret(program, *arguments, given="", environment=triton_cpu.ENVIRONMENT):
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        input=given,
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def interpreted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("interpreted")
    done = interpret(INTERPRETED, folder, given=json.dumps([KERNELS, OPERATIONS]))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.triton
def test_bfloat16_computes_as_a_gpu_does(interpreted):
    errors = interpreted[0]
    assert list(errors) == list(OPERATIONS)
    assert {text: error for text, error in errors.items() if not error <= 2**-8} == {}


@pytest.mark.triton
def test_a_grid_runs_and_one_that_is_too_large_says_so(interpreted):
    _, x, said = interpreted
    assert x == [1.0] * 100
    assert "A grid of 100000 programs" in said
    assert "Let each program do more" in said


@pytest.mark.triton
def test_without_its_variable_the_interpreter_is_not_prepared():
    done = interpret(
        "import agent_env.kernels.triton_preload", environment={"TRITON_INTERPRET": ""}
    )
    assert "TRITON_INTERPRET is not set" in done.stderr


def test_a_machine_without_triton_says_so(monkeypatch, tmp_path):
    absent = Toolchain(
        name="triton", version="", serves="", missing="triton is not available here."
    )
    monkeypatch.setattr(triton_cpu.toolchains, "triton", lambda: absent)
    assert triton_cpu.problem() == "triton is not available here."
    with pytest.raises(triton_cpu.KernelError, match="triton is not available here"):
        triton_cpu.prepare()
    found = compile_launches(SOFTMAX, [], [], Cache(tmp_path))
    assert (found.ok, found.missing) == (False, "triton is not available here.")


def test_bfloat16_widens_exactly_and_rounds_to_nearest_even():
    bits = torch.arange(-(2**15), 2**15, dtype=torch.int32).to(torch.int16).view(torch.bfloat16)
    array = bits.view(torch.int16).numpy().view("uint16")
    wide = torch.from_numpy(triton_cpu.widened(array))
    assert torch.equal(wide.nan_to_num(0.0), bits.float().nan_to_num(0.0))
    finite = ~wide.isnan()
    back = torch.from_numpy(triton_cpu.narrowed(wide.numpy()).view("int16")).view(torch.bfloat16)
    assert torch.equal(back[finite], bits[finite])
    assert back[~finite].isnan().all()


def test_rounding_agrees_with_torch():
    torch.manual_seed(0)
    patterns = torch.randint(-(2**31), 2**31 - 1, (100_000,), dtype=torch.int64)
    values = patterns.to(torch.int32).view(torch.float32)
    ours = torch.from_numpy(triton_cpu.narrowed(values.numpy()).view("int16"))
    theirs = values.bfloat16()
    known = ~values.isnan()
    assert torch.equal(ours[known], theirs.view(torch.int16)[known])
    assert triton_cpu.narrowed(struct.unpack("f", b"\xff\xff\xff\x7f")) == [0x7FC0]


@pytest.mark.triton
def test_a_candidates_own_launches_are_compiled_for_sm_90(tmp_path):
    cache = Cache(tmp_path)
    found = compile_launches(SOFTMAX, [], [torch.zeros(6, 777)], cache)
    assert found.ok, found
    [launch] = found.launches
    assert (launch.kernel, launch.grid, launch.num_warps) == ("softmax", (6, 1, 1), 2)
    assert 8 < launch.registers <= 255
    assert found.resources.kernels == ("softmax",)
    again = compile_launches(SOFTMAX, [], [torch.ones(6, 777)], cache, timeout_s=0.001)
    assert again == found


@pytest.mark.triton
def test_tritons_own_words_come_back_when_a_kernel_does_not_compile(tmp_path):
    code = SOFTMAX.replace("tl.max(v, axis=0))", "tl.max(v, axis=0) + nothing)")
    found = compile_launches(code, [], [torch.zeros(6, 777)], Cache(tmp_path))
    assert not found.ok
    assert found.reason.endswith("NameError('nothing is not defined')")
    assert "v = tl.exp(v - tl.max(v, axis=0) + nothing)" in found.log
    assert found.missing == ""


@pytest.mark.triton
@pytest.mark.parametrize(
    "code",
    [
        SOFTMAX.replace("y = torch", "assert x.is_cuda\n        y = torch"),
        "import os\nos._exit(3)",
        "print('no model')",
    ],
)
def test_what_cannot_be_recorded_says_nothing_of_the_kernels(tmp_path, code):
    found = compile_launches(code, [], [torch.zeros(6, 777)], Cache(tmp_path))
    assert not found.ok
    assert found.reason == ""
    assert "nothing is known for sm_90" in found.missing


@pytest.mark.triton
def test_a_program_that_does_not_end_is_stopped(tmp_path):
    found = compile_launches("while True: pass", [], [], Cache(tmp_path), timeout_s=4.0)
    assert (found.ok, found.reason) == (False, "")
    assert "still going on after 4 s" in found.missing
    assert not list(tmp_path.iterdir())


@pytest.mark.triton
def test_a_candidate_cannot_leave_its_cage_while_it_is_recorded(tmp_path):
    tmp_path.chmod(0o777)
    code = textwrap.dedent(f"""
        open({str(tmp_path / "mark")!r}, "w")
    """)
    found = compile_launches(code, [], [], Cache(tmp_path / "cache"))
    assert "PermissionError" in found.log
    assert not (tmp_path / "mark").exists()


def launch(**changes):
    row = {"kernel": "k", "grid": [1, 1, 1], "num_warps": 4, "shared_bytes": 16, "ptx": ""}
    return {**row, **changes}


@pytest.mark.parametrize(
    "report",
    [
        b"",
        b"[]",
        b"{}",
        b'{"launches": 3, "error": null}',
        b'{"launches": [{"kernel": "k"}], "error": null}',
        json.dumps({"launches": [launch(grid="x")], "error": None}).encode(),
        json.dumps({"launches": [], "error": "bad"}).encode(),
        b"[" * 100_000,
        b"\xff\xff",
    ],
)
def test_a_forged_report_is_no_report(report):
    assert triton_aot._read(report) is None


def test_a_report_is_read_and_cut_to_size():
    rows = [launch(kernel="k" * 10_000)] * 1_000
    report = {"launches": rows, "error": {"kind": "run", "message": "m" * 100_000, "more": 1}}
    read = triton_aot._read(json.dumps(report).encode())
    assert len(read["launches"]) == 64
    assert len(read["launches"][0]["kernel"]) == 200
    assert {name: len(text) for name, text in read["error"].items()} == {
        "kind": 3,
        "message": 8_000,
    }


def test_a_kernel_that_does_not_fit_says_what_there_is():
    error = {"kind": "resources", "message": "OutOfResources: mm, required 262144, limit 232448"}
    found = triton_aot._judged({"launches": [], "error": error})
    assert isinstance(found, Compiled)
    assert "232448" in found.reason
    assert "262144" in found.reason
