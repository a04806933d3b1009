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
    assert algorithm.advantage_estimator == "turn_rloo"
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
