"""The environment as SkyRL sees it: a thin text environment around ``agent_env.ToolEnv``.

Place in the flow: SkyRL's agent loop -> here -> ``agent_env``. Holds no policy of its own: rewards,
counts and stop reasons come from ToolEnv unchanged. The same class serves CPU and GPU runs.
"""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Self

import skyrl_gym
from skyrl_gym.envs.base_text_env import BaseTextEnv, BaseTextEnvStepOutput

from agent_env import Domain, Limits, RewardWeights, Task, ToolEnv, load_domain
from training.dataset import ENV_ID
from training.hygiene import taken_back

log = logging.getLogger("callforge.env")


def register() -> None:
    """Make the environment known to SkyRL; must run before Ray starts."""
    if ENV_ID not in skyrl_gym.envs.registration.registry:
        skyrl_gym.register(id=ENV_ID, entry_point=f"{__name__}:CallforgeEnv")


class CallforgeEnv(BaseTextEnv):
    """One episode. ``step`` never raises: an exception would end the whole training run.

    Args:
        env_config: Unused; SkyRL passes its own section of the configuration.
        extras: The dataset row: ``task`` and ``episode``, both JSON objects as text
        (``training/dataset.py``).
    """

    def __init__(self, env_config: Any = None, extras: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        if extras is None or "task" not in extras or "episode" not in extras:
            raise ValueError(
                "the environment needs the columns `task` and `episode`; "
                "write the dataset with training.dataset"
            )
        settings = json.loads(extras["episode"])
        self._env = ToolEnv(
            _domain(json.dumps(settings["domain"], sort_keys=True)),
            Task.from_dict(json.loads(extras["task"])),
            limits=Limits(**settings["limits"]),
            weights=RewardWeights(**settings["weights"]),
            reasoning=settings["reasoning"],
        )
        self._least_reward = min(0.0, settings["weights"]["parse"])
        self._taken_back = 0.0
        self._failure: dict[str, Any] | None = None

    def init(
        self, prompt: Sequence[Mapping[str, str]]
    ) -> tuple[list[dict[str, str]], dict[str, Any]]:
        """First messages of the episode.

        Raises:
            TypeError: ``prompt`` is no list of messages. A prompt stored as a string passes through
                SkyRL unnoticed and puts the loss mask in the wrong place.
        """
        if isinstance(prompt, str) or not all(isinstance(message, Mapping) for message in prompt):
            raise TypeError(
                f"the prompt must be a list of messages, got {type(prompt).__name__}; "
                "rewrite the dataset"
            )
        return self._env.reset(), {}

    def step(self, action: str) -> BaseTextEnvStepOutput:
        """Observations, reward and end of one turn."""
        try:
            result = self._env.step(action)
        # SkyRL would end the run; the episode is marked, logged and left out of the loss instead.
        except Exception as error:
            log.exception("the environment failed; its episode is left out of the loss")
            self._failure = {
                "kind": type(error).__name__,
                "message": str(error),
                "retryable": False,
            }
            return BaseTextEnvStepOutput(observations=[], reward=0.0, done=True, metadata={})
        self._taken_back = taken_back(result.info["components"])
        if failure := result.info.get("infra_error"):
            log.warning("the environment failed (%s); its episode is left out of the loss", failure)
        return BaseTextEnvStepOutput(
            observations=[dict(message) for message in result.messages],
            reward=result.reward,
            done=result.done,
            metadata={},
        )

    def fork(self) -> Self:
        """An episode that goes its own way from here; neither sees what the other does."""
        twin = copy.copy(self)
        twin._env = self._env.fork()
        return twin

    @property
    def is_spoilt(self) -> bool:
        """The environment failed: what it paid is no reward."""
        return self._failure is not None or self._env.infra_error is not None

    @property
    def least_reward(self) -> float:
        """The least that a turn can earn."""
        return self._least_reward

    @property
    def taken_back(self) -> float:
        """What the last turn took back of what earlier ones earned, 0 or less."""
        return self._taken_back

    @property
    def domain_name(self) -> str:
        """Name of the world that the episode plays in."""
        return self._env.domain.name

    def get_metrics(self) -> dict[str, Any]:
        """Counts and the whole trajectory; SkyRL hands them on without looking inside."""
        counts, trajectory = self._env.metrics(), self._env.trajectory
        if self._failure is not None:
            counts |= {"infra_error": 1.0}
            trajectory |= {"stop_reason": "infra_error", "infra_error": self._failure}
        return {"counts": counts, "trajectory": trajectory}

    @staticmethod
    def aggregate_metrics(metrics: list[dict[str, Any]]) -> dict[str, Any]:
        """Nothing: ``training/metrics.py`` pools the counts of the batch."""
        return {}


@lru_cache(maxsize=8)
def _domain(options: str) -> Domain:
    """The domain with these options, built once a process; its base store is shared and frozen."""
    return load_domain(**json.loads(options))
