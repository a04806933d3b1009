"""CUDA texts as they are read and rewritten, and what ptxas says; no compiler runs here."""

import pytest

from agent_env.kernels.compile_cuda import kernel_usage, plain_name
from agent_env.kernels.cuda_source import has_barriers, launchers, not_emulated, rewritten

SCALE = """
#include <cuda_runtime.h>
__global__ void scale(const float* __restrict__ x, float* y, int n, float by) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = x[i] * by;
}
"""
BARRIER = """
__global__ void swap(float* x) {
  __shared__ float both[2];
  both[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  x[threadIdx.x] = both[1 - threadIdx.x];
}
"""


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('asm volatile("");', "inline PTX"),
        ("namespace cg = cooperative_groups;", "cooperative groups"),
        ("__pipeline_commit();", "cp.async"),
        ("nvcuda::wmma::fragment f;", "tensor cores"),
        ("#include <cuda_bf16.h>", "half types"),
        ("__half2 h;", "half types"),
    ],
)
def test_what_is_not_emulated_is_named(text, named):
    assert named in not_emulated(text)


@pytest.mark.parametrize("text", ["// asm and __half", "int behalf = 1;", BARRIER, SCALE])
def test_what_is_emulated_is_not(text):
    assert not_emulated(text) == ""


def test_a_text_is_rewritten_line_for_line():
    text = (
        "#include <cuda_runtime.h>\n#include <cmath>\n__noinline__ void f();\n"
        "extern __shared__ __align__(16) unsigned char s[];\n"
        "extern\n__shared__ float t[];\nint last;"
    )
    lines = rewritten(text).split("\n")
    assert lines[0] == ""
    assert lines[1] == "#include <cmath>"
    assert lines[3].startswith("unsigned char* const s = ")
    assert lines[-1] == "int last;"
    assert len(lines) == text.count("\n") + 1


def test_launchers_and_barriers():
    assert launchers(SCALE).count("callforge_launch_scale") == 1
    assert not has_barriers(SCALE)
    assert has_barriers(BARRIER)


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("_Z5scalePKfPfif", "scale"),
        ("softmax", "softmax"),
        ("_ZN3foo3barEPf", "bar"),
        ("_Z1fPf", "f"),
    ],
)
def test_names_without_mangling(symbol, name):
    assert plain_name(symbol) == name


def test_ptxas_is_read():
    log = (
        "ptxas info    : 0 bytes gmem\n"
        "ptxas info    : Compiling entry function '_Z1aPf' for 'sm_90'\n"
        "ptxas info    : Function properties for _Z1aPf\n"
        "    16 bytes stack frame, 8 bytes spill stores, 4 bytes spill loads\n"
        "ptxas info    : Used 32 registers, used 1 barriers, 8192 bytes smem\n"
        "ptxas info    : Compiling entry function 'b' for 'sm_90'\n"
        "ptxas info    : Used 8 registers\n"
    )
    assert kernel_usage(log) == {
        "a": {"symbol": "_Z1aPf", "registers": 32, "shared": 8192, "spill": 12},
        "b": {"symbol": "b", "registers": 8, "shared": 0, "spill": 0},
    }
