"""SkyRL's trainer with additions that hold on any hardware: turn credit and two checks.

Place in the flow: the experiments (``training/experiment.py``, ``training/cpu``) build it;
everything else of the training loop is SkyRL's own. What the generator knows of a batch beyond
SkyRL's fields comes as ``generator_output["credit"]``, a ``BatchCredit``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from skyrl.backends.skyrl_train.training_batch import TrainingInputBatch
from skyrl.train.trainer import RayPPOTrainer

from training.estimator import TREE, TurnRow
from training.summary import LOGPROB_DIFF_KEY

CREDIT = "credit"
"""Where the generator's output and the batch's metadata hold the ``BatchCredit``."""


class LogprobMismatchError(RuntimeError):
    """The sampler does not run the weights that are trained; going on would train on a fiction."""


class CreditMismatchError(RuntimeError):
    """SkyRL computed other advantages than the ones on record; rollouts.jsonl would lie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchCredit:
    """What the generator says of the rows of its output, in their order.

    Attributes:
        spans: Of each row, start and end of every turn among the tokens behind the prompt.
        lengths: Of each row, tokens behind the prompt.
        advantages: Of each row, the advantage of every turn, as recorded.
    """

    spans: Sequence[Sequence[tuple[int, int]]]
    lengths: Sequence[int]
    advantages: Sequence[Sequence[float]]


class TurnTrainer(RayPPOTrainer):
    """RayPPOTrainer that credits turns and refuses to train on stale samples."""

    logprob_diff_limit: float = 1e-3

    def convert_to_training_input(
        self, generator_output: Any, uids: list[str]
    ) -> TrainingInputBatch:
        """SkyRL's batch, with the generator's credit in its metadata."""
        batch = super().convert_to_training_input(generator_output, uids)
        batch.metadata[CREDIT] = generator_output.get(CREDIT)
        return batch

    def compute_advantages_and_returns(self, data: TrainingInputBatch) -> TrainingInputBatch:
        """SkyRL's computation, told where the turns are.

        Its estimators receive ``response_mask``, in which observations count as response; what is
        trained on stands in ``loss_mask``. Advantages elsewhere are never trained on, so the swap
        changes nothing else (and SkyRL's own advantage metrics then describe trained tokens).

        Raises:
            CreditMismatchError: The result is not what the generator recorded.
        """
        credit: BatchCredit | None = data.metadata.pop(CREDIT, None)
        kept = {"response_mask": data["response_mask"], "rewards": data["rewards"]}
        tasks = data.metadata["uids"]
        data["response_mask"] = data["loss_mask"]
        if credit is not None:
            data.metadata["uids"] = _rows(credit, tasks)
            if self.cfg.trainer.algorithm.advantage_estimator == TREE:
                data["rewards"] = on_tokens(credit, data["rewards"])
        data = super().compute_advantages_and_returns(data)
        data.metadata["uids"] = tasks
        for key, value in kept.items():
            data[key] = value
        if credit is not None:
            _check_credit(credit, data["advantages"], self.global_step)
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


def on_tokens(credit: BatchCredit, like: torch.Tensor) -> torch.Tensor:
    """Each turn's advantage on its last token, zeros elsewhere, in the shape of ``like``."""
    tokens = torch.zeros_like(like, dtype=torch.float32)
    for row, column, value in _last_tokens(credit, like.shape[1]):
        tokens[row, column] = value
    return tokens


def _rows(credit: BatchCredit, tasks: Sequence[str]) -> list[TurnRow]:
    """The batch's rows; those that SkyRL added to fill it up have no turns."""
    rows = [
        TurnRow(task=task, length=length, spans=spans)
        for task, length, spans in zip(tasks, credit.lengths, credit.spans, strict=False)
    ]
    return rows + [TurnRow(task=task, length=0, spans=()) for task in tasks[len(rows) :]]


def _last_tokens(credit: BatchCredit, width: int) -> list[tuple[int, int, float]]:
    """Row, column of the last token and recorded advantage of every turn."""
    return [
        (row, width - length + end - 1, value)
        for row, (spans, length, values) in enumerate(
            zip(credit.spans, credit.lengths, credit.advantages, strict=True)
        )
        for (_, end), value in zip(spans, values, strict=True)
    ]


def _check_credit(credit: BatchCredit, advantages: torch.Tensor, step: int) -> None:
    """Raises CreditMismatchError unless every turn has its recorded advantage."""
    for row, column, value in _last_tokens(credit, advantages.shape[1]):
        found = float(advantages[row, column])
        if not abs(found - value) <= 1e-5 + 1e-5 * abs(value):
            raise CreditMismatchError(
                f"step {step}: a turn of row {row} has the advantage {found:.6g} in SkyRL's batch, "
                f"but {value:.6g} on record; look at the credit estimator and rl.gamma"
            )
