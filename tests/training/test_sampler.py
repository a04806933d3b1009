"""The sampler: log-probabilities of the full forward pass, rows independent of each other."""

import pytest
import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

from training.cpu.sampler import sample_batch

EOS = 3


@pytest.fixture(scope="module")
def model() -> Qwen3ForCausalLM:
    torch.manual_seed(0)
    return Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=40, hidden_size=16, intermediate_size=32, max_position_embeddings=128,
            num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2, head_dim=8,
            tie_word_embeddings=False,
        )
    ).eval()  # fmt: skip


PROMPTS = [[5, 6, 7], [8] * 20, [9, 10, 11, 12, 13, 14], [15]]


def sample(model: Qwen3ForCausalLM, prompts: list[list[int]], seeds: list[int], tokens: int = 30):
    return sample_batch(model, prompts, seeds, max_new_tokens=tokens, temperature=0.8, eos_id=EOS)


def test_logprobs_are_those_of_the_unbatched_model(model: Qwen3ForCausalLM) -> None:
    for prompt, got in zip(PROMPTS, sample(model, PROMPTS, [1, 2, 3, 4]), strict=True):
        with torch.no_grad():
            logits = model(torch.tensor([prompt + got.ids])).logits[0] / 0.8
        expected = logits.log_softmax(-1)[len(prompt) - 1 : -1].gather(
            1, torch.tensor(got.ids)[:, None]
        )[:, 0]
        assert got.logprobs == pytest.approx(expected.tolist(), abs=1e-5)


def test_a_row_samples_the_same_alone_and_in_company(model: Qwen3ForCausalLM) -> None:
    together = sample(model, PROMPTS, [1, 2, 3, 4])
    alone = [
        sample(model, [prompt], [seed])[0]
        for prompt, seed in zip(PROMPTS, [1, 2, 3, 4], strict=True)
    ]
    assert [one.ids for one in together] == [one.ids for one in alone]


def test_rows_end_at_the_end_token_or_at_the_limit(model: Qwen3ForCausalLM) -> None:
    rows = sample(model, PROMPTS * 8, list(range(32)))
    assert {row.stopped for row in rows} == {True, False}
    for row in rows:
        assert (row.ids[-1] == EOS) == row.stopped
        assert EOS not in row.ids[:-1]
        assert row.stopped or len(row.ids) == 30


def test_samples_follow_the_models_distribution(model: Qwen3ForCausalLM) -> None:
    draws = sample(model, [[5, 6, 7]] * 4000, list(range(4000)), tokens=1)
    with torch.no_grad():
        expected = (model(torch.tensor([[5, 6, 7]])).logits[0, -1] / 0.8).softmax(-1)
    counted = torch.bincount(torch.tensor([draw.ids[0] for draw in draws]), minlength=40) / 4000
    assert (counted - expected).abs().max() < 0.03
