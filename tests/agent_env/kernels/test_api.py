import ctypes
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from agent_env.errors import UnknownNameError
from agent_env.kernels import api
from agent_env.kernels.cache import Cache
from agent_env.kernels.compile import compile_candidate, stage

ROOT = Path(__file__).resolve().parents[3]
SOURCE = """
#include <cstdint>
extern "C" void scale(const float* x, float* y, int64_t n, float by) {
  for (int64_t i = 0; i < n; ++i) y[i] = x[i] * by;
}
extern "C" int64_t count(const uint8_t* mask, int n) {
  int64_t c = 0;
  for (int i = 0; i < n; ++i) c += mask[i] != 0;
  return c;
}
extern "C" double half(double x) { return x / 2; }
extern "C" bool is_null(const void* p) { return !p; }
extern "C" void copy(const uint16_t* x, uint16_t* y, uint8_t n) {
  for (int i = 0; i < n; ++i) y[i] = x[i];
}
extern "C" bool flip(bool on) { return !on; }
static void hidden(int a) {}
"""
CODE = f"from agent_env.kernels.api import cpp\nlib = cpp({SOURCE!r})\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    top = tmp_path_factory.mktemp("api")
    built = compile_candidate(CODE, Cache(top / "cache"))
    assert built.ok, built
    stage(built, top)
    return top


@pytest.fixture
def lib(folder):
    api.use_libraries(folder)
    yield api.cpp(SOURCE)
    api.use_libraries(None)


def test_tensors_and_numbers_go_in_and_numbers_come_back(lib):
    x = torch.arange(6, dtype=torch.float32)
    y = torch.zeros(2, 3)
    assert lib.scale(x, y, 6, 2) is None
    assert y.tolist() == [[0, 2, 4], [6, 8, 10]]
    assert lib.count(torch.tensor([1, 0, 7], dtype=torch.uint8), 3) == 2
    assert lib.half(5) == 2.5
    assert lib.flip(True) is False


def test_none_is_a_null_pointer_and_void_takes_any_tensor(lib):
    assert lib.is_null(None) is True
    assert lib.is_null(torch.zeros(1, dtype=torch.int16)) is False


def test_types_that_cpp_has_no_name_for_go_by_their_bits(lib):
    x = torch.tensor([1.5, -2.0], dtype=torch.bfloat16)
    y = torch.zeros(2, dtype=torch.bfloat16)
    lib.copy(x, y, 2)
    assert torch.equal(x, y)
    assert lib.count(torch.tensor([True, False]), 2) == 1


def test_parameters_of_a_model_go_in(lib):
    weight = torch.nn.Parameter(torch.ones(3))
    y = torch.zeros(3)
    lib.scale(weight, y, 3, 0.5)
    assert y.tolist() == [0.5] * 3


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("scale", (1,), "scale takes 4 arguments (x, y, n, by) and got 1"),
        ("scale", ("f64", "f32", 1, 1.0), "argument 1 (x) is a tensor of float64; give"),
        ("scale", ("f32", "strided", 1, 1.0), "argument 2 (y) is not contiguous (shape (2,) and"),
        ("scale", ([1.0], "f32", 1, 1.0), "argument 1 (x) is of type list"),
        ("scale", ("f32", "f32", 1.0, 1.0), "argument 3 (n) is of type float; give an integer"),
        ("scale", ("f32", "f32", 2**63, 1.0), "int64 holds"),
        ("scale", ("f32", "f32", 1, "1"), "argument 4 (by) is of type str; give a number"),
        ("scale", ("f32", "f32", 1, 10**400), "too large for a double"),
        ("scale", ("f32", "f32", 1, "f32"), "argument 4 (by) is of type Tensor"),
        ("scale", ("f32", "meta", 1, 1.0), "argument 2 (y) is on meta"),
        ("copy", ("i32", None, 1), "uint16 or bfloat16 or float16"),
        ("copy", (None, None, 256), "from 0 to 255"),
        ("flip", ("on",), "give True or False"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_in_one_sentence(lib, name, given, said):
    tensors = {
        "f32": torch.zeros(4),
        "f64": torch.zeros(4, dtype=torch.float64),
        "i32": torch.zeros(4, dtype=torch.int32),
        "strided": torch.zeros(4)[::2],
        "meta": torch.zeros(4, device="meta"),
    }
    arguments = [tensors.get(one, one) if isinstance(one, str) else one for one in given]
    with pytest.raises(api.KernelError) as raised:
        getattr(lib, name)(*arguments)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_unknown_function_is_answered_with_the_nearest(lib):
    with pytest.raises(UnknownNameError, match="Did you mean 'scale'"):
        lib.scall()
    with pytest.raises(UnknownNameError):
        lib.hidden(1)


def test_a_source_that_was_not_built_says_why(lib):
    with pytest.raises(api.KernelError, match="not known from the text"):
        api.cpp(SOURCE + " ")
    with pytest.raises(api.KernelError, match="got int"):
        api.cpp(3)


def test_a_library_that_does_not_load_says_so(folder, tmp_path):
    for path in folder.glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
        (tmp_path / f"{path.stem}.so").write_bytes(b"no library")
    api.use_libraries(tmp_path)
    try:
        with pytest.raises(api.KernelError, match="cannot be loaded"):
            api.cpp(SOURCE)
    finally:
        api.use_libraries(None)


def test_a_candidate_runs_by_hand_and_is_built_then(tmp_path):
    script = (
        f"import torch\n{CODE}x = torch.ones(3)\nlib.scale(x, x, 3, 4.0)\nprint(x.tolist())\n"
        "try:\n    cpp('int x = y;')\nexcept Exception as error:\n    print(error)\n"
    )
    (tmp_path / "tmp").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={
            "XDG_CACHE_HOME": str(tmp_path),
            "PATH": "/usr/bin:/bin",
            "TMPDIR": str(tmp_path / "tmp"),
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    lines = done.stdout.splitlines()
    assert lines[0] == "[4.0, 4.0, 4.0]"
    assert lines[1].startswith("g++: candidate.cpp:1:9: error: 'y' was not declared")
    assert list(tmp_path.glob("callforge/kernels/entries/??/*/library.so"))
    assert list((tmp_path / "tmp").iterdir()) == []


def test_importing_the_light_modules_loads_no_torch():
    script = (
        "import sys, agent_env.kernels.compile, agent_env.kernels.toolchains, "
        "agent_env.kernels.api, agent_env.kernels.triton_aot, agent_env.kernels.triton_cpu\n"
        "print(sorted({'torch', 'numpy', 'triton'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_facts_beside_a_library_are_json_that_anybody_reads(folder):
    [path] = folder.glob("*.json")
    names = [row["name"] for row in json.loads(path.read_text())["functions"]]
    assert names == ["scale", "count", "half", "is_null", "copy", "flip"]
    assert ctypes.CDLL(str(path.with_suffix(".so"))).half is not None
