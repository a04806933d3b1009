"""C++ that reads or writes beside its memory, and the line that does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_env.errors import EnvError
from agent_env.kernels import sanitize, toolchains
from agent_env.kernels.judge import Judge
from agent_env.kernels.tasks import load_task
from agent_env.kernels.verdict import Status, Verdict

SCAN = '''
import torch
from torch import nn
from agent_env.kernels.api import cpp

lib = cpp(r"""
#include <cstdint>
extern "C" void scan(const float* x, float* y, int64_t rows, int64_t n) {
  #pragma omp parallel for
  for (int64_t r = 0; r < rows; ++r) {
    float total = 0;
    for (int64_t i = 0; i < n; ++i) {
      total += x[r * n + i];
      y[r * n + i] = total;
      MORE
    }
  }
}
""")


class ModelNew(nn.Module):
    def forward(self, x):
        y = torch.empty_like(x)
        lib.scan(x, y, *x.shape)
        return y
'''


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    with Judge(tmp_path_factory.mktemp("cache")) as own:
        yield own


def verdict(judge: Judge, more: str) -> Verdict:
    code = SCAN.replace("MORE", more)
    return judge.evaluate(code, load_task("cumsum_rows"), sanitized=True)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("if (x[r * n + i + 1] == 7) total += 1;", "reads 4 bytes beside a tensor that it was"),
        ("if (x[r * n + i - 1] == 7) total += 1;", "reads 4 bytes beside a tensor that it was"),
        ("if (i + 1 == n) y[r * n + i + 1] = 0;", "writes 4 bytes beside memory that was alloc"),
        ("float a[4]; volatile int64_t j = i; a[j] = 1; total += a[j] - 1;", "array on the stack"),
    ],
)
def test_the_line_that_goes_beside_its_memory_is_named(judge: Judge, more: str, words: str) -> None:
    got = verdict(judge, more)
    assert got.status is Status.RUNTIME_ERROR
    assert got.reason.startswith("candidate.cpp, line 10: scan ")
    assert words in got.reason
    assert "candidate.cpp:10" in got.log
    assert "/candidate.cpp" not in got.log


def test_what_stays_in_its_memory_is_right_and_is_not_timed(judge: Judge) -> None:
    got = verdict(judge, "")
    assert (got.status, got.timing, got.log) == (Status.CORRECT, None, "")


def test_there_must_be_cpp_to_sanitize(judge: Judge) -> None:
    code = "from torch import nn\nclass ModelNew(nn.Module):\n    def forward(self, x): return x\n"
    with pytest.raises(EnvError, match=r"no cpp\(\.\.\.\)"):
        judge.evaluate(code, load_task("cumsum_rows"), sanitized=True)


def test_a_compiler_without_a_sanitizer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    gxx = toolchains.Toolchain(name="g++", version="1", serves="", path=Path("/bin/echo"))
    monkeypatch.setattr(toolchains, "gxx", lambda: gxx)
    with pytest.raises(EnvError, match=r"has no libasan\.so here"):
        sanitize.flavour()


def test_what_is_no_report_is_left_as_it_is() -> None:
    text = "==\nERROR: AddressSanitiser is another word\n"
    assert (sanitize.told(text), sanitize.trimmed(text)) == ("", text)
