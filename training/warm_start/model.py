"""The tiny model: Qwen3's architecture with untied embeddings, started so that it can copy.

Place in the flow: made before the warm start, saved as a plain ``transformers`` checkpoint.
"""

from __future__ import annotations

import torch
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from training.config import ModelConfig


def build_model(
    config: ModelConfig, tokenizer: PreTrainedTokenizerFast, seed: int
) -> Qwen3ForCausalLM:
    """An untrained model on the CPU in float32.

    Attention starts near the identity (output times value projection is half of it) and the output
    head as a copy of the embedding: a token that is attended to is then a token that is predicted.
    Learning to copy an order number takes a few hundred steps from here and thousands from noise.
    Embeddings are untied so that the same checkpoint also trains under sharding, which unties them.
    """
    torch.manual_seed(seed)
    qwen3 = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=config.hidden_size,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        num_key_value_heads=config.heads,
        head_dim=config.hidden_size // config.heads,
        intermediate_size=config.intermediate_size,
        max_position_embeddings=config.context_tokens,
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = Qwen3ForCausalLM(qwen3)
    with torch.no_grad():
        for layer in model.model.layers:
            value = torch.nn.init.orthogonal_(layer.self_attn.v_proj.weight)
            layer.self_attn.o_proj.weight.copy_(0.5 * value.T)
        model.lm_head.weight.copy_(model.model.embed_tokens.weight)
    return model
