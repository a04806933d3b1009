"""The kernel bench on several machines: one Ray actor a machine, each with a pool of its own.

    actors = start_actors(machines=4, workers=8)
    verdict = await actors[0].evaluate.remote(code, "gemm_f32")     # a verdict as plain data

Place in the flow: training that has more candidates than this machine can judge spreads them over
such actors; on one machine `agent_env.kernels.pool.Pool` is enough. Ray runs already.

What it does not do: it starts and stops no cluster (`training/runtime.py`), and it judges nothing.
"""

from __future__ import annotations

from typing import Any

import ray

from agent_env.errors import EnvError
from agent_env.kernels.pool import Pool
from agent_env.kernels.tasks import load_task


class KernelActor:
    """A pool behind Ray; its methods are called by `.remote`."""

    def __init__(self, **options: Any) -> None:
        """Makes the pool.

        Args:
            options: As of `Pool`.

        Raises:
            ValueError: As of `Pool`.
        """
        self._pool = Pool(**options)

    async def evaluate(
        self, code: str | bytes, task: Any, *, seed: int | None = None, timed: bool = True
    ) -> dict[str, Any]:
        """The verdict as `Verdict.to_dict` has it, or {"infra_error": ...} where none was reached.

        Args:
            code: The program.
            task: The name of one of our tasks, or a problem that can be pickled.
            seed: What weights and contents are made from; None draws one that nobody knows.
            timed: Whether a correct candidate is timed.

        Raises:
            ValueError: There is no such task.
        """
        try:
            problem = load_task(task, self._pool.device) if isinstance(task, str) else task
        except ValueError as error:  # as one that Ray can carry
            raise ValueError(str(error)) from None
        try:
            verdict = await self._pool.evaluate(code, problem, seed=seed, timed=timed)
        except EnvError as error:
            return {"infra_error": error.to_dict()}
        return verdict.to_dict()

    async def warm(self) -> int:
        """How many workers are up, once all are."""
        self._pool.warm()
        return self._pool.workers

    async def close(self) -> None:
        """Ends the pool; what it still evaluates is an infra_error for who waits."""
        self._pool.close()


def start_actors(machines: int = 1, *, waiting: int = 1000, **options: Any) -> list[Any]:
    """Handles of one actor a machine, as Ray spreads them; each keeps its machine to itself.

    Args:
        machines: How many actors.
        waiting: How many calls each takes at a time; more wait at Ray.
        options: As of `Pool`; with "workers" and "device" Ray knows what an actor takes.

    Raises:
        ValueError: There is no machine to ask for.
    """
    if machines < 1:
        raise ValueError(f"start_actors(machines={machines}): give at least 1.")
    gpus = options.get("workers") or 1 if options.get("device") == "cuda" else 0
    kind = ray.remote(KernelActor).options(
        max_concurrency=waiting, scheduling_strategy="SPREAD", num_cpus=0, num_gpus=gpus
    )
    return [kind.remote(**options) for _ in range(machines)]
