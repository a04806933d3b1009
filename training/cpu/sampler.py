"""Samples continuations from a causal language model, a whole batch in one left-padded decode.

Place in the flow: called inside a policy worker on the weights it was last given. Knows nothing of
Ray, SkyRL or environments. Every row draws from its own seed, so what a row samples does not
depend on which other rows share its batch (up to float rounding of the batched matrix products).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import DynamicCache, PreTrainedModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One sampled continuation: token ids, their log-probabilities, and whether it ended itself."""

    ids: list[int]
    logprobs: list[float]
    stopped: bool


@torch.inference_mode()
def sample_batch(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    seeds: Sequence[int],
    *,
    max_new_tokens: int,
    temperature: float,
    eos_id: int,
) -> list[Sample]:
    """Continuations of ``prompts`` in their order.

    Log-probabilities are those of the temperature-scaled full softmax, which is what the trainer
    recomputes. Finished rows leave the batch, so the cost is that of the tokens really sampled.

    Args:
        model: In evaluation mode.
        prompts: Token ids, any lengths, none empty.
        seeds: One per prompt; the same seed and prompt give the same continuation.
        max_new_tokens: Most tokens per row, the end token counted.
        temperature: Above zero.
        eos_id: Token that ends a row; it is part of the result.
    """
    ids_BT, mask_BT = _left_pad(prompts)
    uniform_BT = torch.stack([_uniforms(seed, max_new_tokens) for seed in seeds])
    cache = DynamicCache(config=model.config)
    rows = torch.arange(len(prompts))  # which prompt each row of the shrinking batch belongs to
    tokens: list[list[int]] = [[] for _ in prompts]
    logprobs: list[list[float]] = [[] for _ in prompts]
    step_BT, position_BT = ids_BT, (mask_BT.cumsum(-1) - 1).clamp(min=0)
    for t in range(max_new_tokens):
        logits_BV = model(
            step_BT,
            attention_mask=mask_BT,
            position_ids=position_BT,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits[:, -1]
        logprob_BV = torch.log_softmax(logits_BV.float() / temperature, dim=-1)
        token_B = _inverse_cdf(logprob_BV, uniform_BT[rows, t])
        chosen_B = logprob_BV.gather(1, token_B[:, None])[:, 0]
        for row, token, logprob in zip(
            rows.tolist(), token_B.tolist(), chosen_B.tolist(), strict=True
        ):
            tokens[row].append(token)
            logprobs[row].append(logprob)
        alive = token_B != eos_id
        if not bool(alive.any()):
            break
        if not bool(alive.all()):
            keep = alive.nonzero()[:, 0]
            cache.batch_select_indices(keep)
            rows, token_B, mask_BT, position_BT = (
                rows[keep],
                token_B[keep],
                mask_BT[keep],
                position_BT[keep],
            )
        step_BT, position_BT = token_B[:, None], position_BT[:, -1:] + 1
        mask_BT = torch.cat([mask_BT, torch.ones_like(step_BT)], dim=1)
    return [
        Sample(ids=ids, logprobs=values, stopped=ids[-1] == eos_id)
        for ids, values in zip(tokens, logprobs, strict=True)
    ]


def _left_pad(prompts: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Prompts aligned at their ends, and the mask of real tokens; padding is masked."""
    width = max(len(prompt) for prompt in prompts)
    ids_BT = torch.zeros(len(prompts), width, dtype=torch.long)
    mask_BT = torch.zeros_like(ids_BT)
    for row, prompt in enumerate(prompts):
        ids_BT[row, width - len(prompt) :] = torch.tensor(prompt)
        mask_BT[row, width - len(prompt) :] = 1
    return ids_BT, mask_BT


def _uniforms(seed: int, count: int) -> torch.Tensor:
    """The row's own random numbers in [0, 1), one for each token it may sample."""
    return torch.rand(count, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _inverse_cdf(logprob_BV: torch.Tensor, uniform_B: torch.Tensor) -> torch.Tensor:
    """Token at which each row's cumulative probability first exceeds its uniform number.

    Double precision, because a float32 running sum can stop short of 1 and the last token of the
    vocabulary would then be drawn for nothing; the sum is scaled to end at exactly 1.
    """
    cdf_BV = logprob_BV.double().exp().cumsum(-1)
    target_B1 = (uniform_B * cdf_BV[:, -1])[:, None]
    return torch.searchsorted(cdf_BV, target_B1, right=True)[:, 0].clamp(
        max=logprob_BV.shape[1] - 1
    )
