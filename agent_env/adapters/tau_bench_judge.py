"""tau-bench's own verdict on a state, for comparing ours with it.

Place in the flow: `strict=True` makes `StockJudge` the domain's audit. The verdict is computed by
the checkout's own environment: its tools on its own loaded data, its own hash.

What it does not do: it looks at the state only; what the customer was told is compared in tests.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from copy import deepcopy
from types import ModuleType
from typing import Any

from agent_env.adapters.rows import RowState
from agent_env.types import Task


class StillCustomer:
    """Stands where tau-bench has a customer that a model plays; says nothing and costs nothing."""

    def reset(self, instruction: str | None = None) -> str:
        """Nothing."""
        return ""

    def step(self, content: str) -> str:
        """Nothing."""
        return ""

    def get_total_cost(self) -> float:
        """Nothing."""
        return 0.0


def customer_double() -> ModuleType:
    """What `tau_bench.envs.base` needs of the module that imports model clients."""
    double = ModuleType("tau_bench.envs.user")
    vars(double).update(UserStrategy=str, load_user=lambda **_: StillCustomer())
    return double


class StockJudge:
    """Compares verdicts.

    Attributes:
        env: tau-bench's environment, with its data reloaded from memory.
        load_data: Its own loader, which reads files.
    """

    def __init__(
        self, base: ModuleType, data: ModuleType, tools: ModuleType, tasks: Sequence[Any]
    ) -> None:
        """Loads the data once.

        Args:
            base: `tau_bench.envs.base`.
            data: The shop's data module.
            tools: The shop's tools.
            tasks: Their tasks.
        """
        self.load_data = data.load_data
        packed = pickle.dumps(self.load_data())
        self.env = base.Env(
            data_load_func=lambda: pickle.loads(packed),
            tools=tools.ALL_TOOLS,
            tasks=deepcopy(tasks),
            wiki="",
            rules=[],
            user_strategy="",
            user_model="",
            task_index=0,
        )
        self.env.terminate_tools = ["transfer_to_human_agents"]
        self._gold: dict[int, str] = {}

    def __call__(self, task: Task, state: RowState, is_right: bool) -> None:
        """Does nothing when tau-bench finds the state right, or wrong, as we did.

        Raises:
            RuntimeError: It does not.
        """
        self.env.data = state.whole()
        agrees = (self.env.get_data_hash() == self.gold_hash(task.seed)) is is_right
        if not agrees:
            raise RuntimeError(
                f"{task.id}: tau-bench's hash calls the state {'wrong' if is_right else 'right'}, "
                f"we call it {'right' if is_right else 'wrong'}."
            )

    def gold_hash(self, place: int) -> str:
        """The stock hash after replaying the actions of the task at that place."""
        if place not in self._gold:
            self.env.reset(task_index=place)
            for action in deepcopy(self.env.task.actions):
                if action.name not in self.env.terminate_tools:
                    self.env.step(action)
            self._gold[place] = self.env.get_data_hash()
        return self._gold[place]
