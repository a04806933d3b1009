"""SkyRL's experiment with our dataset, generator, tracker and trainer, on any hardware.

Place in the flow: ``training/session.py`` builds one (this class on GPUs,
``training/cpu/experiment.py`` without) and calls ``run()``. Only hooks that SkyRL offers are
overridden; the loop is SkyRL's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from skyrl.backends.skyrl_train.inference_servers.utils import resolve_policy_model_name
from skyrl.train.config import SkyRLTrainConfig
from skyrl.train.dataset import PromptDataset
from skyrl.train.entrypoints.main_base import BasePPOExp
from skyrl.train.utils.callbacks import TrainingCallback

from agent_env.referee import Rate
from training.generator import Episode, MeasuredGenerator
from training.tracking import RunTracker
from training.trainer import TurnTrainer
from training.trees.generator import TreeGenerator
from training.trees.plan import TreePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHooks:
    """What a run plugs into the experiment.

    Attributes:
        tracker: Makes what metrics go to.
        on_batch: Called with the step and every episode of its batch.
        callbacks: SkyRL's, besides its own.
        logprob_diff_limit: See ``TurnTrainer``.
        plan: The shape of the trees; None plays separate episodes.
        mean_stop: See ``training.trees.plan.grow``.
        rates: What the domain derives from its episodes' counts.
    """

    tracker: Callable[[SkyRLTrainConfig], RunTracker]
    on_batch: Callable[[int, Sequence[Episode]], None]
    callbacks: tuple[TrainingCallback, ...]
    logprob_diff_limit: float
    plan: TreePlan | None = None
    mean_stop: float | None = None
    rates: tuple[Rate, ...] = ()


class CallforgeExperiment(BasePPOExp):
    """An experiment whose batches are measured and whose metrics are all on disk."""

    trainer_class: type[TurnTrainer] = TurnTrainer

    def __init__(self, cfg: SkyRLTrainConfig, hooks: RunHooks) -> None:
        self.hooks = hooks
        super().__init__(cfg)

    def run(self) -> None:
        """SkyRL's run; the tracker is ended however that ends, an interruption included."""
        finished = False
        try:
            super().run()
            finished = True
        finally:
            tracker = getattr(self.trainer, "tracker", None)
            if tracker is not None:
                tracker.failed = not finished
                tracker.finish()

    def get_train_dataset(self) -> PromptDataset:
        """The tasks of the run; one loading process, because they are few.

        Raises:
            ValueError: A prompt is too long. SkyRL drops such tasks without a word, and the run
                would then be shorter than asked for.
        """
        trainer = self.cfg.trainer
        dataset = PromptDataset(
            datasets=self.cfg.data.train_data,
            tokenizer=self.tokenizer,
            max_prompt_length=trainer.max_prompt_length,
            num_workers=1,
        )
        expected = trainer.max_training_steps * trainer.train_batch_size
        if len(dataset) < expected:
            raise ValueError(
                f"{expected - len(dataset)} of {expected} prompts are longer than "
                f"{trainer.max_prompt_length} tokens; raise rl.max_prompt_tokens or choose a "
                "shorter domain.prompt"
            )
        return dataset

    def get_eval_dataset(self) -> None:
        """None: the run is judged on the batches it trains on."""

    def get_generator(
        self, cfg: SkyRLTrainConfig, tokenizer: Any, inference_engine_client: Any
    ) -> MeasuredGenerator:
        """SkyRL's generator that reports every batch, or the one that grows trees."""
        kind = MeasuredGenerator if self.hooks.plan is None else TreeGenerator
        generator = kind(
            generator_cfg=cfg.generator,
            skyrl_gym_cfg=cfg.environment.skyrl_gym,
            inference_engine_client=inference_engine_client,
            tokenizer=tokenizer,
            policy_model_name=resolve_policy_model_name(cfg),
        )
        generator.on_batch, generator.rates = self.hooks.on_batch, self.hooks.rates
        generator.gamma = cfg.trainer.algorithm.gamma
        if isinstance(generator, TreeGenerator) and self.hooks.plan is not None:
            generator.plan, generator.mean_stop = self.hooks.plan, self.hooks.mean_stop
        else:
            generator.estimator = cfg.trainer.algorithm.advantage_estimator
        return generator

    def get_tracker(self) -> RunTracker:
        """W&B and metrics.jsonl in one."""
        return self.hooks.tracker(self.cfg)

    def get_trainer(self, *args: Any, **kwargs: Any) -> TurnTrainer:
        """SkyRL's trainer with turn credit, the sync check and the run's callbacks."""
        trainer = self.trainer_class(*args, **kwargs, callbacks=list(self.hooks.callbacks))
        trainer.logprob_diff_limit = self.hooks.logprob_diff_limit
        return trainer
