"""SkyRL's trainer with two additions that hold on any hardware: turn credit and the sync check.

Place in the flow: the experiments (``training/experiment.py``, ``training/cpu``) build it;
everything else of the training loop is SkyRL's own.
"""

from __future__ import annotations

from skyrl.backends.skyrl_train.training_batch import TrainingInputBatch
from skyrl.train.trainer import RayPPOTrainer

from training.summary import LOGPROB_DIFF_KEY


class LogprobMismatchError(RuntimeError):
    """The sampler does not run the weights that are trained; going on would train on a fiction."""


class TurnTrainer(RayPPOTrainer):
    """RayPPOTrainer that credits turns and refuses to train on stale samples."""

    logprob_diff_limit: float = 1e-3

    def compute_advantages_and_returns(self, data: TrainingInputBatch) -> TrainingInputBatch:
        """SkyRL's computation, given the assistant tokens alone.

        Its estimators receive ``response_mask``, in which observations count as response; turns can
        only be told apart in ``loss_mask``. Advantages on observations are never trained on, so the
        swap changes nothing else (and SkyRL's own advantage metrics then describe assistant
        tokens).
        """
        response_mask = data["response_mask"]
        data["response_mask"] = data["loss_mask"]
        data = super().compute_advantages_and_returns(data)
        data["response_mask"] = response_mask
        return data

    def fwd_logprobs_values_reward(self, training_input: TrainingInputBatch) -> TrainingInputBatch:
        """SkyRL's forward pass, then the comparison of sampled and trained log-probabilities.

        Raises:
            LogprobMismatchError: They differ by more than ``logprob_diff_limit`` somewhere.
        """
        result = super().fwd_logprobs_values_reward(training_input)
        difference = self.all_metrics.get(LOGPROB_DIFF_KEY)
        if difference is None and bool(training_input["loss_mask"].any()):
            raise LogprobMismatchError(
                f"step {self.global_step}: SkyRL compared no sampled with no trained "
                "log-probabilities; the sampler must return them"
            )
        if difference is not None and not difference <= self.logprob_diff_limit:
            raise LogprobMismatchError(
                f"step {self.global_step}: sampled and trained log-probabilities differ by "
                f"{difference:.3g} (limit {self.logprob_diff_limit:g}); the sampler does not run "
                "the trained weights, so look at the weight sync, the chat template and the "
                "sampling temperature"
            )
        return result

    def flush_pending_metrics(self) -> None:
        """Forget what a failed step had measured: half a row in metrics.jsonl would lie."""
        self.all_metrics.clear()
        self.all_timings.clear()
