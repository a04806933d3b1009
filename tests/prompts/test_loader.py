from __future__ import annotations

import pytest

from prompts import PromptError, list_prompts, load, render
from prompts.loader import parse_prompt

GOOD = "---\nabout: A greeting.\n$name: you\n---\nHello {{name}}.\n===\nHi {{ name }}!\n"


def test_a_prompt_is_its_file() -> None:
    prompt = parse_prompt("user", "hello", GOOD)
    assert (prompt.about, dict(prompt.examples)) == ("A greeting.", {"name": "you"})
    assert prompt.bodies == ("Hello {{name}}.", "Hi {{ name }}!")


def test_variants_go_around() -> None:
    prompt = parse_prompt("user", "hello", GOOD)
    said = [prompt.render({"name": "x"}, number) for number in range(3)]
    assert said == ["Hello x.", "Hi x!", "Hello x."]


def test_a_value_is_never_read_as_a_template() -> None:
    assert (
        parse_prompt("user", "hello", GOOD).render({"name": r"{{name}} \1"})
        == r"Hello {{name}} \1."
    )


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "user/hello: missing name. It takes name."),
        ({"name": "x", "age": "1"}, "user/hello: unknown age. It takes name."),
        ({"nam": "x"}, "missing name; unknown nam"),
        ({"name": 1}, "variable 'name' is a int; give a string."),
    ],
)
def test_variables_must_be_exactly_the_prompts(variables: dict[str, str], message: str) -> None:
    with pytest.raises(PromptError) as caught:
        parse_prompt("user", "hello", GOOD).render(variables)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Hello.", "must open with a header"),
        ("---\n$name: you\n---\nHello {{name}}.", "needs an 'about: ...' line"),
        ("---\nabout: A.\nname\n---\nHello.", "is not 'key: value'"),
        ("---\nabout: A.\nauthor: B\n---\nHello.", "is none of about, source, $variable"),
        ("---\nabout: A.\n---\nHello {{name}}.", "uses name, which the header does not declare"),
        ("---\nabout: A.\n$name: you\n---\nHello.", "declares name, which the body never uses"),
        ("---\nabout: A.\n---\nHello.\n===\n", "variant 1 is empty"),
    ],
)
def test_a_file_whose_parts_disagree_is_refused(text: str, message: str) -> None:
    with pytest.raises(PromptError) as caught:
        parse_prompt("user", "hello", text)
    assert message in str(caught.value)


def test_unknown_names_are_answered_with_the_nearest() -> None:
    with pytest.raises(PromptError, match=r"no prompt kind 'users'\. Did you mean 'user'"):
        load("users", "thanks")
    with pytest.raises(PromptError, match=r"no user prompt 'thank'\. Did you mean 'thanks'"):
        render("user", "thank")


def test_kinds_are_the_folders() -> None:
    assert {kind for kind, _ in list_prompts()} == {"agent", "system", "turn", "user"}
    assert all(kind == "turn" for kind, _ in list_prompts("turn"))
