"""SkyRL's gym generator, with each batch announced, measured and written down.

Place in the flow: trainer -> here -> SkyRL's agent loops -> ``CallforgeEnv``. The loops are
SkyRL's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from skyrl.train.generators.base import GeneratorInput, GeneratorOutput
from skyrl.train.generators.skyrl_gym_generator import SkyRLGymGenerator, TrajectoryOutput

from training.credit import turn_spans
from training.doctor import check_batch
from training.metrics import batch_metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One finished episode: who it was, its counts, its trajectory and its rewards per turn."""

    session: str
    group: str
    counts: dict[str, float]
    trajectory: dict[str, Any]
    rewards: list[float]


class MeasuredGenerator(SkyRLGymGenerator):
    """Adds to every batch its metrics, and hands its episodes to ``on_batch(step, episodes)``."""

    on_batch: Callable[[int, Sequence[Episode]], None]
    _examined = False

    async def generate(
        self, input_batch: GeneratorInput, disable_tqdm: bool = True
    ) -> GeneratorOutput:
        """SkyRL's output with ``rollout_metrics`` extended by those of ``training/metrics.py``."""
        step = input_batch["batch_metadata"].global_step
        ids = input_batch["trajectory_ids"]
        sessions = [f"{one.instance_id}_{one.repetition_id}" for one in ids]
        begin_batch = getattr(self.inference_engine_client, "begin_batch", None)
        if begin_batch is not None:  # only the lockstep client of the CPU run wants to know
            begin_batch(step, sessions)
        output = await super().generate(input_batch, disable_tqdm=disable_tqdm)
        episodes = [
            Episode(
                session=session,
                group=str(one.instance_id),
                counts=record["counts"],
                trajectory=record["trajectory"],
                rewards=rewards_per_turn(reward, mask),
            )
            for session, one, record, reward, mask in zip(
                sessions,
                ids,
                output["env_metrics"],
                output["rewards"],
                output["loss_masks"],
                strict=True,
            )
        ]
        output["rollout_metrics"] |= batch_metrics(
            [e.counts for e in episodes], [e.rewards for e in episodes], [e.group for e in episodes]
        )
        if not self._examined:
            check_batch(
                self.tokenizer,
                output["response_ids"],
                output["loss_masks"],
                output["rewards"],
                [episode.trajectory for episode in episodes],
            )
            self._examined = True
        self.on_batch(step, episodes)
        return output

    def _post_process_agent_loop_output(
        self, agent_loop_output: TrajectoryOutput, _env_extras: dict[str, Any], _trajectory_id: Any
    ) -> TrajectoryOutput:
        """Leave an episode that the environment spoilt out of the loss.

        With an empty mask it has no turns, so it takes no part in any baseline either.
        """
        if agent_loop_output.env_metrics["counts"]["infra_error"]:
            agent_loop_output.loss_mask = [0] * len(agent_loop_output.loss_mask)
        return agent_loop_output


def rewards_per_turn(token_rewards: Sequence[float], mask: Sequence[int]) -> list[float]:
    """Reward of each assistant turn, read off the tokens as the trainer will."""
    return [sum(token_rewards[start:end]) for start, end in turn_spans(mask)]
