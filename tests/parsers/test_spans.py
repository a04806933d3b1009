"""Cutting stretches out of a text, and the fence that belongs to a call."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.spans import merged, rstripped, with_fence, without


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("a#b", "ab"),
        ("a\n#\nb", "a\nb"),
        ("a\n\n#\n\nb", "a\n\nb"),
        ("#\n\nb", "b"),
        ("a \n#", "a "),
        ("\n a#", "\n a"),
        ("# #\n#", ""),
        ("a # b", "a  b"),
        (" a\n", " a\n"),
    ],
)
def test_only_the_framing_line_breaks_go(text: str, content: str) -> None:
    holes = [(at, at + 1) for at, char in enumerate(text) if char == "#"]
    assert without(text, holes, len(text)) == content


@given(st.text("ab\n #", max_size=20), st.integers(0, 20))
def test_what_is_kept_keeps_its_order(text: str, stop: int) -> None:
    holes = [(at, at + 1) for at, char in enumerate(text) if char == "#"]
    kept = without(text, holes, min(stop, len(text)))
    visible = text[:stop].replace("#", "")
    assert kept.replace("\n", "").strip() == visible.replace("\n", "").strip()


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), max_size=6))
def test_merged_spans_cover_the_same_and_do_not_touch(pairs: list[tuple[int, int]]) -> None:
    spans = [(start, start + size) for start, size in pairs]
    joined = merged(spans)
    assert {i for s, e in joined for i in range(s, e)} == {i for s, e in spans for i in range(s, e)}
    assert all(one[1] < two[0] for one, two in pairwise(joined))


@pytest.mark.parametrize(
    "fence", ["```json\n{}\n```", "```\n{}```", "text\n```json\n{}\n```", "```json\n{}"]
)
def test_a_fence_that_holds_nothing_else_belongs_to_the_call(fence: str) -> None:
    start = fence.index("{}")
    low, high = with_fence(fence, (start, start + 2))
    assert fence[low:high].startswith("```")
    assert high == len(fence)


@pytest.mark.parametrize("text", ["```\nx {}\n```", "```\n{}\ny\n```", "{}\n```", "a ```{}"])
def test_another_fence_does_not(text: str) -> None:
    start = text.index("{}")
    assert with_fence(text, (start, start + 2)) == (start, start + 2)


@given(st.text("a \n", max_size=600))
def test_rstripped_is_the_length_of_rstrip(text: str) -> None:
    assert rstripped(text, len(text)) == len(text.rstrip())
