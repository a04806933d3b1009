"""The trainer's two additions, on SkyRL's own batch type."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from training import compat

compat.prepare_process()

from skyrl.backends.skyrl_train.training_batch import TrainingInputBatch  # noqa: E402 - see above
from skyrl.train.trainer import RayPPOTrainer  # noqa: E402

from training import estimator  # noqa: E402
from training.trainer import LOGPROB_DIFF_KEY, LogprobMismatchError, TurnTrainer  # noqa: E402


def bare_trainer() -> TurnTrainer:
    """A trainer without models: only what the two methods read."""
    estimator.register()
    trainer = TurnTrainer.__new__(TurnTrainer)
    algorithm = SimpleNamespace(
        advantage_estimator=estimator.NAME, gamma=1.0, lambd=1.0, grpo_norm_by_std=False
    )
    trainer.cfg = SimpleNamespace(
        generator=SimpleNamespace(step_wise_trajectories=False),
        trainer=SimpleNamespace(algorithm=algorithm),
    )
    trainer.all_metrics = {}
    trainer.global_step = 7
    return trainer


def test_turns_are_credited_apart_although_skyrl_masks_observations_as_response() -> None:
    loss_mask = torch.tensor([[1, 1, 0, 1], [1, 1, 0, 0]])
    rewards = torch.tensor([[0.0, 0.5, 0.0, 1.0], [0.0, -0.5, 0.0, 0.0]])
    batch = TrainingInputBatch(
        {
            "rewards": rewards,
            "loss_mask": loss_mask,
            "response_mask": torch.ones_like(loss_mask),
            "values": None,
        }
    )
    batch.metadata = {"uids": ["a", "a"], "avg_response_length": 4.0}
    result = bare_trainer().compute_advantages_and_returns(batch)
    assert result["advantages"].tolist() == [[2.0, 2.0, 0.0, 1.0], [-2.0, -2.0, 0.0, 0.0]]
    assert result["response_mask"].sum() == 8


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
