"""Cleaning removes the loop of a cut-off generation and leaves everything else as it was."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.cleaning import STOP_STRINGS, Ending, clean

PREFIX = "def area(radius):\n    return 3.14159 * radius ** 2\n"
BLOCKS = (
    "x",
    "\n",
    "0, ",
    "</think>\n",
    "I am sorry about that. ",
    "Let me look at the order again and then I will tell you what I found in it.\n",
    '{"name": "get_order", "arguments": {"order_id": "#W1"}}\n',
    "<tool_call>\n",
)


@pytest.mark.parametrize("ending", [Ending.LENGTH, Ending.REPETITION])
@pytest.mark.parametrize("block", BLOCKS)
def test_a_loop_of_a_thousand_characters_is_cut_to_one_copy(block: str, ending: Ending) -> None:
    for size in (1000, 4000, 20_000):
        text = PREFIX + block * (size // len(block) + 1)
        cleaned = clean(text, ending)
        assert cleaned.loop is not None
        assert cleaned.text.startswith(PREFIX.rstrip("\n"))
        assert len(cleaned.text) <= len(PREFIX) + len(block)
        assert 0.9 < cleaned.severity <= 1.0


def test_fences_that_repeat_are_cut_at_four_thousand_characters() -> None:
    block = "```python\n" + "".join(f"value_{n} = compute({n})\n" for n in range(30)) + "```\n"
    text = PREFIX + block * (4000 // len(block) + 1)
    assert len(clean(text, Ending.LENGTH).text) <= len(PREFIX) + len(block)


@given(st.sampled_from(BLOCKS), st.integers(0, 400))
def test_what_the_model_ended_itself_is_never_edited(block: str, copies: int) -> None:
    text = PREFIX + block * copies
    assert clean(text, Ending.STOP).text == text


def test_the_standard_library_is_neither_flagged_nor_changed() -> None:
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    assert len(files) > 100
    for file in files:
        text = file.read_text("utf-8", "replace")
        for part in (text, text[: len(text) // 2]):
            cleaned = clean(part, Ending.LENGTH)
            assert cleaned.text == part, file.name
            assert cleaned.severity == 0.0


def test_recommended_stop_strings_cut_no_file_of_the_standard_library() -> None:
    for file in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py")):
        text = file.read_text("utf-8", "replace")
        assert not any(stop in text for stop in STOP_STRINGS), file.name
