"""SkyRL's configuration for a run: our settings on the left, SkyRL's keys on the right.

Place in the flow: ``RunConfig`` -> here -> ``SkyRLTrainConfig``. SkyRL checks the keys itself and
raises on one that it does not know.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from skyrl.train.config import SkyRLTrainConfig

from training import estimator, sampling
from training.config import RunConfig
from training.dataset import ENV_ID


def skyrl_config(
    config: RunConfig, *, run_dir: Path, dataset: Path, model_path: str
) -> SkyRLTrainConfig:
    """The full SkyRL configuration of this run.

    Args:
        config: The run's settings.
        run_dir: Checkpoints, exports and logs go below it.
        dataset: JSON lines written by ``training/dataset.py``.
        model_path: Folder or hub name of the model to start from.
    """
    keys = _common(config, run_dir, dataset, model_path)
    keys |= _cpu(config) if config.hardware == "cpu" else _gpu(config)
    keys |= _tree(config) if config.tree.turns else {}
    return SkyRLTrainConfig.from_cli_overrides(keys)


def _common(config: RunConfig, run_dir: Path, dataset: Path, model_path: str) -> dict[str, Any]:
    """What holds on any hardware."""
    rl, checkpoints = config.rl, run_dir / "checkpoints"
    return {
        "data.train_data": [str(dataset)],
        "data.val_data": [],
        "data.dataloader.num_workers": 0,
        "environment.env_class": ENV_ID,
        "trainer.policy.model.path": model_path,
        "trainer.seed": config.seed,
        "trainer.epochs": 1,
        "trainer.max_training_steps": config.steps,
        "trainer.train_batch_size": rl.prompts,
        "trainer.policy_mini_batch_size": rl.mini_batch_prompts,
        "trainer.micro_train_batch_size_per_gpu": rl.micro_batch,
        "trainer.max_prompt_length": rl.max_prompt_tokens,
        "trainer.eval_interval": -1,
        "trainer.eval_before_train": False,
        "trainer.resume_mode": "latest",
        "trainer.ckpt_path": str(checkpoints),
        "trainer.ckpt_interval": checkpoints_every(config),
        "trainer.max_ckpts_to_keep": config.checkpoint.keep,
        "trainer.export_path": str(checkpoints / "export"),
        "trainer.hf_save_interval": config.steps,
        "trainer.log_path": str(run_dir / "logs"),
        "trainer.logger": "wandb",
        "trainer.project_name": config.wandb.project,
        "trainer.run_name": config.name,
        "trainer.print_example_interval": 0,
        "trainer.enable_ray_gpu_monitor": False,
        # Credit as training/credit says; SkyRL itself divides by nothing and adds no KL penalty.
        "trainer.algorithm.advantage_estimator": (
            estimator.TREE if config.tree.turns else config.credit.estimator
        ),
        "trainer.algorithm.grpo_norm_by_std": False,
        "trainer.algorithm.use_kl_loss": False,
        "trainer.algorithm.use_kl_in_reward": False,
        "trainer.algorithm.loss_reduction": "token_mean",
        "trainer.algorithm.gamma": rl.gamma,
        "trainer.algorithm.eps_clip_low": rl.clip_low,
        "trainer.algorithm.eps_clip_high": rl.clip_high,
        "trainer.policy.optimizer_config.lr": rl.lr,
        "trainer.policy.optimizer_config.weight_decay": 0.0,
        "trainer.policy.optimizer_config.max_grad_norm": rl.max_grad_norm,
        "trainer.policy.optimizer_config.num_warmup_steps": rl.lr_warmup_updates,
        "trainer.policy.optimizer_config.scheduler": rl.lr_schedule,
        "generator.n_samples_per_prompt": rl.samples,
        # The environment ends episodes itself; of 1 SkyRL would demand other lengths.
        "generator.max_turns": max(2, config.tree.turns or config.domain.max_turns),
        "generator.max_input_length": rl.max_input_tokens,
        "generator.sampling_params.max_generate_length": rl.max_turn_tokens,
        "generator.sampling_params.temperature": rl.temperature,
        "generator.inference_engine.enable_ray_prometheus_stats": False,
    }


def _tree(config: RunConfig) -> dict[str, Any]:
    """Rows that are completions, as many a task as its tree has; see ``tree_generator``."""
    rl = config.rl
    return {
        "trainer.algorithm.advantage_estimator": estimator.TREE,
        "generator.step_wise_trajectories": True,
        # Nothing is sampled by this number; SkyRL checks with it that batches come out even.
        "generator.n_samples_per_prompt": rl.workers
        * (rl.micro_batch // math.gcd(rl.micro_batch, rl.mini_batch_prompts)),
    }


def checkpoints_every(config: RunConfig) -> int:
    """Steps between checkpoints; never more than the run has, so that the end is always kept."""
    return min(config.checkpoint.every_steps, config.steps)


def _cpu(config: RunConfig) -> dict[str, Any]:
    """Replicas in float32, one per worker process, with everything GPU-only off."""
    return {
        "trainer.strategy": "fsdp",
        "trainer.placement.colocate_all": False,
        "trainer.placement.colocate_policy_ref": False,
        "trainer.placement.policy_num_nodes": config.rl.workers,
        "trainer.placement.policy_num_gpus_per_node": 1,
        "trainer.flash_attn": False,
        "trainer.remove_microbatch_padding": False,
        "trainer.gradient_checkpointing": False,
        "trainer.recompute_old_logprobs_per_minibatch": False,
        "trainer.micro_forward_batch_size_per_gpu": config.rl.micro_batch,
        "trainer.policy.optimizer_config.adam_betas": [0.9, 0.95],
        # Inline: a step of the environment is faster than a hand-over to a thread.
        "environment.skyrl_gym.max_env_workers": 0,
        # The lockstep client decodes on the weights of the last sync; there is no cache to salt.
        "generator.use_cache_salt": False,
    }


def _gpu(config: RunConfig) -> dict[str, Any]:
    """SkyRL's own FSDP workers and vLLM engines on shared GPUs."""
    return {
        "trainer.strategy": "fsdp",
        "trainer.placement.colocate_all": True,
        "trainer.placement.policy_num_nodes": 1,
        "trainer.placement.policy_num_gpus_per_node": config.rl.workers,
        "trainer.flash_attn": False,
        "trainer.remove_microbatch_padding": False,
        "trainer.micro_forward_batch_size_per_gpu": config.rl.micro_batch,
        "generator.inference_engine.num_engines": config.rl.workers,
        "generator.inference_engine.backend": "vllm",
        "generator.sampling_params.stop": sampling.stop_strings(config.sampling),
        "generator.sampling_params.additional_kwargs": sampling.vllm_arguments(
            config.sampling, sampling.installed_vllm()
        ),
        # bf16 engines differ from the fp32 trainer by design; the ratio is corrected per token.
        "trainer.algorithm.off_policy_correction.tis_ratio_type": "token",
    }
