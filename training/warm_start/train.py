"""Trains the tiny model on the corpus: Muon for the matrices inside, AdamW for the rest.

Place in the flow: last step of the warm start. Only assistant tokens are learned; tokens of
argument values weigh more, because they are few and everything depends on them.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

import torch
from torch.nn import functional
from transformers import Qwen3ForCausalLM

from training.config import WarmStartConfig
from training.warm_start.examples import Example

WARMUP_FRAC = 0.1
"""Share of the steps in which the learning rate rises."""


def train(
    model: Qwen3ForCausalLM,
    examples: Sequence[Example],
    config: WarmStartConfig,
    *,
    seed: int,
    on_step: Callable[[int, float], None] = lambda _step, _loss: None,
) -> Qwen3ForCausalLM:
    """The same model, trained in place.

    Args:
        model: In float32 on the CPU.
        examples: Dialogues; a batch takes ones of similar length.
        config: Steps, batch size and learning rates.
        seed: Of the order of the examples.
        on_step: Called after each step with its number and loss.
    """
    optimizers, schedulers = _optimizers(model, config)
    model.train()
    for step, batch in enumerate(_batches(examples, config, seed), start=1):
        loss = _loss(model, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        for scheduler in schedulers:
            scheduler.step()
        model.zero_grad(set_to_none=True)
        on_step(step, loss.item())
    return model.eval()


def collate(batch: Sequence[Example]) -> tuple[torch.Tensor, torch.Tensor]:
    """Right-padded ids and target weights, shape (batch, length); padding weighs nothing."""
    width = max(len(example.ids) for example in batch)
    ids_BT = torch.zeros(len(batch), width, dtype=torch.long)
    weight_BT = torch.zeros(len(batch), width)
    for row, example in enumerate(batch):
        ids_BT[row, : len(example.ids)] = torch.tensor(example.ids)
        weight_BT[row, : len(example.ids)] = torch.tensor(example.weights)
    return ids_BT, weight_BT


def _loss(model: Qwen3ForCausalLM, batch: Sequence[Example]) -> torch.Tensor:
    """Weighted mean cross-entropy; the output head runs on the learned positions only.

    Right padding needs no attention mask: a causal model never looks ahead.
    """
    ids_BT, weight_BT = collate(batch)
    hidden_BTD = model.model(ids_BT[:, :-1]).last_hidden_state
    learned = weight_BT[:, 1:] > 0
    logits_NV = model.lm_head(hidden_BTD[learned])
    weight_N = weight_BT[:, 1:][learned]
    losses_N = functional.cross_entropy(logits_NV, ids_BT[:, 1:][learned], reduction="none")
    return (losses_N * weight_N).sum() / weight_N.sum()


def _batches(
    examples: Sequence[Example], config: WarmStartConfig, seed: int
) -> list[list[Example]]:
    """``config.steps`` batches in random order; neighbours in length share a batch."""
    rng = random.Random(seed)
    batches: list[list[Example]] = []
    while len(batches) < config.steps:
        # Sorting within shuffled windows keeps padding low and the batches different in every pass.
        order = rng.sample(range(len(examples)), len(examples))
        window = config.batch_dialogues * 8
        passed = []
        for start in range(0, len(order) - config.batch_dialogues + 1, window):
            chunk = sorted(order[start : start + window], key=lambda i: len(examples[i].ids))
            passed += [
                chunk[i : i + config.batch_dialogues]
                for i in range(0, len(chunk) - config.batch_dialogues + 1, config.batch_dialogues)
            ]
        rng.shuffle(passed)
        batches += [[examples[i] for i in chunk] for chunk in passed]
    return batches[: config.steps]


def _optimizers(
    model: Qwen3ForCausalLM, config: WarmStartConfig
) -> tuple[list[torch.optim.Optimizer], list[torch.optim.lr_scheduler.LRScheduler]]:
    """Muon on the matrices of the blocks, AdamW on embeddings, head and norms; one schedule."""
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and ".layers." in name]
    taken = {id(p) for p in matrices}
    rest = [p for p in model.parameters() if id(p) not in taken]
    optimizers: list[torch.optim.Optimizer] = [
        torch.optim.Muon(
            matrices, lr=config.matrix_lr, momentum=0.95, weight_decay=0.0, adjust_lr_fn="original"
        ),
        torch.optim.AdamW(rest, lr=config.rest_lr, betas=(0.9, 0.95), weight_decay=0.0, fused=True),
    ]

    warmup = max(1, int(WARMUP_FRAC * config.steps))

    def factor(step: int) -> float:
        """Linear warm-up, then half a cosine down to almost nothing.

        The end is quiet on purpose: how often the model writes the right format is a probability
        of a few percent, and the noise of a high last learning rate would double or halve it.
        """
        if step < warmup:
            return (step + 1) / warmup
        progress = (step - warmup) / max(1, config.steps - warmup)
        return 0.01 + 0.495 * (1 + math.cos(math.pi * progress))

    return optimizers, [torch.optim.lr_scheduler.LambdaLR(one, factor) for one in optimizers]
