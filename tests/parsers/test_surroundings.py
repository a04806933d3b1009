"""A call is found whatever a model says around it: each format, beside what people write."""

from __future__ import annotations

from typing import Any

import pytest

from parsers import ParseStatus, StreamParser, parse
from parsers.drafts import WireFormat
from parsers.formats import load_all

FORMATS = load_all()
BEFORE = [
    "Sure.\n",
    "Okay\n\n",
    "Let me call the tool:\n",
    "  ",
    "get_weather\n",
    "<think>Hm.</think>\nYes.\n",
    "Hm, Paris.\n</think>\n\n",
    "Of course! {smile}\n",
    "Prices [in EUR]:\n",
    "It costs < 5.\n",
    "Let me use `get_weather`.\n",
    "## Step 1\n- look it up\n\n",
    "{}\n",
    "assistant\n",
]
BEHIND = ["", "\n\n", "<|im_end|>", "</s>\n", "\nDone.", "\n\nI will tell you what it says."]
CALL = '{"name": "get_weather", "arguments": {"city": "Paris", "days": 3}}'
ENVELOPE = (
    '{"tool_calls": [{"function": {"name": "get_weather", '
    '"arguments": "{\\"city\\": \\"Paris\\", \\"days\\": 3}"}}]}'
)


@pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.name)
def test_words_around_calls_take_none_away(one: WireFormat, tools: Any) -> None:
    for text in (one.examples.one, one.examples.two):
        alone = _pairs(text, tools)
        assert alone
        for before in BEFORE:
            for behind in BEHIND:
                assert _pairs(before + text + behind, tools) == alone, (before, behind)


def _pairs(text: str, tools: Any) -> list[tuple[str, dict[str, Any]]]:
    return [(call.name, call.arguments) for call in parse(text, tools).calls]


@pytest.mark.parametrize("text", [CALL, f"[{CALL}]", ENVELOPE])
@pytest.mark.parametrize("word", ["Sure.", "Call:", "json", "get_weather", "functions.get_weather"])
def test_a_word_on_a_line_of_its_own_is_no_name_of_what_follows(
    text: str, word: str, tools: Any
) -> None:
    turn = parse(f"{word}\n{text}", tools)
    assert [(call.name, call.arguments) for call in turn.calls] == [
        ("get_weather", {"city": "Paris", "days": 3})
    ]
    assert turn.content == word
    stream = StreamParser(tools)
    for char in f"{word}\n{text}":
        stream.feed(char)
    assert stream.close() == turn


@pytest.mark.parametrize(
    "text",
    [
        f"{{{CALL}}}",
        f"[[{CALL}]]",
        f"({CALL})",
        f"{CALL}; {CALL.replace('3', '4')}",
        f"```json\n[{CALL}\n```",
        CALL.replace("{", "{{").replace("}", "}}"),
    ],
)
def test_brackets_around_a_call_are_nothing_to_read(text: str, tools: Any) -> None:
    turn = parse(text, tools)
    assert turn.status is ParseStatus.CALLS
    assert turn.content == ""
    assert parse(f"Sure.\n\n{text}", tools).content.startswith("Sure.")


def test_brackets_without_a_call_are_a_message(tools: Any) -> None:
    assert parse("[{}]", tools).content == "[{}]"
