"""What the environment itself costs: episodes per CPU-second, bytes of a live episode, growth.

No model takes part: the oracle's turns are played, the scripted customer answers. "read" turns are
given as they were parsed, "text" turns are parsed too. Where a checkout of tau-bench is given
(--tau-bench or TAU_BENCH_PATH), its retail test tasks are played on ours and on its own environment
in turns, in the same run; its customer is one that says nothing and costs nothing.

    python benchmarks/env_throughput.py
    python benchmarks/env_throughput.py --tau-bench ~/tau-bench
    python benchmarks/env_throughput.py --soak 100000

The soak plays that many retail episodes, a thousand of them alive at any time, and compares what
the process holds after the first tenth with what it holds before the last thousand end.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import resource
import statistics
import sys
import time
import tracemalloc
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from agent_env import Domain, Limits, Task, ToolEnv, load_domain
from parsers import ParsedMessage, parse, render

TASKS, STOCK_TASKS = 100, 8
"""Episodes of a round on ours and on the stock environment."""
SOAK_TASKS = 500
GATES = {"retail": 3_000, "tau_bench_retail": 1_500}
"""Episodes per CPU-second without the parser."""
LIVE_BYTES, LIVE = 10_240, 1_000
GROWTH_KB = 1_024
LIMITS = Limits(max_turns=60)


@dataclass(frozen=True, kw_only=True)
class Plays:
    """The oracle's turns on some tasks.

    Attributes:
        domain: The domain.
        tasks: What is played.
        texts: Turns of each task as a model writes them.
        read: The same, parsed.
    """

    domain: Domain
    tasks: tuple[Task, ...]
    texts: list[list[str]]
    read: list[list[ParsedMessage]]

    @classmethod
    def of(cls, domain: Domain, count: int) -> Plays:
        """The first tasks of seed 0."""
        tasks = domain.tasks(min(count, domain.task_count or count))
        texts = [
            [one if isinstance(one, str) else render([one]) for one in domain.oracle(task)]
            for task in tasks
        ]
        read = [[parse(text, domain.schemas) for text in turns] for turns in texts]
        return cls(domain=domain, tasks=tasks, texts=texts, read=read)

    @property
    def turns(self) -> float:
        """Turns of an episode, on average."""
        return statistics.mean(map(len, self.texts))

    def play(self, scripts: Sequence[Sequence[str | ParsedMessage]]) -> None:
        """Plays every task once.

        Raises:
            RuntimeError: The oracle failed, so the figure would be of something else.
        """
        for task, script in zip(self.tasks, scripts, strict=True):
            env = ToolEnv(self.domain, task, limits=LIMITS)
            env.reset()
            for turn in script:
                if not env.done:
                    env.step(turn)
            if not env.metrics()["reward/success"]:
                raise RuntimeError(f"The oracle failed on {task.id}: {env.stop_reason}.")


def cpu_s(side: Callable[[], None]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    side()
    return time.process_time() - start


def live_bytes(plays: Plays) -> float:
    """Bytes that an episode holds after its first call, over a thousand that are alive at once."""
    firsts = [
        next((text for text in turns if "<tool_call>" in text), turns[0]) for turns in plays.texts
    ]

    def begin(number: int) -> ToolEnv:
        place = number % len(plays.tasks)
        env = ToolEnv(plays.domain, plays.tasks[place], limits=LIMITS)
        env.reset()
        env.step(firsts[place])
        return env

    for number in range(len(plays.tasks)):
        begin(number)
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    alive = [begin(number) for number in range(LIVE)]
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before) / len(alive)


def resident_kb() -> int:
    """What the process holds in memory now; its peak where the system does not tell."""
    pages = Path("/proc/self/statm")
    if pages.exists():
        return int(pages.read_text().split()[1]) * resource.getpagesize() // 1024
    unit = 1024 if sys.platform == "darwin" else 1  # bytes there, kilobytes elsewhere
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)


def soak(plays: Plays, episodes: int) -> list[str]:
    """Plays that many episodes, LIVE at a time; returns the gate that was missed.

    Raises:
        RuntimeError: An episode of the oracle was no success.
    """
    begun = done = early_kb = late_kb = 0
    alive: deque[tuple[ToolEnv, Iterator[ParsedMessage]]] = deque()
    start = time.process_time()
    while done < episodes:
        while len(alive) < LIVE and begun < episodes:
            place = begun % len(plays.tasks)
            env = ToolEnv(plays.domain, plays.tasks[place], limits=LIMITS)
            env.reset()
            alive.append((env, iter(plays.read[place])))
            begun += 1
        env, turns = alive.popleft()
        env.step(next(turns))
        if not env.done:
            alive.append((env, turns))
            continue
        done += 1
        if not env.metrics()["reward/success"]:
            raise RuntimeError(f"The oracle failed on {env.task.id}: {env.stop_reason}.")
        if done == episodes // 10:
            gc.collect()
            early_kb = resident_kb()
        elif done == episodes - LIVE:  # As many are alive as then.
            gc.collect()
            late_kb = resident_kb()
    took_s = time.process_time() - start
    grown = late_kb - early_kb
    print(
        f"soak: {episodes:,} episodes of {plays.domain.name}, {LIVE:,} alive at a time, "
        f"{episodes / took_s:,.0f} per CPU-s; {early_kb:,} KB after a tenth, {grown:+,} KB later"
    )
    return [f"memory grew by {grown:,} KB"] if grown > GROWTH_KB else []


def measure(plays: Plays, rounds: int) -> list[str]:
    """Prints a domain's line; returns the gates that were missed."""
    name, count = plays.domain.name, len(plays.tasks)
    fingerprint = plays.domain.base.fingerprint
    plays.play(plays.read)
    read, text = (
        min(cpu_s(lambda scripts=scripts: plays.play(scripts)) for _ in range(rounds)) / count
        for scripts in (plays.read, plays.texts)
    )
    size = live_bytes(plays)
    print(
        f"{name:20}{1 / read:10,.0f} /s{1 / text:12,.0f} /s{plays.turns:8.1f}"
        f"{read / plays.turns * 1e6:9.1f} us{text / plays.turns * 1e6:9.1f} us{size / 1024:9.1f} KB"
    )
    missed = []
    if 1 / read < GATES.get(name, 0):
        missed.append(f"{name}: {1 / read:,.0f} episodes per CPU-s, the gate is {GATES[name]:,}")
    if size > LIVE_BYTES:
        missed.append(f"{name}: a live episode holds {size:,.0f} bytes, the gate is {LIVE_BYTES:,}")
    again: Any = plays.domain.base
    if again.compute_fingerprint() != fingerprint:
        missed.append(f"{name}: the episodes changed what all of them share")
    return missed


def beside_stock(path: str, rounds: int) -> list[str]:
    """Prints ours beside tau-bench's own environment; returns the gates that were missed."""
    plays = Plays.of(load_domain("tau_bench_retail", path=path, outputs="upstream"), TASKS)
    missed = measure(plays, rounds)
    judge: Any = load_domain("tau_bench_retail", path=path, outputs="upstream", strict=True).audit
    judge.env.data_load_func = judge.load_data

    def theirs(place: int) -> None:
        judge.env.reset(task_index=place)
        for action in list(judge.env.task.actions):
            judge.env.step(action)
        if judge.env.calculate_reward().reward != 1.0 and not judge.env.task.outputs:
            raise RuntimeError(f"tau-bench's own gold fails on its task {place}.")

    share = max(1, len(plays.tasks) // STOCK_TASKS)
    ours_s, stock_s = [], []
    for place in range(0, len(plays.tasks), share):
        stock_s.append(cpu_s(lambda place=place: theirs(place)))
        ours_s.append(cpu_s(lambda: plays.play(plays.texts)) / len(plays.tasks))
    stock, ours = statistics.mean(stock_s), statistics.median(ours_s)
    print(
        f"{'tau-bench itself':20}{1 / stock:10,.1f} /s{'':>6}{len(stock_s)} episodes, "
        f"{stock * 1e3:.0f} ms each: ours with the parser x{stock / ours:,.0f}"
    )
    return missed


def main(argv: Sequence[str] | None = None) -> int:
    """0 when every gate is kept, else 1."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Plain)
    parser.add_argument("--rounds", type=int, default=151, help="rounds of each side, best taken")
    parser.add_argument(
        "--soak", type=int, default=0, help="only look for growth, over so many episodes"
    )
    parser.add_argument(
        "--tau-bench", default=os.environ.get("TAU_BENCH_PATH"), help="checkout of tau-bench"
    )
    given = parser.parse_args(argv)
    if given.soak and given.soak < 2 * LIVE:
        parser.error(f"--soak is {given.soak}; give at least {2 * LIVE}.")
    if given.soak:
        missed = soak(Plays.of(load_domain("retail"), SOAK_TASKS), given.soak)
        print("\n".join(f"over: {line}" for line in missed) or "no growth")
        return 1 if missed else 0
    print(
        f"Python {platform.python_version()}, {platform.machine()}, {platform.system()}; one core\n"
    )
    print(f"{'episodes per CPU-s':20}{'read':>12}{'text':>14}{'turns':>9}{'read turn':>11}", end="")
    print(f"{'text turn':>12}{'live':>12}")
    ours = [Plays.of(load_domain(name), TASKS) for name in ("retail_mini", "retail")]
    missed = [line for plays in ours for line in measure(plays, max(1, given.rounds))]
    if given.tau_bench:
        missed += beside_stock(given.tau_bench, max(1, given.rounds))
    else:
        print("tau-bench: no checkout given (--tau-bench or TAU_BENCH_PATH)")
    print()
    print("\n".join(f"over: {line}" for line in missed) or "every gate is kept")
    return 1 if missed else 0


class _Plain(argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of the module's docstring."""


if __name__ == "__main__":
    sys.exit(main())
