"""The kernel bench's own speed, and whether its clock can be believed.

Four tables: how long a warm evaluation takes per language; a kernel against itself while busy loops
keep every core (does the interval hold 1.0?); evaluations a minute by the pool; and, where a
checkout is given, KernelBench's own `eval_kernel_against_ref` beside ours, which needs a GPU.

    python benchmarks/bench_kernels.py [--runs 25] [--quick] [--kernelbench PATH]

Exit status: 1 when the interval holds 1.0 in less than 95 % of the runs.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch

from agent_env.errors import EnvError
from agent_env.kernels.judge import Judge
from agent_env.kernels.pool import Pool
from agent_env.kernels.tasks import load_task
from agent_env.kernels.verdict import Status, Verdict

ROOT = Path(__file__).resolve().parent.parent
SOLUTIONS = ROOT / "tests" / "agent_env" / "kernels" / "solutions"
TASKS = ("row_softmax_masked", "gemm_f32", "cumsum_rows", "col_sum_reduce")
HEAD = "import math\nimport torch\nfrom torch import nn\nimport torch.nn.functional as F\n\n"
TRITON = """
import torch
import triton
import triton.language as tl
from torch import nn


@triton.jit
def kernel(x, y, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    at = tl.arange(0, BLOCK)
    values = tl.load(x + row * columns + at, mask=at < columns, other=0.0)
    tl.store(y + row * columns + at, tl.cumsum(values, 0), mask=at < columns)


class ModelNew(nn.Module):
    def forward(self, x):
        y = torch.empty_like(x)
        kernel[(x.shape[0],)](x, y, x.shape[1], BLOCK=triton.next_power_of_2(x.shape[1]))
        return y
"""
HOLDS = 0.95


def solution(task: str, language: str) -> str:
    """An honest program of the tests."""
    return (SOLUTIONS / f"{task}_{language}.py").read_text(encoding="utf-8")


def itself(task: str) -> str:
    """The task's own baseline as a candidate."""
    return HEAD + load_task(task).source.replace("class Model(", "class ModelNew(")


@contextmanager
def busy_loops(count: int) -> Iterator[None]:
    """Keeps so many cores busy for the block."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for one in loops:
            one.kill()
            one.wait()


def warm_times(judge: Judge, repeats: int) -> None:
    """Prints wall and CPU time of a warm, timed evaluation for each language."""
    print(f"{'warm evaluation':34}{'median s':>10}{'judge CPU s':>13}")
    rows = [
        (f"{task}, {kind}", task, solution(task, kind))
        for task in TASKS[:2]
        for kind in ("cpp", "torch")
    ]
    rows.append(("cumsum_rows, triton (interpreter)", "cumsum_rows", TRITON))
    for name, task, code in rows:
        try:
            first = judge.evaluate(code, load_task(task))
        except EnvError as error:
            print(f"{name:34} not available here: {error.message}")
            continue
        if first.status is not Status.CORRECT:
            print(f"{name:34} {first.status.value}: {first.reason}")
            continue
        used_s = time.process_time()
        walls = [judge.evaluate(code, load_task(task)).wall_s for _ in range(repeats)]
        used_s = (time.process_time() - used_s) / repeats
        print(f"{name:34}{statistics.median(walls):10.2f}{used_s:13.2f}", flush=True)


def against_itself(judge: Judge, runs: int) -> float:
    """Prints the speed-ups of kernels against themselves; the share whose interval holds 1.0."""
    held = total = false = noisy = 0
    print(f"\n{'A/A under full load':24}{'runs':>6}{'median':>9}{'sd':>8}{'holds 1.0':>11}")
    for task in TASKS:
        found = []
        for _ in range(runs):
            timing = judge.evaluate(itself(task), load_task(task)).timing
            if timing is not None:
                found.append(timing)
        inside = sum(one.speedup_ci[0] <= 1.0 <= one.speedup_ci[1] for one in found)
        speedups = [one.speedup_x for one in found]
        print(
            f"{task:24}{len(found):6}{statistics.median(speedups):9.4f}"
            f"{statistics.stdev(speedups):8.4f}{inside / len(found):11.1%}",
            flush=True,
        )
        held, total = held + inside, total + len(found)
        false += sum(one.speedup_ci[0] > 1.0 and not one.noisy for one in found)
        noisy += sum(one.noisy for one in found)
    print(f"{held} of {total} hold 1.0, {false} false speed-ups, {noisy} noisy")
    return held / total


def throughput(cache: str, count: int) -> None:
    """Prints evaluations a minute of the pool, timed and checked only."""
    codes = [(task, solution(task, kind)) for task in TASKS for kind in ("cpp", "torch")]
    print(f"\n{'pool':24}{'a minute':>10}")
    for timed in (True, False):
        with Pool(cache_dir=cache) as pool:
            pool.warm()
            begin = time.monotonic()
            futures = [
                pool.submit(code, load_task(task), timed=timed)
                for task, code in (codes[number % len(codes)] for number in range(count))
            ]
            verdicts: list[Verdict] = [future.result() for future in futures]
            rate = 60.0 * count / (time.monotonic() - begin)
            right = sum(one.status is Status.CORRECT for one in verdicts)
        what = "checked and timed" if timed else "checked"
        print(f"{what:24}{rate:10.0f}  ({pool.workers} workers, {right} of {count} correct)")


def beside_kernelbench(judge: Judge, checkout: Path) -> None:
    """Prints evaluations a minute of KernelBench's `eval_kernel_against_ref` beside ours."""
    if not torch.cuda.is_available():
        print(
            "\nKernelBench: eval_kernel_against_ref runs on a GPU only, and torch sees none here."
        )
        return
    sys.path.insert(0, str(checkout / "src"))
    from kernelbench.eval import eval_kernel_against_ref  # type: ignore[import-not-found]

    theirs, ours = [], []
    for task in TASKS:
        problem = load_task(task, "cuda")
        case = problem.cases(0)[0]
        reference = (
            HEAD
            + problem.source
            + (
                "\n\ndef get_init_inputs():\n    return []\n\n\ndef get_inputs():\n"
                "    from agent_env.kernels.tasks import load_task\n"
                f"    problem = load_task({task!r}, 'cuda')\n"
                "    return problem.inputs(problem.cases(0)[0])\n"
            )
        )
        assert case.name == "timed"
        begin = time.monotonic()
        eval_kernel_against_ref(
            reference,
            itself(task),
            num_correct_trials=5,
            num_perf_trials=100,
            measure_performance=True,
        )
        theirs.append(time.monotonic() - begin)
        ours.append(judge.evaluate(itself(task), problem).wall_s)
    ratio = statistics.fmean(theirs) / statistics.fmean(ours)
    print(
        f"\nKernelBench {60 / statistics.fmean(theirs):.1f} a minute, ours "
        f"{60 / statistics.fmean(ours):.1f}: {ratio:.1f} times as many"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """0 when the clock can be believed, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=25, help="A/A runs a task (default 25)")
    parser.add_argument("--quick", action="store_true", help="a tenth of everything")
    parser.add_argument("--kernelbench", type=Path, help="a checkout of KernelBench")
    options = parser.parse_args(argv)
    if options.kernelbench and not (options.kernelbench / "src" / "kernelbench").is_dir():
        parser.error(
            f"{options.kernelbench} holds no src/kernelbench; give a checkout's top folder."
        )
    if options.runs < 2:
        parser.error(f"--runs is {options.runs}; give at least 2.")
    runs = max(2, options.runs // 10) if options.quick else options.runs
    cores = len(os.sched_getaffinity(0))
    print(
        f"{platform.machine()}, {cores} cores, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}, torch {torch.__version__}\n"
    )
    device = "cuda" if options.kernelbench and torch.cuda.is_available() else "cpu"
    with tempfile.TemporaryDirectory() as cache:
        with Judge(cache) as judge:
            warm_times(judge, 3 if options.quick else 9)
            with busy_loops(cores):
                share = against_itself(judge, runs)
        throughput(cache, 8 if options.quick else 40)
        if options.kernelbench:
            with Judge(cache, device) as judge:
                beside_kernelbench(judge, options.kernelbench)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(f"\n{used.ru_maxrss >> 10} MiB at most in the judge's process")
    return 0 if share >= HOLDS else 1


if __name__ == "__main__":
    sys.exit(main())
