"""Our settings as SkyRL's: both recipes are accepted by SkyRL itself and say what we mean."""

from pathlib import Path
from typing import Any

import pytest

from training import compat

compat.prepare_process()

from training import env_adapter, estimator  # noqa: E402 - SkyRL imports only after prepare_process
from training.config import CONFIGS, load  # noqa: E402
from training.skyrl_config import skyrl_config  # noqa: E402


def made(name: str, *overrides: str) -> Any:
    config = load(overrides, CONFIGS / name)
    return skyrl_config(
        config, run_dir=Path("runs/x"), dataset=Path("d.jsonl"), model_path="some/model"
    )


@pytest.mark.parametrize("name", sorted(path.name for path in CONFIGS.glob("*.yaml")))
def test_skyrl_accepts_every_recipe(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from skyrl.train.utils import validate_cfg

    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    env_adapter.register()
    estimator.register()
    cfg = made(name)
    validate_cfg(cfg)
    algorithm = cfg.trainer.algorithm
    assert algorithm.advantage_estimator == "turn_loo"
    assert not algorithm.grpo_norm_by_std
    assert not algorithm.use_kl_loss
    assert not algorithm.use_kl_in_reward
    assert cfg.trainer.logger == "wandb"
    assert cfg.environment.env_class == "callforge"


def test_a_short_run_keeps_a_checkpoint_of_its_end() -> None:
    assert made("cpu.yaml", "steps=2").trainer.ckpt_interval == 2
    assert made("cpu.yaml", "steps=16").trainer.ckpt_interval == 5


def test_the_cpu_recipe_asks_for_no_gpu() -> None:
    cfg = made("cpu.yaml")
    assert not cfg.trainer.flash_attn
    assert not cfg.trainer.placement.colocate_all
    assert cfg.trainer.placement.policy_num_nodes == 2
    assert cfg.generator.sampling_params.max_generate_length == 40


def test_the_estimator_is_the_one_that_was_chosen() -> None:
    chosen = made("cpu.yaml", "credit.estimator=pooled_mean", "rl.gamma=0.4")
    assert chosen.trainer.algorithm.advantage_estimator == "pooled_mean"
    assert chosen.trainer.algorithm.gamma == 0.4
    tree = made("cpu.yaml", "tree.turns=2", "tree.generations=2")
    assert tree.trainer.algorithm.advantage_estimator == estimator.TREE


def test_sampling_on_a_gpu_ends_turns_and_bends_nothing() -> None:
    params = made("qwen3_8b.yaml").generator.sampling_params
    assert "<|im_start|>" in params.stop
    assert not any("```" in stop for stop in params.stop)
    assert params.additional_kwargs["skip_special_tokens"] is False
    assert "repetition_penalty" not in params.additional_kwargs
    bent = made("qwen3_8b.yaml", "sampling.repetition_penalty=1.1", "sampling.stop_strings=false")
    assert bent.generator.sampling_params.additional_kwargs["repetition_penalty"] == 1.1
    assert bent.generator.sampling_params.stop is None
    assert made("cpu.yaml").generator.sampling_params.stop is None


SHAPES = [
    ("domain.max_turns=1",),
    ("tree.turns=2", "tree.generations=2", "tree.joint_mode=cross", "agents=2"),
    ("tree.turns=3", "tree.generations=3", "rl.prompts=6", "rl.mini_batch_prompts=3"),
    ("tree.turns=1", "tree.generations=2", "rl.workers=3", "rl.micro_batch=5"),
]


@pytest.mark.parametrize("overrides", SHAPES)
def test_skyrl_accepts_episodes_and_trees_of_any_shape(
    overrides: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    from skyrl.train.utils import validate_cfg

    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    env_adapter.register()
    estimator.register()
    cfg = made("cpu.yaml", *overrides)
    validate_cfg(cfg)
    is_tree = "tree.turns" in overrides[0]
    assert cfg.generator.step_wise_trajectories == is_tree
    assert (cfg.trainer.algorithm.advantage_estimator == estimator.TREE) == is_tree
