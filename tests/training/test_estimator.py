"""The SkyRL estimator gives each turn's tokens what credit.py gives the turn."""

import pytest
import torch

from training import compat

compat.prepare_process()

from training.credit import turn_leave_one_out  # noqa: E402 - SkyRL imports only after prepare_process
from training.estimator import NAME, register, turn_rloo_advantages  # noqa: E402


def test_every_token_of_a_turn_gets_its_turns_advantage() -> None:
    mask = torch.tensor([[1, 1, 0, 0, 1, 1], [1, 1, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]])
    rewards = torch.zeros(3, 6)
    rewards[0, 1], rewards[0, 5], rewards[1, 1] = 1.0, 2.0, 0.5
    advantages, returns = turn_rloo_advantages(rewards, mask, ["a", "a", "a"], gamma=0.5)
    first, second, nothing = turn_leave_one_out([[1.0, 2.0], [0.5], []], ["a", "a", "a"], 0.5)
    assert advantages[0].tolist() == pytest.approx([first[0]] * 2 + [0, 0] + [first[1]] * 2)
    assert advantages[1].tolist() == pytest.approx([second[0]] * 2 + [0] * 4)
    assert nothing == []
    assert not advantages[2].any()
    assert torch.equal(advantages, returns)


def test_registering_twice_is_harmless_and_skyrl_finds_it() -> None:
    from skyrl.backends.skyrl_train.utils.ppo_utils import AdvantageEstimatorRegistry

    register()
    register()
    assert NAME in AdvantageEstimatorRegistry.list_available()
