"""Walks every prompt file: a new prompt is tested by being there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agent_env import load_domain
from parsers import parse
from prompts import PromptError, list_prompts, load

every_prompt = pytest.mark.parametrize(("kind", "name"), list_prompts())


@every_prompt
def test_golden_text(kind: str, name: str, golden: Callable[[str, str], None]) -> None:
    prompt = load(kind, name)
    rendered = [prompt.render(prompt.examples, number) for number in range(len(prompt.bodies))]
    golden(f"prompts/{kind}/{name}.txt", "\n===\n".join(rendered) + "\n")


@every_prompt
def test_no_variant_leaves_a_place_unfilled(kind: str, name: str) -> None:
    prompt = load(kind, name)
    for number in range(len(prompt.bodies)):
        assert "{{" not in prompt.render(prompt.examples, number)


@every_prompt
def test_a_missing_or_unknown_variable_fails(kind: str, name: str) -> None:
    prompt = load(kind, name)
    with pytest.raises(PromptError, match="unknown surprise"):
        prompt.render({**prompt.examples, "surprise": "x"})
    for variable in prompt.examples:
        rest = {key: value for key, value in prompt.examples.items() if key != variable}
        with pytest.raises(PromptError, match=f"missing {variable}"):
            prompt.render(rest)


@pytest.mark.parametrize("prompt", ["retail_mini", "retail_mini_compact"])
def test_golden_system_prompt_of_the_domain(
    prompt: str, golden: Callable[[str, str], None]
) -> None:
    text = load_domain("retail_mini", prompt=prompt).system_prompt
    golden(f"prompts/rendered/{prompt}.txt", f"{text}\n")


@pytest.mark.parametrize("prompt", ["retail_mini", "retail_mini_compact"])
def test_every_call_in_a_system_prompt_is_an_example_that_parses_as_shown(prompt: str) -> None:
    domain = load_domain("retail_mini", prompt=prompt)
    turn = parse(domain.system_prompt, domain.schemas)
    assert [(call.name, call.arguments) for call in turn.calls] == [
        example.call for example in domain.examples
    ]
    assert not any(call.repairs for call in turn.calls)
