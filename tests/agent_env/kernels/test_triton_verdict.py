"""Verdicts on Triton candidates: right by the interpreter, and made for a GPU that is not here."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_env.kernels import triton_aot
from agent_env.kernels.judge import Judge
from agent_env.kernels.tasks import load_task
from agent_env.kernels.verdict import Status

GEMM = """
import torch, triton, triton.language as tl
from torch import nn


@triton.jit
def gemm(a, b, c, M, N, K, BLOCK: tl.constexpr, DEPTH: tl.constexpr):
    rows = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    columns = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    total = tl.zeros((BLOCK, BLOCK), dtype=tl.float32)
    for start in range(0, K, DEPTH):
        inner = start + tl.arange(0, DEPTH)
        left = (rows[:, None] < M) & (inner[None, :] < K)
        x = tl.load(a + rows[:, None] * K + inner[None, :], mask=left, other=0.0)
        right = (inner[:, None] < K) & (columns[None, :] < N)
        y = tl.load(b + inner[:, None] * N + columns[None, :], mask=right, other=0.0)
        total += tl.dot(x, y, input_precision="ieee")
    inside = (rows[:, None] < M) & (columns[None, :] < N)
    tl.store(c + rows[:, None] * N + columns[None, :], total, mask=inside)


class ModelNew(nn.Module):
    def forward(self, a, b):
        (m, k), n = a.shape, b.shape[1]
        c = torch.empty(m, n, dtype=a.dtype, device=a.device)
        grid = (triton.cdiv(m, 64), triton.cdiv(n, 64))
        gemm[grid](a, b, c, m, n, k, BLOCK=64, DEPTH=32, num_stages=2)
        return c
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("triton")


@pytest.mark.triton
def test_a_right_candidate_is_told_what_it_takes_of_the_gpu(cache: Path) -> None:
    with Judge(cache) as judge:
        got = judge.evaluate(GEMM, load_task("gemm_f32"), timed=False)
    assert (got.status, got.language) == (Status.CORRECT, "triton")
    assert got.resources is not None
    assert (got.resources.kernels, got.resources.spill_bytes) == (("gemm",), 0)
    assert 0 < (got.resources.shared_bytes or 0) < 100_000


@pytest.mark.triton
def test_more_shared_memory_than_there_is_does_not_compile(cache: Path) -> None:
    code = GEMM.replace("DEPTH=32, num_stages=2", "DEPTH=128, num_stages=6")
    with Judge(cache) as judge:
        got = judge.evaluate(code, load_task("gemm_f32"), timed=False)
    assert got.status is Status.COMPILE_ERROR
    assert "more shared memory than the 232448 bytes" in got.reason


@pytest.mark.triton
def test_launches_that_cannot_be_recorded_are_said_and_held_against_nobody(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(triton_aot, "_capture", lambda order, timeout_s: None)
    code = f"{GEMM}\n# another text, for the cache knows the one above\n"
    with Judge(cache) as judge:
        got = judge.evaluate(code, load_task("gemm_f32"), timed=False)
    assert (got.status, got.resources) == (Status.CORRECT, None)
    assert "still going on after 60 s" in got.log
