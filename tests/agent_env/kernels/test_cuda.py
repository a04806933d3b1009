"""CUDA sources: compiled by nvcc where it is, run on the CPU everywhere g++ is."""

import pytest
import torch

from agent_env.errors import UnknownNameError
from agent_env.kernels import api, toolchains
from agent_env.kernels.cache import Cache
from agent_env.kernels.compile import BuildStatus, compile_candidate, stage
from agent_env.kernels.toolchains import Toolchain

SCALE = """
#include <cuda_runtime.h>
__global__ void scale(const float* __restrict__ x, float* y, int n, float by) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = x[i] * by;
}
"""
SOFTMAX = """
#include <float.h>
template <int W> __device__ __forceinline__ float warp_max(float v) {
  for (int o = W / 2; o; o >>= 1) v = fmaxf(v, __shfl_xor_sync(0xffffffffu, v, o));
  return v;
}
__device__ float block_sum(float v) {
  __shared__ float part[32];
  for (int o = 16; o; o >>= 1) v += __shfl_down_sync(0xffffffffu, v, o);
  int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
  if (lane == 0) part[warp] = v;
  __syncthreads();
  v = threadIdx.x < blockDim.x / 32 ? part[lane] : 0.f;
  if (warp == 0) for (int o = 16; o; o >>= 1) v += __shfl_down_sync(0xffffffffu, v, o);
  if (threadIdx.x == 0) part[0] = v;
  __syncthreads();
  return part[0];
}
extern "C" __global__ void __launch_bounds__(128) softmax(const float* x, float* y, int n) {
  extern __shared__ __align__(16) float row[];
  __shared__ float most;
  x += (size_t)blockIdx.x * n;
  y += (size_t)blockIdx.x * n;
  for (int i = threadIdx.x; i < n; i += blockDim.x) row[i] = x[i];
  __syncthreads();
  if (threadIdx.x < 32) {
    float m = -FLT_MAX;
    for (int i = threadIdx.x; i < n; i += 32) m = fmaxf(m, row[i]);
    m = warp_max<32>(m);
    if (threadIdx.x == 0) most = m;
  }
  __syncthreads();
  float s = 0;
  for (int i = threadIdx.x; i < n; i += blockDim.x) s += row[i] = __expf(row[i] - most);
  s = block_sum(s);
  for (int i = threadIdx.x; i < n; i += blockDim.x) y[i] = row[i] / s;
}
"""
MATMUL = """
#define T 16
__global__ void matmul(const float* a, const float* b, float* c, int n) {
  __shared__ float as[T][T], bs[T][T];
  int row = blockIdx.y * T + threadIdx.y, column = blockIdx.x * T + threadIdx.x;
  float sum = 0;
  for (int t = 0; t < n / T; ++t) {
    as[threadIdx.y][threadIdx.x] = a[row * n + t * T + threadIdx.x];
    bs[threadIdx.y][threadIdx.x] = b[(t * T + threadIdx.y) * n + column];
    FIRST
    for (int k = 0; k < T; ++k) sum += as[threadIdx.y][k] * bs[k][threadIdx.x];
    SECOND
  }
  c[row * n + column] = sum;
}
"""
WARPS = """
__global__ void warps(int* out) {
  int t = threadIdx.x;
  int* mine = out + t * 8;
  mine[0] = __ballot_sync(0xffffffffu, t % 3 == 0);
  mine[1] = __any_sync(0xffffffffu, t == 40);
  mine[2] = __all_sync(0xffffffffu, t < 32);
  mine[3] = __shfl_sync(0xffffffffu, t, 3, 8);
  mine[4] = __shfl_up_sync(0xffffffffu, t, 1);
  mine[5] = __reduce_add_sync(0xffffffffu, t);
  mine[6] = __syncthreads_count(t % 2);
  if (t < 16) {
    __syncwarp(0xffffu);
    mine[7] = __shfl_xor_sync(0xffffu, t, 1);
  }
  __syncthreads();
  atomicMax(out + 7, t);
}
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return Cache(tmp_path_factory.mktemp("cuda"))


@pytest.fixture
def shim_only(monkeypatch):
    """Without nvcc: what the shim says, on every machine and in less time."""
    absent = Toolchain(name="nvcc", version="", serves="", missing="nvcc is not available here.")
    monkeypatch.setattr(toolchains, "nvcc", lambda: absent)


def build(source, cache):
    return compile_candidate(
        f"from agent_env.kernels.api import cuda\nk = cuda({source!r})\n", cache
    )


@pytest.fixture
def module(cache, shim_only, tmp_path):
    def load(source):
        built = build(source, cache)
        assert built.ok, built
        stage(built, tmp_path)
        api.use_libraries(tmp_path)
        return api.cuda(source)

    yield load
    api.use_libraries(None)


def test_a_kernel_without_barriers_runs_over_its_grid(module):
    x = torch.randn(1_000)
    y = torch.empty_like(x)
    module(SCALE).launch("scale", grid=(4,), block=(256,), args=[x, y, 1_000, 2.0])
    assert torch.equal(y, x * 2)


def test_shuffles_shared_memory_and_barriers_give_a_softmax(module):
    x = torch.randn(5, 200)
    kernel = module(SOFTMAX)
    for _ in range(2):  # forwards and backwards
        y = torch.empty_like(x)
        kernel.launch("softmax", grid=5, block=128, args=[x, y, 200], shared=800)
        assert torch.allclose(y, x.softmax(1), atol=1e-7)


def test_blocks_in_two_dimensions(module):
    a, b, c = torch.randn(32, 32), torch.randn(32, 32), torch.empty(32, 32)
    source = MATMUL.replace("FIRST", "__syncthreads();").replace("SECOND", "__syncthreads();")
    module(source).launch("matmul", grid=(2, 2), block=(16, 16), args=[a, b, c, 32])
    assert torch.allclose(c, a @ b, atol=1e-5)


@pytest.mark.parametrize("missing", ["FIRST", "SECOND"])
def test_a_barrier_that_is_missing_shows_in_the_numbers(module, missing):
    a, b, c = torch.randn(32, 32), torch.randn(32, 32), torch.empty(32, 32)
    source = MATMUL.replace(missing, "").replace("FIRST", "__syncthreads();")
    kernel = module(source.replace("SECOND", "__syncthreads();"))
    wrong = []
    for _ in range(2):
        kernel.launch("matmul", grid=(2, 2), block=(16, 16), args=[a, b, c, 32])
        wrong.append(not torch.allclose(c, a @ b, atol=1e-3))
    assert any(wrong)


def test_votes_shuffles_and_partial_warps(module):
    out = torch.zeros(64, 8, dtype=torch.int32)
    module(WARPS).launch("warps", grid=1, block=64, args=[out])
    threads = range(64)
    ballots = [
        sum(1 << lane for lane in range(32) if (warp * 32 + lane) % 3 == 0) for warp in (0, 1)
    ]
    assert [row % 2**32 for row in out[:, 0].tolist()] == [ballots[t // 32] for t in threads]
    assert out[:, 1].tolist() == [int(t >= 32) for t in threads]
    assert out[:, 2].tolist() == [int(t < 32) for t in threads]
    assert out[:, 3].tolist() == [t // 8 * 8 + 3 for t in threads]
    assert out[:, 4].tolist() == [t if t % 32 == 0 else t - 1 for t in threads]
    assert out[:, 5].tolist() == [sum(range(t // 32 * 32, t // 32 * 32 + 32)) for t in threads]
    assert out[:, 6].tolist() == [32] * 64
    assert out[1:16, 7].tolist() == [t ^ 1 for t in range(1, 16)]
    assert out[0, 7] == 63


def test_shared_memory_starts_with_garbage_that_differs_from_block_to_block(module):
    source = """__global__ void leak(float* y) {
      __shared__ float fixed[4];
      extern __shared__ float given[];
      y[blockIdx.x * 2] = fixed[0];
      y[blockIdx.x * 2 + 1] = given[0];
      fixed[0] = given[0] = 5.f;
    }"""
    y = torch.zeros(4)
    kernel = module(source)
    for _ in range(2):
        kernel.launch("leak", grid=2, block=1, args=[y], shared=64)
        assert (y.abs() > 1e7).all()
        assert y[0] * y[2] < 0


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "if (threadIdx.x < 16) {\n__syncthreads();\n} else {\n__syncthreads();\n}",
            "divergent barrier: threads of block (0, 0, 0) wait at lines 2 and 4",
        ),
        (
            "float v = 1; if (threadIdx.x < 16)\nv = __shfl_down_sync(0xffffffffu, v, 1);\n"
            "else\n__syncthreads();\ny[0] = v;",
            "divergent barrier: threads of block (0, 0, 0) wait at line 4",
        ),
        (
            "float v = __shfl_sync(0x1u, 1.f, 0); y[threadIdx.x] = v;",
            "is not in the mask 0x00000001",
        ),
        (
            "extern __shared__ float s[]; s[threadIdx.x] = 1; __syncthreads(); y[0] = s[0];",
            "wrote past its 64 bytes of dynamic shared memory, at byte 64",
        ),
    ],
)
def test_what_a_gpu_would_hang_or_crash_on_is_reported(module, body, said):
    kernel = module(f"__global__ void bad(float* y) {{ {body} }}")
    with pytest.raises(api.KernelError) as raised:
        kernel.launch("bad", grid=1, block=64, args=[torch.zeros(64)], shared=64)
    assert said in str(raised.value)


def test_threads_that_return_early_do_not_hold_up_a_barrier(module):
    kernel = module(
        "__global__ void early(float* y) { if (threadIdx.x >= 40) return;\n"
        "y[threadIdx.x] = 1; __syncthreads(); y[threadIdx.x] += y[(threadIdx.x + 1) % 40]; }"
    )
    y = torch.zeros(64)
    kernel.launch("early", grid=1, block=64, args=[y])
    assert (y[:40] >= 2).all()
    assert (y[40:] == 0).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"grid": 0}, "grid.x is 0"),
        ({"grid": (1, 70_000)}, "grid.y is 70000"),
        ({"grid": (1, 1, 1, 1)}, "one to three integers"),
        ({"grid": 1.5}, "grid"),
        ({"block": 2_048}, "block.x is 2048"),
        ({"block": (64, 32)}, "a block of 2048 threads"),
        ({"block": (1, 1, 65)}, "block.z is 65"),
        ({"shared": 232_449}, "232449 of dynamic shared memory"),
        ({"shared": -1}, "shared is -1"),
        ({"args": []}, "scale takes 4 arguments (x, y, n, by) and got 0"),
        ({"args": [torch.zeros(4, dtype=torch.float64), None, 1, 1.0]}, "argument 1 (x)"),
    ],
)
def test_a_launch_that_a_gpu_refuses_is_refused(module, change, said):
    x = torch.zeros(4)
    usual = {"grid": (1,), "block": (4,), "args": [x, x, 4, 1.0]}
    with pytest.raises(api.KernelError) as raised:
        module(SCALE).launch("scale", **{**usual, **change})
    assert said in str(raised.value)
    with pytest.raises(UnknownNameError, match="Did you mean 'scale'"):
        module(SCALE).launch("scal", **usual)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("void f() {}", "no __global__ function"),
        (SCALE + "void f() { scale<<<1, 1>>>(0, 0, 0, 0); }", "launched by k.launch"),
        ('#include "/etc/passwd"\n' + SCALE, "only headers of the system"),
    ],
)
def test_sources_that_are_refused(cache, shim_only, source, said):
    built = build(source, cache)
    assert built.status is BuildStatus.REFUSED
    assert said in built.reason


def test_without_nvcc_the_shims_compiler_has_the_word(cache, shim_only):
    built = build("__global__ void f(float* y) { y[0] = z; }", cache)
    assert built.status is BuildStatus.ERROR
    assert "candidate.cu:1:38" in built.reason
    fine = build(SCALE, cache)
    assert fine.resources is None
    assert "nvcc is not available here" in fine.notes[0]


@pytest.mark.nvcc
def test_nvcc_says_what_a_kernel_takes(cache):
    built = build(SOFTMAX, cache)
    assert built.ok, built
    assert built.resources.kernels == ("softmax",)
    assert built.resources.registers > 8
    assert built.resources.shared_bytes >= 128
    assert built.resources.spill_bytes == 0
    assert built.log == ""


@pytest.mark.nvcc
def test_nvccs_error_is_the_candidates_line(cache):
    built = build("__global__ void f(float* y) {\n  y[0] = z;\n}", cache)
    assert built.status is BuildStatus.ERROR
    assert built.reason.startswith("nvcc: candidate.cu(2): error:")
    assert "/tmp" not in built.log


@pytest.mark.nvcc
def test_what_the_shim_has_not_is_compiled_and_not_run(cache, tmp_path):
    source = "#include <cuda_fp16.h>\n__global__ void f(__half* y) { y[0] = __float2half(1.f); }"
    built = build(source, cache)
    assert built.ok, built
    assert "half types" in built.compile_only
    assert built.artefacts == {}
    assert built.resources.kernels == ("f",)
    stage(built, tmp_path)
    api.use_libraries(tmp_path)
    try:
        with pytest.raises(api.KernelError, match="not emulated on the CPU"):
            api.cuda(source).launch("f", grid=1, block=1, args=[None])
    finally:
        api.use_libraries(None)


@pytest.mark.nvcc
def test_more_registers_than_a_block_has_are_refused(cache, tmp_path, monkeypatch):
    body = "".join(f"a[{i}] = y[{i} * n]; " for i in range(100))
    source = (
        f"__global__ void fat(float* y, int n) {{ float a[100]; {body} __syncthreads();\n"
        "for (int j = 0; j < n; ++j) {\n#pragma unroll\n"
        "for (int i = 0; i < 100; ++i) a[i] = a[i] * a[(i + 7) % 100] + 1.f; }\n"
        "float s = 0;\n#pragma unroll\nfor (int i = 0; i < 100; ++i) s += a[i]; y[0] = s; }"
    )
    built = build(source, cache)
    assert built.resources.registers > 64
    stage(built, tmp_path)
    api.use_libraries(tmp_path)
    try:
        with pytest.raises(api.KernelError, match="registers for each of 1024 threads"):
            api.cuda(source).launch("fat", grid=1, block=1024, args=[torch.zeros(10_000), 1])
    finally:
        api.use_libraries(None)


@pytest.mark.nvcc
def test_for_a_gpu_the_library_is_a_cubin(cache):
    code = f"from agent_env.kernels.api import cuda\nk = cuda({SCALE!r})\n"
    built = compile_candidate(code, cache, device="cuda")
    [path], [facts] = built.artefacts.values(), built.facts.values()
    assert path.read_bytes().startswith(b"\x7fELF")
    assert facts["on_gpu"] is True
    assert facts["functions"][0]["symbol"] == "_Z5scalePKfPfif"
    assert compile_candidate(code, cache).facts != built.facts
