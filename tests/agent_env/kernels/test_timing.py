"""Estimates from paired times, and a kernel against itself on real processes."""

from __future__ import annotations

import dataclasses
import random
import statistics
from pathlib import Path

import pytest

from agent_env.kernels import timing
from agent_env.kernels.estimate import summarise
from agent_env.kernels.judge import Judge
from agent_env.kernels.problem import Case
from agent_env.kernels.tasks import load_task
from agent_env.kernels.verdict import Status

SOLUTIONS = Path(__file__).parent / "solutions"
SAME = """
import torch
from torch import nn
class ModelNew(nn.Module):
    def forward(self, x, lengths):
        outside = torch.arange(x.shape[1], device=x.device) >= lengths[:, None]
        return torch.softmax(x.masked_fill(outside, float("-inf")), dim=-1)
"""


def noise(seed: int, count: int, spread: float) -> list[float]:
    chance = random.Random(seed)
    return [100.0 + chance.expovariate(1.0) * spread for _ in range(count)]


def test_twice_as_fast_is_seen_through_noise_that_both_share() -> None:
    slow = noise(0, 100, 2.0)
    timing = summarise(slow, [one / 2 for one in slow])
    assert timing.speedup_x == pytest.approx(2.0)
    assert timing.speedup_ci == pytest.approx((2.0, 2.0), rel=0.02)
    assert not timing.noisy


def test_estimates_that_disagree_are_noisy() -> None:
    timing = summarise(noise(1, 40, 1.0), noise(2, 40, 200.0))
    assert timing.noisy


def test_a_kernel_against_itself(judge: Judge) -> None:
    task = load_task("row_softmax_masked")
    timings = [judge.evaluate(SAME, task).timing for _ in range(3)]
    assert all(one is not None and one.pairs >= 5 and one.is_performance for one in timings)
    assert 0.9 < statistics.median(one.speedup_x for one in timings if one) < 1.1


def test_slower_is_slower_and_its_time_is_the_judges(judge: Judge) -> None:
    lying = SAME.replace("import torch\n", "import torch, time\ntime.perf_counter = lambda: 0.0\n")
    slow = lying.replace("outside =", "time.sleep(0.002); outside =")
    verdict = judge.evaluate(slow, load_task("row_softmax_masked"))
    assert verdict.timing is not None
    assert verdict.timing.candidate_us > 2000
    assert verdict.timing.speedup_x < 0.5


def test_an_answer_that_is_only_wrong_when_timed_is_a_cheat(judge: Judge) -> None:
    counting = SAME.replace(
        "        outside", "        self.n = getattr(self, 'n', 0) + 1\n        outside", 1
    ).replace("return torch", "return x if self.n > 30 else torch")
    verdict = judge.evaluate(counting, load_task("row_softmax_masked"))
    assert (verdict.status, verdict.hacks) == (Status.CHEAT, ("call_counter",))
    assert verdict.timing is None


def test_other_regimes_are_those_in_which_the_shape_may_be_called() -> None:
    task = load_task("cumsum_rows")
    timed, *hidden = task.cases(0)
    assert timing.other_regimes(task, timed) == ("adversarial", "large")

    class Problem:
        def __init__(self, *cases: Case) -> None:
            self._cases = cases

        def cases(self, seed: int) -> tuple[Case, ...]:
            return self._cases

    def other_regimes(*cases: Case) -> tuple[str, ...]:
        return timing.other_regimes(Problem(*cases), timed)  # type: ignore[arg-type]

    large = dataclasses.replace(timed, regime="large")
    assert other_regimes(timed) == ()
    assert other_regimes(timed, large) == ("large",)
    assert [(one.shape, one.regime) for one in hidden[:2]] == [(1, "unit"), (1, "large")]
    assert other_regimes(timed, *hidden[:2]) == ("large",)
    second = dataclasses.replace(hidden[0], shape=2)  # which is not called with large values
    assert other_regimes(timed, *hidden[:2], second) == ()


def test_every_regime_is_called_even_in_the_shortest_timing() -> None:
    seen = set()
    for seed in range(50):
        visits = timing.early_visits(("adversarial", "large"), random.Random(seed))
        assert sorted(visits.values()) == ["adversarial", "large"]
        assert set(visits) <= set(range(timing.FEWEST_PAIRS))
        seen |= set(visits)
    assert seen == set(range(timing.FEWEST_PAIRS))  # nobody can tell which pairs they are
    assert (
        len(timing.early_visits([f"r{number}" for number in range(9)], random.Random(0)))
        == timing.FEWEST_PAIRS
    )


def test_an_interval_is_never_narrower_than_two_processes_differ() -> None:
    timing = summarise([100.0] * 200, [50.0] * 200)
    low, high = timing.speedup_ci
    assert low < 2.0 < high
    assert 0.03 < (high - low) / 2.0 < 0.05


def test_a_kernel_against_itself_holds_1_in_95_of_100_runs_of_the_estimate() -> None:
    held = 0
    for seed in range(200):
        ours, theirs = noise(2 * seed, 30, 12.0), noise(2 * seed + 1, 30, 12.0)
        low, high = summarise(ours, theirs).speedup_ci
        held += low <= 1.0 <= high
    assert held >= 190
