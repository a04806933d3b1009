"""Loops are told from text that merely repeats itself."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest

from parsers import parse
from parsers.degeneration import find_loop

WORDS = (
    "The order was placed on Monday and will arrive before the end of next week at your address. "
)


@pytest.mark.parametrize(
    "block",
    ["a", "ab", "0, ", "</think>", "I am sorry. ", WORDS, WORDS * 2 + "x", "```json\n```\n"],
)
def test_a_loop_is_found_with_its_begin_and_period(block: str) -> None:
    prefix = "Here it is: "
    text = prefix + block * (2500 // len(block) + 4) + block[: len(block) // 2]
    loop = find_loop(text, len(text))
    assert loop is not None
    assert loop.period == len(block)
    assert loop.start <= len(prefix)
    assert (
        text[loop.start : loop.start + loop.period] * 2
        == text[loop.start : loop.start + 2 * loop.period]
    )


def test_a_loop_longer_than_the_window_is_followed_to_its_begin() -> None:
    text = f"Start. {'na na hey. ' * 9000}"
    loop = find_loop(text, len(text))
    assert loop is not None
    assert loop.start <= 8


def test_a_loop_that_ended_is_none() -> None:
    text = "I am sorry. " * 100 + WORDS
    assert find_loop(text, len(text)) is None


def test_a_few_repeats_are_no_loop() -> None:
    for text in (WORDS * 3, "-" * 200, "ha " * 30, "\n" * 100, f"{WORDS}\n" * 4):
        assert find_loop(text, len(text)) is None


def test_no_file_of_the_standard_library_is_flagged() -> None:
    folder = Path(sysconfig.get_paths()["stdlib"])
    files = sorted(folder.glob("*.py"))[:150]
    assert len(files) > 100
    for file in files:
        text = file.read_text("utf-8", "replace")
        for end in (len(text), len(text) // 2, len(text) // 3):
            assert find_loop(text, end) is None, (file.name, end)


def test_end_tokens_do_not_hide_a_loop() -> None:
    turn = parse("Sorry about that. " * 60 + "<|im_end|>\n")
    assert [fault.kind.value for fault in turn.faults] == ["repetition"]
