"""What a turn of `evaluate` costs above the bare `openai` client, in CPU time of the client.

Both sides send the same chats to the same instant server, which runs in a process of its own, with
the same number of requests at a time: the bare side only awaits `chat.completions.create`, ours
plays whole episodes, from the request to the trajectory line on disk. They take turns, so that a
busy machine slows both; what is printed are medians over the rounds.

    python benchmarks/evaluate_overhead.py
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from agent_env import Endpoint, load_domain
from agent_env.endpoints.endpoint import Answer
from agent_env.evaluation.ledger import Ledger
from agent_env.evaluation.run import Evaluation
from agent_env.evaluation.settings import Settings

GATE_MS = 1.0
TASKS, MAX_TURNS = 64, 30


class Recording(Endpoint):
    """Keeps what it was asked, for the bare side to ask the same."""

    def __init__(self, **settings: Any) -> None:
        """Starts with nothing."""
        super().__init__(**settings)
        self.asked: list[tuple[list[dict[str, Any]], dict[str, Any]]] = []

    async def aask(self, messages: Sequence[Any], **options: Any) -> Answer:
        """As the endpoint does."""
        self.asked.append((list(messages), options))
        return await super().aask(messages, **options)


@contextmanager
def server(domain: str) -> Iterator[str]:
    """The URL of a scripted server in a process of its own."""
    command = [sys.executable, "-m", "agent_env", "serve-script", "--domain", domain]
    root = Path(__file__).resolve().parent.parent
    with subprocess.Popen(
        [*command, "--tasks", str(TASKS)], cwd=root, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def evaluation(domain: str, endpoint: Endpoint, native: bool) -> Evaluation:
    """An evaluation as the command makes one."""
    loaded = load_domain(domain)
    settings = Settings(
        domain=domain,
        domain_options=loaded.options,
        model=endpoint.model,
        native_tools=native,
        max_turns=MAX_TURNS,
    )
    return Evaluation(domain=loaded, settings=settings, endpoint=endpoint)


def ours(one: Evaluation, concurrency: int) -> None:
    """Plays every task once, with a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out.jsonl"
        with Ledger(settings=one.settings, path=path, broken=print) as ledger:
            pairs = [(task, 0) for task in range(TASKS)]
            asyncio.run(one.play_all(pairs, concurrency, ledger.keep))
            if not all(digest.success for digest in ledger.digests.values()):
                raise SystemExit("An episode that the oracle plays was not solved.")


def bare(
    url: str, asked: Sequence[tuple[list[dict[str, Any]], dict[str, Any]]], at_once: int
) -> None:
    """Sends the same requests through the client alone."""
    from openai import AsyncOpenAI

    async def work(client: Any, waiting: Iterator[Any]) -> None:
        for messages, options in waiting:
            await client.chat.completions.create(model="m", messages=messages, **options)

    async def send() -> None:
        async with AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:
            waiting = iter(asked)
            await asyncio.gather(*(work(client, waiting) for _ in range(at_once)))

    asyncio.run(send())


def cpu_ms(run: Callable[[], None], turns: int) -> float:
    """CPU time of this process for a turn, in milliseconds."""
    gc.collect()
    started = time.process_time()
    run()
    return (time.process_time() - started) * 1000 / turns


def measure(domain: str, native: bool, concurrency: int, rounds: int) -> tuple[float, float]:
    """A turn of the bare client and of ours, in milliseconds of CPU time."""
    with server(domain) as url:
        recorder = Recording(base_url=url, model="m")
        ours(evaluation(domain, recorder, native), concurrency)
        turns = len(recorder.asked)
        one = evaluation(domain, Endpoint(base_url=url, model="m"), native)
        bare(url, recorder.asked, concurrency)  # Both sides are warm now.
        samples = [
            (
                cpu_ms(lambda: bare(url, recorder.asked, concurrency), turns),
                cpu_ms(lambda: ours(one, concurrency), turns),
            )
            for _ in range(rounds)
        ]
    theirs, mine = (statistics.median(side) for side in zip(*samples, strict=True))
    mode = "native" if native else "text"
    print(
        f"{domain:<12} {mode:<7} {turns} turns, {concurrency} at a time: "
        f"bare client {theirs:.2f} ms, evaluate {mine:.2f} ms a turn, "
        f"x{mine / theirs:.2f}, {mine - theirs:+.2f} ms"
    )
    return theirs, mine


def main() -> int:
    """The exit status: 1 when a turn costs more than the gate above the bare client."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--domain", default="retail_mini")
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(f"{platform.machine()}, Python {platform.python_version()}, CPU time of the client")
    worst = 0.0
    for native in (False, True):
        theirs, mine = measure(options.domain, native, options.concurrency, options.rounds)
        worst = max(worst, mine - theirs)
    verdict = "ok" if worst <= GATE_MS else "MISSED"
    print(f"gate: at most {GATE_MS:.1f} ms above the bare client: {verdict}")
    return 0 if worst <= GATE_MS else 1


if __name__ == "__main__":
    sys.exit(main())
