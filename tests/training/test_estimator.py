"""SkyRL's own computation gives each turn's tokens what the pure functions give the turn."""

import random
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from training import compat

compat.prepare_process()

from skyrl.backends.skyrl_train.utils import ppo_utils  # noqa: E402 - SkyRL imports only after prepare_process

from training.credit import ESTIMATORS, turn_leave_one_out  # noqa: E402
from training.estimator import TREE, TurnRow, register  # noqa: E402

MASK = torch.tensor([[1, 1, 0, 0, 1, 1], [1, 1, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]])


def computed(name: str, rewards: torch.Tensor, mask: torch.Tensor, index: Any) -> Any:
    """What SkyRL's ``compute_advantages_and_returns`` finds by the estimator's name."""
    register()
    return ppo_utils.compute_advantages_and_returns(
        token_level_rewards=rewards,
        response_mask=mask,
        index=index,
        adv_estimator=name,
        config=SimpleNamespace(),
        grpo_norm_by_std=False,
        gamma=0.5,
    )


def test_every_token_of_a_turn_gets_its_turns_advantage() -> None:
    rewards = torch.zeros(3, 6)
    rewards[0, 1], rewards[0, 5], rewards[1, 1] = 1.0, 2.0, 0.5
    advantages, returns = computed("turn_loo", rewards, MASK, ["a", "a", "a"])
    first, second, nothing = turn_leave_one_out([[1.0, 2.0], [0.5], []], ["a", "a", "a"], 0.5)
    assert advantages[0].tolist() == pytest.approx([first[0]] * 2 + [0, 0] + [first[1]] * 2)
    assert advantages[1].tolist() == pytest.approx([second[0]] * 2 + [0] * 4)
    assert nothing == []
    assert not advantages[2].any()
    assert torch.equal(advantages, returns)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_skyrl_trains_on_what_the_pure_function_returns(name: str) -> None:
    rng = random.Random(name)
    width, episodes, tasks, rows = 24, [], [], []
    rewards, mask = torch.zeros(9, width), torch.zeros(9, width, dtype=torch.long)
    for row in range(9):
        turns = rng.randrange(0, 4)
        spans = [(6 * turn, 6 * turn + rng.randrange(1, 6)) for turn in range(turns)]
        length = spans[-1][1] if spans else 4
        episodes.append([rng.choice([0.0, 0.25, 1.0, -0.5]) for _ in spans])
        tasks.append(f"task {row % 2}")
        rows.append(TurnRow(task=tasks[-1], length=length, spans=spans))
        left = width - length  # SkyRL aligns responses to the right
        for (start, end), reward in zip(spans, episodes[-1], strict=True):
            mask[row, left + start : left + end] = 1
            rewards[row, left + end - 1] = reward
    expected = torch.zeros(9, width)
    for row, values in enumerate(ESTIMATORS[name](episodes, tasks, 0.5)):
        for (start, end), value in zip(rows[row].spans, values, strict=True):
            left = width - rows[row].length
            expected[row, left + start : left + end] = value
    assert expected.any()
    for index in (rows, tasks):  # told where the turns are, and finding them in the mask
        advantages, _ = computed(name, rewards, mask, index)
        torch.testing.assert_close(advantages, expected)


def test_a_turn_hidden_from_the_loss_still_counts_in_the_baseline() -> None:
    rewards = torch.zeros(2, 4)
    rewards[0, 3] = 1.0
    mask = torch.tensor([[1, 1, 1, 1], [0, 0, 0, 0]])
    rows = [TurnRow(task="t", length=4, spans=[(0, 4)]) for _ in range(2)]
    advantages, _ = computed("turn_loo", rewards, mask, rows)
    assert advantages[0].tolist() == [1.0] * 4
    assert computed("turn_loo", rewards, mask, ["t", "t"])[0][0].tolist() == [1.0] * 4
    rewards[1, 3] = 0.5
    assert computed("turn_loo", rewards, mask, rows)[0][0].tolist() == [0.5] * 4


def test_a_trees_advantages_pass_as_they_are() -> None:
    rewards = torch.tensor([[0.0, 0.3, 0.0, -0.2]])
    rows = [TurnRow(task="t", length=4, spans=[(0, 2), (3, 4)])]
    mask = torch.tensor([[1, 1, 0, 1]])
    assert computed(TREE, rewards, mask, rows)[0][0].tolist() == pytest.approx([0.3, 0.3, 0, -0.2])


def test_registering_twice_is_harmless_and_skyrl_finds_all() -> None:
    register()
    register()
    assert {*ESTIMATORS, TREE} <= set(ppo_utils.AdvantageEstimatorRegistry.list_available())
