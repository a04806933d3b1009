"""Many evaluations side by side, each in a process with a judge of its own.

    with Pool(workers=2) as pool:
        futures = [pool.submit(code, problem) for code in codes]    # blocks while it is full
        verdicts = [future.result() for future in futures]
        verdict = await pool.evaluate(code, problem)                 # the same for event loops

Place in the flow: whoever has more than one candidate at a time, such as training, asks the pool
instead of a `Judge`. Compiling and checking go on in parallel. Only one candidate at a time is
timed on the CPU, and on a GPU, where each worker has a device for itself. Processes and not
threads, for a judge that waits for its interpreter reads the clock too late.

What it does not do: no judging, and no order among those that wait in event loops.
"""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import queue
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from agent_env.errors import EnvError
from agent_env.kernels import channel, core
from agent_env.kernels.limits import Limits
from agent_env.kernels.pool_worker import Setting

if TYPE_CHECKING:
    from agent_env.kernels.problem import Problem
    from agent_env.kernels.verdict import Verdict

ROOM_S = 0.02
"""How often an event loop that found the queue full looks again."""
ATTEMPTS = 2
"""How often an evaluation is begun whose process or zygote is lost."""
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[2]); "
    "from agent_env.kernels.pool_worker import main; main(int(sys.argv[1]))"
)


@dataclass(slots=True, kw_only=True)
class _Job:
    order: dict[str, Any]
    future: Future[Any]


class Pool:
    """Workers that evaluate what is submitted, first come first served."""

    def __init__(
        self,
        workers: int | None = None,
        *,
        waiting: int | None = None,
        cache_dir: str | Path | None = None,
        device: str = "cpu",
        limits: Limits | None = None,
        require_isolation: bool = False,
        static_rules: bool = True,
    ) -> None:
        """Starts nothing yet; workers start when there is work, or by `warm`.

        Args:
            workers: Processes; None is one for each core, or for each GPU.
            waiting: How many may wait beside those that are evaluated before `submit` blocks; None
                is twice the workers.
            cache_dir: As of `Judge`, and so are the others.
            device: "cpu" or "cuda".
            limits: Bounds of each evaluation.
            require_isolation: Whether to refuse to run where a layer of the cage is missing.
            static_rules: False runs what `policy` would refuse.

        Raises:
            ValueError: Numbers that are not positive, no such device, or this machine has none.
        """
        self.device = _device(device)
        self._gpus = _gpus() if self.device == "cuda" else ()
        count = len(self._gpus) or len(os.sched_getaffinity(0)) if workers is None else workers
        places = 2 * count if waiting is None else waiting
        for name, value, least in (("workers", count, 1), ("waiting", places, 0)):
            if not isinstance(value, int) or value < least:
                raise ValueError(f"Pool({name}={value!r}): give a whole number from {least} up.")
        self.workers = count
        self._numbers = range(count)
        self._room = threading.BoundedSemaphore(count + places)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._folder = tempfile.mkdtemp(prefix="callforge-pool-")
        self._setting = Setting(
            cache_dir=None if cache_dir is None else str(cache_dir),
            device=self.device,
            limits=limits or Limits(),
            require_isolation=require_isolation,
            static_rules=static_rules,
            slot=self._folder,
        )
        self._lock = threading.Lock()
        self._closed = False
        self._threads: list[threading.Thread] = []
        self._processes: dict[int, _Worker] = {}

    def __enter__(self) -> Pool:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Closes it."""
        self.close()

    def submit(
        self,
        code: str | bytes,
        problem: Problem,
        *,
        seed: int | None = None,
        timed: bool = True,
        wanted: str = "",
        timeout_s: float | None = None,
    ) -> Future[Verdict]:
        """The verdict to come; arguments as of `Judge.evaluate`. Blocks while the queue is full.

        The future raises what `Judge.evaluate` raises, and `EnvError` when the pool was closed
        meanwhile or its processes were lost more often than once. It can be cancelled until a
        worker takes it up.

        Args:
            code: The program.
            problem: What it is to compute; it is pickled.
            seed: What weights and contents are made from; None draws one that nobody knows.
            timed: Whether a correct candidate is timed.
            wanted: What kernel is demanded.
            timeout_s: How long to wait for room in the queue; None is for ever.

        Raises:
            queue.Full: There was no room in time.
            RuntimeError: The pool is closed.
        """
        order = _order(code, problem, seed=seed, timed=timed, wanted=wanted)
        if not self._room.acquire(timeout=timeout_s):
            raise queue.Full(f"No room among {self.workers} workers in {timeout_s:g} s.")
        return self._put(order)

    async def evaluate(
        self,
        code: str | bytes,
        problem: Problem,
        *,
        seed: int | None = None,
        timed: bool = True,
        wanted: str = "",
    ) -> Verdict:
        """The verdict; arguments as of `submit`. Waits for room without blocking the event loop.

        Raises:
            EnvError: As of `submit`.
            RuntimeError: The pool is closed.
        """
        order = _order(code, problem, seed=seed, timed=timed, wanted=wanted)
        while not self._room.acquire(blocking=False):
            await asyncio.sleep(ROOM_S)
        return await asyncio.wrap_future(self._put(order))

    def warm(self) -> None:
        """Starts every worker and waits until each could evaluate.

        Raises:
            EnvError: One does not come up.
        """
        with ThreadPoolExecutor(self.workers) as threads:
            asked = threads.map(lambda number: self._answer(number, {"warm": True}), self._numbers)
            for answer in asked:
                if isinstance(answer, Exception):
                    raise answer

    def close(self) -> None:
        """Ends everything: what waits is cancelled, what is evaluated fails with `EnvError`."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            workers = list(self._processes.values())
        for _ in self._threads:
            self._jobs.put(None)
        for worker in workers:
            worker.close()
        for thread in self._threads:
            thread.join()
        with suppress(queue.Empty):
            while True:
                job = self._jobs.get_nowait()
                if job is not None:
                    job.future.cancel()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _put(self, order: dict[str, Any]) -> Future[Any]:
        job = _Job(order=order, future=Future())
        job.future.add_done_callback(lambda _: self._room.release())
        with self._lock:
            if self._closed:
                job.future.cancel()
                raise RuntimeError("The pool is closed; make another one.")
            self._jobs.put(job)
        self._start()
        return job.future

    def _start(self) -> None:
        with self._lock:
            for number in self._numbers[len(self._threads) :]:
                name = f"kernel pool {number}"
                thread = threading.Thread(target=self._serve, args=(number,), name=name)
                thread.daemon = True
                self._threads.append(thread)
                thread.start()

    def _serve(self, number: int) -> None:
        while (job := self._jobs.get()) is not None:
            if self._closed or not job.future.set_running_or_notify_cancel():
                job.future.cancel()
                continue
            answer = self._answer(number, job.order)
            if isinstance(answer, BaseException):
                job.future.set_exception(answer)
            else:
                job.future.set_result(answer)

    def _answer(self, number: int, order: dict[str, Any]) -> Any:
        """What a worker says; one more try where something of ours was lost on the way."""
        for _ in range(ATTEMPTS):
            try:
                answer = self._worker(number).ask(dict(order))
            except EnvError as error:
                answer = error
            if self._closed:
                return EnvError("PoolClosedError", "The pool was closed during the evaluation.")
            if not (isinstance(answer, EnvError) and answer.retryable):
                break
        return answer

    def _worker(self, number: int) -> _Worker:
        """The running worker of a number; a dead one is replaced.

        Raises:
            EnvError: The pool is closed.
        """
        with self._lock:
            if self._closed:
                raise EnvError("PoolClosedError", "The pool is closed.")
            worker = self._processes.get(number)
            if worker is None or not worker.alive():
                if worker is not None:
                    worker.close()
                gpu = self._gpus[number % len(self._gpus)] if self._gpus else ""
                # All judges of the machine take turns on its cores; a GPU disturbs no other one.
                slot = f"{self._folder}/gpu{gpu}" if gpu else core.__file__
                setting = replace(self._setting, slot=slot)
                worker = self._processes[number] = _Worker(setting, gpu)
            return worker


class _Worker:
    """This end of a worker's process."""

    def __init__(self, setting: Setting, gpu: str) -> None:
        self._lock = threading.Lock()
        self._sock, theirs = socket.socketpair()
        environment = {**os.environ, **({"CUDA_VISIBLE_DEVICES": gpu} if gpu else {})}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START, str(theirs.fileno()), json.dumps(sys.path)],
            env=environment,
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # an interrupt at the terminal is for who owns the pool
        )
        theirs.close()
        channel.send(self._sock, pickle.dumps(setting))

    def ask(self, order: dict[str, Any]) -> Any:
        """The answer to an order; an `EnvError` where the process is gone."""
        with self._lock:
            try:
                channel.send(self._sock, pickle.dumps(order))
                return pickle.loads(channel.receive(self._sock)[0])
            except (OSError, channel.ChannelError) as error:
                self._process.kill()
                self._process.wait()
                return EnvError("WorkerError", f"A process of the pool is gone: {error}", True)

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """Ends the process, and whatever waits for its answer."""
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._process.kill()
        self._process.wait()
        with self._lock:  # by now nobody waits for an answer
            self._sock.close()


def _order(code: str | bytes, problem: Problem, **options: Any) -> dict[str, Any]:
    return {"code": code, "problem": pickle.dumps(problem), **options}


def _device(name: str) -> str:
    from agent_env.kernels.rungs import device_named

    return device_named(name)


def _gpus() -> Sequence[str]:
    """Names of the GPUs that this process may use, as CUDA_VISIBLE_DEVICES has them."""
    import torch

    named = [one.strip() for one in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if one]
    return named or [str(number) for number in range(torch.cuda.device_count())]
