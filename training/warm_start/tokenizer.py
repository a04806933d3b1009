"""A small byte-level BPE of our own, made from the corpus it will read.

Place in the flow: corpus -> tokenizer -> warm start, SkyRL, sampler. Identifiers, amounts and names
(words with a capital) are split off before merging, without the blank before them, so that an order
number or a city is the same token in prose and in JSON: a model this small copies tokens, not
spellings.
"""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

END = "<|im_end|>"
"""Ends a message, in the template and in sampling."""

_SPECIAL = ("<|endoftext|>", "<|im_start|>", END)
# Ordinary tokens on purpose: SkyRL decodes with special tokens skipped, and the tags would be gone.
_TAGS = ("<tool_call>", "</tool_call>", "<think>", "</think>")

_SPLIT = r"#W\d+|\$\d+(?:\.\d+)?|[A-Z][A-Za-z]*| ?[a-z_]+|\d+|\n+| ?[^\sA-Za-z_\d#$]+|[#$]|\s+"

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""ChatML without a default system message: turn by turn it renders what it renders at once."""


def train_tokenizer(texts: Iterable[str], *, vocabulary: int) -> PreTrainedTokenizerFast:
    """A tokenizer of at most ``vocabulary`` entries that round-trips any text.

    Args:
        texts: What to learn merges from.
        vocabulary: Entries in total: 256 bytes, the special tokens and tags, and merges.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(_TAGS),
        special_tokens=list(_SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_tokens([AddedToken(tag, special=False, normalized=False) for tag in _TAGS])
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=END, pad_token="<|endoftext|>", padding_side="left"
    )
    fast.chat_template = CHAT_TEMPLATE
    return fast
