"""The tokenizer: lossless, an identifier is one token anywhere, ids are those SkyRL builds."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from agent_env import Domain, load_domain
from training.warm_start.corpora.retail_mini import wanted_values
from training.warm_start.corpus import Dialogue, build_corpus
from training.warm_start.examples import build_example
from training.warm_start.tokenizer import END, train_tokenizer


@pytest.fixture(scope="module")
def domain() -> Domain:
    return load_domain("retail_mini", seed=0, orders=16, prompt="retail_mini_compact")


@pytest.fixture(scope="module")
def corpus(domain: Domain) -> list[Dialogue]:
    tasks = domain.tasks(600, seed=4)
    shares = {"right_share": 0.1, "kept_share": 0.5, "accepted_share": 0.8}
    return build_corpus(domain, tasks, seed=1, max_turns=4, **shares)


@pytest.fixture(scope="module")
def tokenizer(corpus: list[Dialogue]) -> PreTrainedTokenizerFast:
    return train_tokenizer((m["content"] for d in corpus for m in d.messages), vocabulary=573)


@settings(max_examples=200)
@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_any_text_comes_back(tokenizer: PreTrainedTokenizerFast, text: str) -> None:
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert tokenizer.decode(ids, skip_special_tokens=False) == text


def test_an_order_number_is_the_same_token_in_prose_and_in_json(
    tokenizer: PreTrainedTokenizerFast, domain: Domain
) -> None:
    for task in domain.tasks(30, seed=8):
        order = task.slots["order_id"]
        texts = (f"order {order} please", json.dumps({"order_id": order}), order)
        found = [[t for t in tokenizer.tokenize(text) if "#" in t] for text in texts]
        assert found == [[order]] * 3


def test_tags_survive_decoding_without_special_tokens(tokenizer: PreTrainedTokenizerFast) -> None:
    ids = tokenizer(f"<think>a</think><tool_call>b</tool_call>{END}")["input_ids"]
    assert (
        tokenizer.decode(ids, skip_special_tokens=True)
        == "<think>a</think><tool_call>b</tool_call>"
    )


def test_the_warm_start_learns_the_ids_that_skyrl_builds(
    tokenizer: PreTrainedTokenizerFast, corpus: list[Dialogue], domain: Domain
) -> None:
    """SkyRL renders each observation behind a fixed base conversation; see its gym generator."""
    base = [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]
    base_ids = tokenizer.apply_chat_template(base, return_dict=False)
    base_ids = base_ids[: len(base_ids) - base_ids[::-1].index(tokenizer.eos_token_id)]
    for dialogue in corpus[:200]:
        messages = list(dialogue.messages)
        first = next(i for i, m in enumerate(messages) if m["role"] == "assistant")
        ids = tokenizer.apply_chat_template(
            messages[:first], add_generation_prompt=True, return_dict=False
        )
        mask = [0] * len(ids)
        for position, message in enumerate(messages[first:], start=first):
            if message["role"] == "assistant":
                new = tokenizer(message["content"] + END, add_special_tokens=False)["input_ids"]
                mask += [1] * len(new)
            else:
                rendered = tokenizer.apply_chat_template(
                    [*base, message], add_generation_prompt=True, return_dict=False
                )
                new = rendered[len(base_ids) :]
                mask += [0] * len(new)
                assert messages[position - 1]["role"] == "assistant"
            ids += new
        example = build_example(
            dialogue, wanted_values(domain, dialogue.task), tokenizer, argument_weight=3.0
        )
        assert example.ids[: len(ids)] == ids
        assert len(example.ids) == len(ids) + 1  # the newline after the last end token
        assert [weight > 0 for weight in example.weights[: len(ids)]] == [bool(bit) for bit in mask]
        assert {1.0, 3.0} >= set(example.weights) - {0.0}
