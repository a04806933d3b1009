"""A pool of real workers: side by side, with a bounded queue, through deaths and a hard close."""

from __future__ import annotations

import asyncio
import os
import queue
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from pathlib import Path

import pytest

from agent_env.errors import EnvError
from agent_env.kernels.core import held
from agent_env.kernels.limits import Limits
from agent_env.kernels.pool import Pool
from agent_env.kernels.tasks import load_task
from agent_env.kernels.verdict import Status, Verdict

TASK = load_task("cumsum_rows")
HEAD = "import os, time, torch\nfrom torch import nn\n"
RIGHT = HEAD + "class ModelNew(nn.Module):\n    def forward(self, x): return x.cumsum(-1)\n"
WRONG = RIGHT.replace("x.cumsum(-1)", "x")
SLOW = RIGHT.replace("return", "time.sleep(60); return")
LIMITS = Limits(load_s=30.0, call_s=20.0, evaluation_s=60.0)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    folder = tmp_path_factory.mktemp("kernel_cache")
    with Pool(2, waiting=1, cache_dir=folder, limits=LIMITS) as shared:
        shared.warm()
        yield shared


def test_futures_hold_the_verdicts_of_what_was_submitted(pool: Pool) -> None:
    futures = [pool.submit(code, TASK, timed=False) for code in (RIGHT, WRONG, " ", RIGHT)]
    wanted = [Status.CORRECT, Status.WRONG, Status.NO_CODE, Status.CORRECT]
    assert [future.result().status for future in futures] == wanted


def test_one_at_a_time_is_timed(pool: Pool) -> None:
    verdicts = [future.result() for future in [pool.submit(RIGHT, TASK) for _ in range(2)]]
    assert all(one.timing is not None and one.timing.pairs >= 5 for one in verdicts)


def test_a_full_queue_says_so_and_has_room_again(pool: Pool) -> None:
    first = [pool.submit(RIGHT, TASK, timed=False) for _ in range(3)]
    with pytest.raises(queue.Full, match="No room among 2 workers"):
        pool.submit(RIGHT, TASK, timed=False, timeout_s=0.0)
    assert all(one.result().status is Status.CORRECT for one in first)
    assert pool.submit(WRONG, TASK, timed=False, timeout_s=5.0).result().status is Status.WRONG


def test_event_loops_wait_without_being_blocked(pool: Pool) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.005)

    async def main() -> list[Verdict]:
        ticking = asyncio.create_task(tick())
        try:
            return await asyncio.gather(
                *(pool.evaluate(RIGHT, TASK, timed=False) for _ in range(5))
            )
        finally:
            ticking.cancel()

    assert [one.status for one in asyncio.run(main())] == [Status.CORRECT] * 5
    assert ticks > 5


def test_a_fault_of_the_caller_is_raised_where_it_was_made(pool: Pool) -> None:
    with pytest.raises(ValueError, match="wanted is 'fortran'"):
        pool.submit(RIGHT, TASK, timed=False, wanted="fortran").result()
    assert pool.submit(RIGHT, TASK, timed=False).result().status is Status.CORRECT


def test_a_dead_worker_is_replaced_and_its_evaluation_done_again(pool: Pool) -> None:
    before = {number: worker._process.pid for number, worker in pool._processes.items()}
    os.kill(before[0], signal.SIGKILL)
    futures = [pool.submit(RIGHT, TASK, timed=False) for _ in range(3)]
    assert [one.result().status for one in futures] == [Status.CORRECT] * 3
    pool.warm()
    assert pool._processes[0]._process.pid != before[0]


def test_a_dead_zygote_is_replaced(pool: Pool) -> None:
    for worker in pool._processes.values():
        path = Path(f"/proc/{worker._process.pid}/task/{worker._process.pid}/children")
        for pid in path.read_text(encoding="utf-8").split():
            os.kill(int(pid), signal.SIGKILL)
    futures = [pool.submit(RIGHT, TASK, timed=False) for _ in range(2)]
    assert [one.result().status for one in futures] == [Status.CORRECT] * 2


def test_closing_ends_what_runs_and_cancels_what_waits(tmp_path: Path) -> None:
    pool = Pool(1, waiting=1, cache_dir=tmp_path, limits=LIMITS)
    running: Future[Verdict] = pool.submit(SLOW, TASK)
    waiting = pool.submit(RIGHT, TASK)
    while not running.running():
        time.sleep(0.01)
    pids = [worker._process.pid for worker in pool._processes.values()]
    begin = time.monotonic()
    pool.close()
    assert time.monotonic() - begin < 10.0
    with pytest.raises(EnvError, match="closed"):
        running.result(timeout=1.0)
    with pytest.raises(CancelledError):
        waiting.result(timeout=1.0)
    with pytest.raises(RuntimeError, match="closed"):
        pool.submit(RIGHT, TASK)
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert not Path(pool._folder).exists()
    pool.close()  # once more is no fault


@pytest.mark.parametrize("bad", [{"workers": 0}, {"waiting": -1}, {"workers": 1.5}])
def test_numbers_that_make_no_pool_are_refused(bad: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="give a whole number from"):
        Pool(**bad)


def test_a_slot_is_held_by_one_and_given_back(tmp_path: Path) -> None:
    path = str(tmp_path / "slot")
    waited: list[float] = []

    def wait() -> None:
        begin = time.monotonic()
        with held(path):
            waited.append(time.monotonic() - begin)

    with held(path):
        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.3)
        assert waited == []
    thread.join(5.0)
    assert waited[0] > 0.1
