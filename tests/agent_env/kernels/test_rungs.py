"""What stands before running: the seeds, of which a candidate learns but one."""

from __future__ import annotations

import re

import pytest

from agent_env.kernels import rungs
from agent_env.kernels.judge import Judge
from agent_env.kernels.tasks import load_task

TELLS = """
import torch
from torch import nn
class ModelNew(nn.Module):
    def __init__(self):
        super().__init__()
        print("built under", torch.initial_seed())
    def forward(self, x):
        return x.cumsum(dim=1)
"""


def test_seeds_are_the_same_for_the_same_master_and_unlike_each_other() -> None:
    assert rungs.seeds(7) == rungs.seeds(7)
    drawn = {seed for master in range(100) for seed in rungs.seeds(master)}
    assert len(drawn) == 200
    assert all(0 <= seed < 1 << 31 for seed in drawn)


def test_nobody_knows_the_seeds_of_an_evaluation_without_one() -> None:
    assert rungs.seeds(None) != rungs.seeds(None)


def test_a_candidate_is_built_like_the_baseline_and_is_not_told_the_seed_of_its_inputs(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int]] = []
    expectations = rungs.expectations

    def spy(problem, weights, contents):
        asked.append((weights, contents))
        return expectations(problem, weights, contents)

    monkeypatch.setattr(rungs, "expectations", spy)
    got = judge.evaluate(TELLS, load_task("cumsum_rows"), timed=False)
    ((weights, contents),) = asked
    told = re.findall(r"built under (\d+)", got.log)
    assert told == [str(weights)]
    assert weights != contents
