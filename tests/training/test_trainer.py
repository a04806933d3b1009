"""The trainer's additions, on SkyRL's own batch type."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from training import compat

compat.prepare_process()

from skyrl.backends.skyrl_train.training_batch import TrainingInputBatch  # noqa: E402 - see above
from skyrl.train.trainer import RayPPOTrainer  # noqa: E402

from training import estimator  # noqa: E402
from training.trainer import (  # noqa: E402
    LOGPROB_DIFF_KEY,
    BatchCredit,
    CreditMismatchError,
    LogprobMismatchError,
    TurnTrainer,
)


def bare_trainer(name: str = "turn_loo") -> TurnTrainer:
    """A trainer without models: only what the two methods read."""
    estimator.register()
    trainer = TurnTrainer.__new__(TurnTrainer)
    algorithm = SimpleNamespace(
        advantage_estimator=name, gamma=1.0, lambd=1.0, grpo_norm_by_std=False
    )
    trainer.cfg = SimpleNamespace(
        generator=SimpleNamespace(step_wise_trajectories=False),
        trainer=SimpleNamespace(algorithm=algorithm),
    )
    trainer.all_metrics = {}
    trainer.global_step = 7
    return trainer


REWARDS = torch.tensor([[0.0, 0.5, 0.0, 1.0], [0.0, 0.0, 0.0, -0.5]])


def two_episodes(loss_mask: torch.Tensor, rewards: torch.Tensor = REWARDS) -> TrainingInputBatch:
    batch = TrainingInputBatch(
        {
            "rewards": rewards,
            "loss_mask": loss_mask,
            "response_mask": torch.ones_like(loss_mask),
            "values": None,
        }
    )
    batch.metadata = {"uids": ["a", "a"], "avg_response_length": 4.0}
    return batch


def test_turns_are_credited_apart_although_skyrl_masks_observations_as_response() -> None:
    rewards = torch.tensor([[0.0, 0.5, 0.0, 1.0], [0.0, -0.5, 0.0, 0.0]])
    batch = two_episodes(torch.tensor([[1, 1, 0, 1], [1, 1, 0, 0]]), rewards)
    result = bare_trainer().compute_advantages_and_returns(batch)
    assert result["advantages"].tolist() == [[2.0, 2.0, 0.0, 1.0], [-2.0, -2.0, 0.0, 0.0]]
    assert result["response_mask"].sum() == 8


def credit(*advantages: list[float]) -> BatchCredit:
    """Two rows, the second of one turn, whose tokens are the last two."""
    return BatchCredit(spans=[[(0, 2), (3, 4)], [(0, 2)]], lengths=[4, 2], advantages=advantages)


def test_a_turn_that_hygiene_hid_from_the_loss_stays_in_the_baseline() -> None:
    batch = two_episodes(torch.tensor([[1, 1, 0, 1], [0, 0, 0, 0]]))
    batch.metadata["credit"] = credit([2.0, 1.0], [-2.0])
    result = bare_trainer().compute_advantages_and_returns(batch)
    assert result["advantages"].tolist() == [[2.0, 2.0, 0.0, 1.0], [0.0, 0.0, -2.0, -2.0]]
    assert result.metadata["uids"] == ["a", "a"]
    assert torch.equal(result["rewards"], REWARDS)


def test_other_advantages_than_those_on_record_stop_the_run() -> None:
    batch = two_episodes(torch.tensor([[1, 1, 0, 1], [0, 0, 1, 1]]))
    batch.metadata["credit"] = credit([2.0, 1.0], [-2.1])
    with pytest.raises(CreditMismatchError, match=r"a turn of row 1 has .* -2 .* -2\.1 on"):
        bare_trainer().compute_advantages_and_returns(batch)


def test_a_tree_is_trained_on_the_advantages_that_its_generator_gives() -> None:
    batch = two_episodes(torch.tensor([[1, 1, 0, 1], [0, 0, 1, 1]]))
    batch.metadata["credit"] = credit([0.25, -0.5], [0.75])
    result = bare_trainer(estimator.TREE).compute_advantages_and_returns(batch)
    assert result["advantages"].tolist() == [[0.25, 0.25, 0.0, -0.5], [0.0, 0.0, 0.75, 0.75]]
    assert torch.equal(result["rewards"], REWARDS)


def test_rows_that_skyrl_added_to_fill_the_batch_have_no_turns() -> None:
    batch = two_episodes(torch.tensor([[1, 1, 0, 1], [0, 0, 0, 0]]))
    batch.metadata["uids"] = ["a", "pad0"]
    batch.metadata["credit"] = BatchCredit(
        spans=[[(0, 2), (3, 4)]], lengths=[4], advantages=[[1.5, 1.0]]
    )
    result = bare_trainer().compute_advantages_and_returns(batch)
    assert result["advantages"].tolist() == [[1.5, 1.5, 0.0, 1.0], [0.0] * 4]


@pytest.mark.parametrize(
    ("difference", "stops"), [(1e-5, False), (2e-3, True), (float("nan"), True)]
)
def test_a_sampler_off_the_trained_weights_stops_the_run(
    monkeypatch: pytest.MonkeyPatch, difference: float, stops: bool
) -> None:
    def forward(self: Any, batch: Any) -> Any:
        self.all_metrics[LOGPROB_DIFF_KEY] = difference
        return batch

    monkeypatch.setattr(RayPPOTrainer, "fwd_logprobs_values_reward", forward)
    trainer = bare_trainer()
    if stops:
        with pytest.raises(LogprobMismatchError, match=r"step 7: .* \(limit 0.001\)"):
            trainer.fwd_logprobs_values_reward("batch")
    else:
        assert trainer.fwd_logprobs_values_reward("batch") == "batch"
