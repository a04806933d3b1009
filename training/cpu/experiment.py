"""The experiment on a machine without a GPU: same loop, same environment, other placement.

Place in the flow: built by ``training/session.py``. Replaced are the worker class, the inference
client and the placement of the models, which SkyRL hard-wires to GPUs.
"""

from __future__ import annotations

import ray
from skyrl.backends.skyrl_train.workers.worker import PPORayActorGroup
from skyrl.backends.skyrl_train.workers.worker_dispatch import WorkerDispatch
from skyrl.train.config import SkyRLTrainConfig, TrainerConfig
from skyrl.train.utils.trainer_utils import cleanup_old_checkpoints

from training.cpu.client import LockstepClient
from training.cpu.worker import CpuPolicyWorker
from training.experiment import CallforgeExperiment, RunHooks
from training.trainer import TurnTrainer


def start_workers(trainer: TrainerConfig) -> PPORayActorGroup:
    """The policy workers, started and joined into one process group, still without a model.

    It takes them ten seconds to import what they need, time in which the warm start trains.
    """
    # One "node" per worker: SkyRL would otherwise wait for a placement group of GPUs.
    return PPORayActorGroup(
        trainer,
        trainer.placement.policy_num_nodes,
        1,
        CpuPolicyWorker,
        pg=None,
        num_gpus_per_actor=0,
    )


class CpuTrainer(TurnTrainer):
    """Trainer whose policy workers are replicas on the CPU that also sample."""

    inference_engine_client: LockstepClient
    workers: PPORayActorGroup

    def build_models(self, *_worker_classes: object) -> None:
        """Load the model into each policy worker, and let the client sample from them."""
        trainer, group = self.cfg.trainer, self.workers
        updates = trainer.train_batch_size // trainer.policy_mini_batch_size
        ray.get(
            group.async_init_model(
                trainer.policy.model.path,
                num_training_steps=self.total_training_steps
                * updates
                * trainer.update_epochs_per_batch,
            )
        )
        pad = self.tokenizer.pad_token_id
        ray.get(group.async_run_ray_method("pass_through", "_set_pad_token_id", pad))
        self.policy_model, self.critic_model, self.ref_model = group, None, None
        self.inference_engine_client.attach(info.handle for info in group.actor_infos)
        self.dispatch = WorkerDispatch(
            cfg=self.cfg,
            policy_actor_group=group,
            inference_engine_client=self.inference_engine_client,
        )

    def _cleanup_old_checkpoints(self) -> None:
        """Delete old checkpoints from here; SkyRL starts a process for it, six seconds long."""
        cleanup_old_checkpoints(self.cfg.trainer.ckpt_path, self.cfg.trainer.max_ckpts_to_keep)


class CpuExperiment(CallforgeExperiment):
    """Experiment with the tiny model on this machine's cores."""

    trainer_class = CpuTrainer

    def __init__(self, cfg: SkyRLTrainConfig, hooks: RunHooks, workers: PPORayActorGroup) -> None:
        self.workers = workers
        super().__init__(cfg, hooks)

    def get_inference_client(self) -> LockstepClient:
        """The client that samples inside the policy workers."""
        sampling = self.cfg.generator.sampling_params
        return LockstepClient(
            tokenizer=self.tokenizer,
            seed=self.cfg.trainer.seed,
            max_new_tokens=sampling.max_generate_length,
            temperature=sampling.temperature,
            name=self.cfg.trainer.policy.model.path,
        )

    def _setup_trainer(self) -> CpuTrainer:
        """As SkyRL's, which would import its FSDP workers and with them CUDA-only packages."""
        client = self.get_inference_client()
        self.trainer = self.get_trainer(
            cfg=self.cfg,
            tracker=self.get_tracker(),
            tokenizer=self.tokenizer,
            train_dataset=self.train_dataset,
            eval_dataset=self.eval_dataset,
            inference_engine_client=client,
            generator=self.get_generator(self.cfg, self.tokenizer, client),
            colocate_pg=None,
        )
        self.trainer.workers = self.workers
        self.trainer.build_models()
        return self.trainer
