"""Dialogues as token ids with a weight for every target.

Place in the flow: corpus and tokenizer -> training. The ids are those that SkyRL builds turn by
turn for the same messages; ``tests/training`` holds both against each other token for token.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from transformers import PreTrainedTokenizerFast

from training.warm_start.corpus import Dialogue


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Token ids of one dialogue, the weight of each as a target, and which argument it spells.

    Attributes:
        ids: Token ids.
        weights: 0 for what others said.
        kinds: Positions of the tokens that spell an argument's value, by the argument's name.
    """

    ids: list[int]
    weights: list[float]
    kinds: dict[str, list[int]] = field(default_factory=dict)


def build_example(
    dialogue: Dialogue,
    values: Mapping[str, str],
    tokenizer: PreTrainedTokenizerFast,
    *,
    argument_weight: float,
) -> Example:
    """The dialogue as one training example.

    Args:
        dialogue: Its assistant messages are learned, end token included.
        values: What must be copied right: argument values and facts to tell, by name.
        tokenizer: With the chat template of ``tokenizer.py``.
        argument_weight: Weight of tokens that spell one of ``values``; the others weigh 1.
    """
    ids: list[int] = []
    weights: list[float] = []
    kinds: dict[str, list[int]] = {}
    for message in dialogue.messages:
        head = f"<|im_start|>{message['role']}\n"
        text = f"{head}{message['content']}<|im_end|>\n"
        encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        learned = message["role"] == "assistant"
        end = len(text) - 1  # the newline after the end token is the template's, not the model's
        spans = list(_occurrences(message["content"], values, len(head))) if learned else []
        for token, (start, stop) in zip(
            encoded["input_ids"], encoded["offset_mapping"], strict=True
        ):
            weight = 1.0 if learned and start >= len(head) and stop <= end else 0.0
            for name, left, right in spans:
                if weight and start < right and stop > left:
                    weight = argument_weight
                    kinds.setdefault(name, []).append(len(ids))
            ids.append(token)
            weights.append(weight)
    return Example(ids=ids, weights=weights, kinds=kinds)


def build_examples(
    dialogues: Sequence[Dialogue],
    values: Sequence[Mapping[str, str]],
    tokenizer: PreTrainedTokenizerFast,
    *,
    argument_weight: float,
) -> list[Example]:
    """One example per dialogue; see ``build_example``."""
    return [
        build_example(dialogue, wanted, tokenizer, argument_weight=argument_weight)
        for dialogue, wanted in zip(dialogues, values, strict=True)
    ]


def _occurrences(
    text: str, values: Mapping[str, str], offset: int
) -> Iterator[tuple[str, int, int]]:
    """Where each value stands in the text, shifted by ``offset``."""
    for name, value in values.items():
        start = text.find(value)
        while start >= 0:
            yield name, offset + start, offset + start + len(value)
            start = text.find(value, start + len(value))
