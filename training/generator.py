"""SkyRL's gym generator, with each batch announced, treated, measured and written down.

Place in the flow: trainer -> here -> SkyRL's agent loops -> ``CallforgeEnv``. The loops are
SkyRL's; ``training/batch.py`` makes of what they played what is trained on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from skyrl.train.generators.base import GeneratorInput, GeneratorOutput
from skyrl.train.generators.skyrl_gym_generator import SkyRLGymGenerator, TrajectoryOutput

from agent_env import RewardWeights
from agent_env.referee import Rate
from training.batch import Episode, Played, make_batch
from training.credit import DEFAULT
from training.doctor import check_batch
from training.generations import GenerationRecorder
from training.metrics import batch_metrics
from training.trainer import CREDIT, BatchCredit
from training.trees.agents import CODE_DOMAINS
from training.turns import turn_metrics

__all__ = ["Episode", "MeasuredGenerator"]


class MeasuredGenerator(SkyRLGymGenerator):
    """Adds to every batch its credit and metrics, and hands its episodes to ``on_batch``.

    Attributes:
        on_batch: Called with the step and its episodes.
        estimator: A name of ``training.credit.ESTIMATORS``: what SkyRL will credit turns with.
        gamma: Discount per turn.
        rates: What the domain derives from its episodes' counts.
    """

    on_batch: Callable[[int, Sequence[Episode]], None]
    estimator: str = DEFAULT
    gamma: float = 1.0
    rates: tuple[Rate, ...] = ()
    inference_engine_client: GenerationRecorder
    _examined = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.inference_engine_client = GenerationRecorder(self.inference_engine_client)

    async def generate(
        self, input_batch: GeneratorInput, disable_tqdm: bool = True
    ) -> GeneratorOutput:
        """SkyRL's output, treated, with its credit and with more ``rollout_metrics``."""
        step = input_batch["batch_metadata"].global_step
        sessions = [
            f"{one.instance_id}_{one.repetition_id}" for one in input_batch["trajectory_ids"]
        ]
        begin_batch = getattr(self.inference_engine_client, "begin_batch", None)
        if begin_batch is not None:  # only the lockstep client of the CPU run wants to know
            begin_batch(step, sessions)
        self.inference_engine_client.note()
        output = await super().generate(input_batch, disable_tqdm=disable_tqdm)
        if not self._examined:
            check_batch(
                self.tokenizer,
                output["response_ids"],
                output["loss_masks"],
                output["rewards"],
                [record["trajectory"] for record in output["env_metrics"]],
            )
            self._examined = True
        batch = make_batch(
            list(_played(input_batch, output, sessions, self.inference_engine_client)),
            decode=lambda ids: str(self.tokenizer.decode(ids, skip_special_tokens=False)),
            estimator=self.estimator,
            gamma=self.gamma,
        )
        output["loss_masks"] = [row.loss_mask for row in batch.rows]
        output["rewards"] = [row.rewards for row in batch.rows]
        output[CREDIT] = BatchCredit(
            spans=[row.spans for row in batch.rows],
            lengths=[len(row.loss_mask) for row in batch.rows],
            advantages=batch.advantages,
        )
        output["rollout_metrics"] |= batch_metrics(
            [e.counts for e in batch.episodes],
            [e.rewards for e in batch.episodes],
            [e.group for e in batch.episodes],
            self.rates,
        )
        output["rollout_metrics"] |= turn_metrics(
            batch.episodes, max_turns=self.max_turns, gamma=self.gamma
        )
        self.on_batch(step, batch.episodes)
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


def _played(
    input_batch: GeneratorInput,
    output: GeneratorOutput,
    sessions: Sequence[str],
    recorder: GenerationRecorder,
) -> Iterator[Played]:
    """What was played, row by row."""
    for row, (session, one, extras, record) in enumerate(
        zip(
            sessions,
            input_batch["trajectory_ids"],
            input_batch["env_extras"],
            output["env_metrics"],
            strict=True,
        )
    ):
        least_reward, wants_code = told_by(extras["episode"])
        yield Played(
            session=session,
            group=str(one.instance_id),
            counts=record["counts"],
            trajectory=record["trajectory"],
            generations=recorder.take(session),
            ids=output["response_ids"][row],
            loss_mask=output["loss_masks"][row],
            rewards=output["rewards"][row],
            least_reward=least_reward,
            wants_code=wants_code,
        )


def told_by(episode: str) -> tuple[float, bool]:
    """The least that a turn can earn, and whether it is to hold code, by a dataset row's column."""
    settings = json.loads(episode)
    penalty = RewardWeights(**settings["weights"]).parse
    return min(0.0, penalty), settings["domain"]["name"] in CODE_DOMAINS
