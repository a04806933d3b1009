"""The programs that the kernels prompt shows are right, by the judge that everybody meets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_env.domains.kernels.prompt import example_program
from agent_env.kernels.judge import Judge
from agent_env.kernels.reference_file import load_reference
from agent_env.kernels.verdict import Status

BASELINE = """
import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, most):
        super().__init__()
        self.most = most

    def forward(self, x, y):
        return torch.clamp(x + y, max=self.most)


def get_inputs():
    return [torch.randn(33, 517), torch.randn(33, 517)]


def get_init_inputs():
    return [0.5]
"""


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge() as shared:
        yield shared


@pytest.mark.parametrize(
    "language",
    [
        "cpp",
        "torch",
        "cuda",
        pytest.param("triton", marks=pytest.mark.triton),  # it cannot be imported without
    ],
)
def test_the_example_of_a_language_is_right(judge: Judge, tmp_path: Path, language: str) -> None:
    reference = tmp_path / "reference.py"
    reference.write_text(BASELINE, encoding="utf-8")
    wanted = "" if language == "torch" else language
    verdict = judge.evaluate(
        example_program(language), load_reference(reference), timed=False, wanted=wanted
    )
    assert verdict.status is Status.CORRECT, (verdict.reason, verdict.log)
    assert verdict.language == language
    assert verdict.hacks == ()
