"""Our clock on a GPU beside `triton.testing.do_bench` and `torch.profiler`, on the 24 tasks.

For each task's baseline: our time of one call, the median of `do_bench` (which clears the L2 cache
as we do), and the sum of its kernels' times by the profiler. Above 20 microseconds ours should lie
within 3 % of `do_bench`. And a kernel against itself: how often a speed-up was believed.

    python benchmarks/bench_timing_gpu.py [--runs 5] [TASK ...]

Exit status: 2 without a GPU or without Triton; 1 when a time is farther off, or a false speed-up
was believed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch

from agent_env.kernels.judge import Judge
from agent_env.kernels.tasks import list_tasks, load_task
from agent_env.kernels.verdict import Timing

HEAD = "import math\nimport torch\nfrom torch import nn\nimport torch.nn.functional as F\n\n"
LONG_US = 20.0
APART = 0.03
PROFILED_CALLS = 20


def call_of(task: str) -> Callable[[], Any]:
    """One call of the baseline on the timed inputs, on the GPU."""
    problem = load_task(task, "cuda")
    model = problem.build(0).cuda()
    inputs = [
        one.cuda() if isinstance(one, torch.Tensor) else one
        for one in problem.inputs(problem.cases(0)[0])
    ]

    def call() -> Any:
        with torch.no_grad():
            return model(*inputs)

    return call


def by_do_bench(call: Callable[[], Any]) -> float:
    """Median microseconds, as Triton measures."""
    from triton.testing import do_bench

    return 1e3 * float(do_bench(call, warmup=25, rep=200, return_mode="median"))


def by_profiler(call: Callable[[], Any]) -> float:
    """Microseconds of all kernels of one call, as CUPTI counts them."""
    from torch.profiler import ProfilerActivity, profile

    call()
    torch.cuda.synchronize()
    with profile(activities=[ProfilerActivity.CUDA]) as seen:
        for _ in range(PROFILED_CALLS):
            call()
        torch.cuda.synchronize()
    total = sum(float(one.self_device_time_total) for one in seen.key_averages())
    return total / PROFILED_CALLS


def against_itself(judge: Judge, task: str, runs: int) -> list[Timing]:
    """Timings of the baseline beside itself."""
    problem = load_task(task, "cuda")
    code = HEAD + problem.source.replace("class Model(", "class ModelNew(")
    found = (judge.evaluate(code, problem).timing for _ in range(runs))
    return [one for one in found if one is not None]


def main(argv: Sequence[str] | None = None) -> int:
    """0 when all is within bounds, 1 when not, 2 where nothing can be measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tasks", nargs="*", help="only these tasks")
    parser.add_argument("--runs", type=int, default=5, help="timings a task (default 5)")
    options = parser.parse_args(argv)
    if not torch.cuda.is_available():
        print("bench_timing_gpu needs a GPU, and torch sees none here.", file=sys.stderr)
        return 2
    try:
        import triton
    except ImportError:
        print("bench_timing_gpu needs Triton; install it beside torch.", file=sys.stderr)
        return 2
    print(
        f"{torch.cuda.get_device_name()}, torch {torch.__version__}, CUDA {torch.version.cuda}, "
        f"Triton {triton.__version__}\n"
    )
    print(f"{'task':24}{'ours us':>10}{'do_bench':>10}{'profiler':>10}{'off':>8}  A/A")
    far = false = 0
    with Judge(device="cuda") as judge:
        for task in options.tasks or list_tasks():
            timings = against_itself(judge, task, options.runs)
            if not timings:
                print(f"{task:24} was not timed")
                far += 1
                continue
            call = call_of(task)
            ours = statistics.median(one.reference_us for one in timings)
            theirs = by_do_bench(call)
            apart = ours / theirs - 1.0
            far += theirs > LONG_US and abs(apart) > APART
            false += sum(one.speedup_ci[0] > 1.0 and not one.noisy for one in timings)
            speedups = " ".join(f"{one.speedup_x:.3f}" for one in timings)
            print(
                f"{task:24}{ours:10.1f}{theirs:10.1f}{by_profiler(call):10.1f}{apart:8.1%}  "
                f"{speedups}",
                flush=True,
            )
    print(
        f"\n{far} tasks above {LONG_US:g} us are more than {APART:.0%} off; {false} false speed-ups"
    )
    return 1 if far or false else 0


if __name__ == "__main__":
    sys.exit(main())
