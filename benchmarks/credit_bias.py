"""How every credit estimator lies to the exact gradient, and how noisy it is, at equal budget.

A tabular process of 3 turns is enumerated, so bias is exact: nothing is sampled for scale, cosine
and residual. Noise is sampled: the same number of generations is spent on one tree (G completions a
node) or on flat groups of G episodes, and the spread of the estimate is given in lengths of its
mean. An estimator is good when cosine is 1 and noise is small; scale is the learning rate's affair.

    python benchmarks/credit_bias.py [--processes 4] [--samples 400] [--gamma 0.4]

What it does not do: say which return is the right aim. `aggregated_loo` is measured against the
gradient of every turn's return-to-go, and once more against that of its own objective.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence

from training.credit import ESTIMATORS, Estimator
from training.credit.tabular import (
    Comparison,
    Gradient,
    Process,
    add_flat,
    add_tree,
    compare,
    exact_gradient,
    expected_flat,
    expected_tree,
    make_process,
    sample_episode,
    sample_tree,
)

GROUP, TREE_GROUP = 4, 2
"""Completions compared: of flat groups and sampled trees, and of the enumerated trees."""
TURNS = 3
STOP = 0.6
LINE = "{:<34}{:>8}{:>9}{:>10}{:>8}"

Estimate = Callable[[Process], Gradient]


def flat_noise(
    process: Process, estimator: Estimator, gamma: float, samples: int, groups: int
) -> float:
    """Spread of the mean of ``groups`` flat groups, in lengths of the mean estimate."""
    rng = random.Random(0)

    def once() -> Gradient:
        total = [0.0] * sum(map(len, process.policy.values()))
        for _ in range(groups):
            episodes = [sample_episode(process, rng) for _ in range(GROUP)]
            add_flat(process, total, episodes, estimator, gamma, 1 / groups)
        return total

    return spread([once() for _ in range(samples)])


def tree_noise(process: Process, gamma: float, samples: int) -> tuple[float, float]:
    """Spread of one tree's estimate, and the generations that a tree took on average."""
    rng = random.Random(0)
    found, spent = [], 0
    for _ in range(samples):
        total = [0.0] * sum(map(len, process.policy.values()))
        grown = sample_tree(process, GROUP, rng)
        spent += len(grown) * GROUP
        add_tree(process, total, grown, gamma)
        found.append(total)
    return spread(found), spent / samples


def spread(gradients: Sequence[Gradient]) -> float:
    """Root mean square distance from the mean, in lengths of the mean; inf where that is 0."""
    mean = [statistics.fmean(column) for column in zip(*gradients, strict=True)]
    distances = [math.dist(gradient, mean) ** 2 for gradient in gradients]
    length = math.hypot(*mean)
    return math.sqrt(statistics.fmean(distances)) / length if length else math.inf


def episode_turns(process: Process) -> float:
    """Turns of a sampled episode on average, which is what one costs in generations."""
    rng = random.Random(1)
    return statistics.fmean(len(sample_episode(process, rng).actions) for _ in range(500))


def row(name: str, found: Sequence[Comparison], noise: Sequence[float]) -> str:
    """One line: means over the processes; the cosine is the worst of them as well."""
    cosines = [one.cosine for one in found]
    return LINE.format(
        name,
        f"{statistics.fmean(one.scale for one in found):.3f}",
        f"{statistics.fmean(cosines):.4f}",
        f"{statistics.fmean(one.residual for one in found):.3f}",
        f"{statistics.fmean(noise):.2f}" if noise else "-",
    )


def table(processes: Sequence[Process], gamma: float, samples: int) -> list[str]:
    """The lines of one kind of process."""
    exact = [exact_gradient(process, gamma) for process in processes]
    trees = [tree_noise(process, gamma, samples) for process in processes]
    budgets = [spent for _, spent in trees]
    groups = [
        max(1, round(budget / (GROUP * episode_turns(process))))
        for process, budget in zip(processes, budgets, strict=True)
    ]
    lines = [
        f"budget: {statistics.fmean(budgets):.0f} generations a task, one tree of G={GROUP} or "
        f"{statistics.fmean(groups):.1f} flat groups of {GROUP}",
        LINE.format("estimator", "scale", "cosine", "residual", "noise"),
    ]
    for name, estimator in ESTIMATORS.items():
        found = [
            compare(expected_flat(process, estimator, GROUP, gamma), target)
            for process, target in zip(processes, exact, strict=True)
        ]
        noise = [
            flat_noise(process, estimator, gamma, samples, count)
            for process, count in zip(processes, groups, strict=True)
        ]
        lines.append(row(f"flat {name}", found, noise))
    own = [
        compare(
            expected_flat(process, ESTIMATORS["aggregated_loo"], GROUP, gamma),
            exact_gradient(process, gamma, aggregated=True),
        )
        for process in processes
    ]
    lines.append(row("flat aggregated_loo, own objective", own, []))
    kinds: dict[str, Estimate] = {
        "tree, weighted by nodes": lambda one: expected_tree(one, TREE_GROUP, gamma),
        "tree, every node equal": lambda one: expected_tree(one, TREE_GROUP, gamma, "equal"),
        f"tree, stopped at mean {STOP}": lambda one: expected_tree(
            one, TREE_GROUP, gamma, mean_stop=STOP
        ),
    }
    for number, (name, estimate) in enumerate(kinds.items()):
        found = [
            compare(estimate(process), target)
            for process, target in zip(processes, exact, strict=True)
        ]
        lines.append(row(name, found, [noise for noise, _ in trees] if not number else []))
    return lines


def main(arguments: Sequence[str]) -> int:
    """Exit status: 1 when an estimator documented as unbiased is not."""
    parser = argparse.ArgumentParser(description="Bias and noise of every credit estimator.")
    parser.add_argument("--processes", type=int, default=4, help="processes a kind (default 4)")
    parser.add_argument("--samples", type=int, default=400, help="for the noise (default 400)")
    parser.add_argument("--gamma", type=float, default=0.4, help="discount a turn (default 0.4)")
    options = parser.parse_args(arguments)
    if options.processes < 1 or options.samples < 2 or not 0 <= options.gamma <= 1:
        parser.error("give at least 1 process, 2 samples and a gamma from 0 to 1")
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    started, biased = time.process_time(), False
    for title, early in (("fixed length", False), ("early stop", True)):
        processes = [make_process(seed, early_stop=early) for seed in range(options.processes)]
        print(f"\n{title}, {TURNS} turns, gamma {options.gamma:g}")
        for line in table(processes, options.gamma, options.samples):
            print(line)
        for process in processes:
            exact = exact_gradient(process, options.gamma)
            flat = expected_flat(process, ESTIMATORS["turn_loo"], GROUP, options.gamma)
            tree = expected_tree(process, TREE_GROUP, options.gamma)
            biased |= min(compare(flat, exact).cosine, compare(tree, exact).cosine) < 0.999
    print(f"\n{time.process_time() - started:.1f} CPU-seconds")
    if biased:
        print("turn_loo or the weighted tree is biased: cosine below 0.999")
    return 1 if biased else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
