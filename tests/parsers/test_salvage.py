"""Calls read past damaged brackets: only intact arguments, and each loss is a fault."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import FaultKind
from parsers.salvage import salvage

ONE = '{"tool_calls": [{"function": {"name": "f", "arguments": {"a": {"b": [1, "x]}"]}}'
VALUE = {"a": {"b": [1, "x]}"]}}


def read(text: str) -> list[tuple[Any, Any]]:
    return [
        (draft.name, draft.arguments if draft.fault is None else draft.fault.kind)
        for draft in salvage(text, 0).drafts
    ]


@given(st.text(alphabet="]}", max_size=8))
def test_any_closers_behind_intact_arguments_lose_nothing(closers: str) -> None:
    found = salvage(ONE + "}" + closers, 0)
    assert [(draft.name, draft.arguments) for draft in found.drafts] == [("f", VALUE)]
    assert found.end == len(ONE) + 1 + len(closers)
    (repair,) = found.drafts[0].repairs
    assert repair.kind == "bracket_damage"


def test_an_open_argument_is_truncated_at_every_cut() -> None:
    start = ONE.index('{"a"')
    for cut in range(start, len(ONE)):
        ((_, what),) = read(ONE[:cut])
        # A string that ends in closing brackets lost its quote: that is damage, no cut.
        damaged = ONE[:cut].endswith("x]}")
        assert what is (FaultKind.BAD_ARGUMENTS if damaged else FaultKind.TRUNCATED)


def test_a_name_alone_is_no_call() -> None:
    assert read('{"name": "f"') == [("f", FaultKind.TRUNCATED)]
    ((_, what),) = read('{"name": "f", "x": 1]')
    assert what in (FaultKind.MALFORMED_CALL, FaultKind.TRUNCATED)


def test_the_next_call_survives_a_bad_one() -> None:
    bad = '{"tool_calls": [{"function": {"name": "f", "arguments": {a is b}}, '
    good = '{"function": {"name": "g", "arguments": {"x": 1}}}]}'
    assert read(bad + good) == [("f", FaultKind.BAD_ARGUMENTS), ("g", {"x": 1})]


def test_two_calls_with_damage_between_them() -> None:
    text = '[{"name": "f", "arguments": {"x": 1}]}, {"name": "g", "arguments": {"y": 2}'
    assert read(text) == [("f", {"x": 1}), ("g", {"y": 2})]


def test_arguments_may_come_before_the_name() -> None:
    assert read('{"arguments": {"x": 1}, "name": "f"]') == [("f", {"x": 1})]


def test_text_right_behind_the_arguments_is_no_intact_call() -> None:
    ((_, what),) = read('{"name": "f", "arguments": {"x": 1} and more')
    assert what is FaultKind.BAD_ARGUMENTS


def test_an_invented_answer_is_marked() -> None:
    text = '{"name": "f", "arguments": {"x": 1}], "tool_response": {"ok": true}}'
    found = salvage(text, 0)
    assert found.invented is not None
    assert text[found.invented[0] : found.invented[1]].startswith('"tool_response"')


def test_keys_beside_the_arguments_are_kept_for_the_judgement() -> None:
    (draft,) = salvage('{"name": "f", "arguments": {"x": 1}, "y": 2]', 0).drafts
    assert draft.beside == ("y",)


@pytest.mark.parametrize("text", ["", "{", "[[[[", '{"a": ', '{"name"', "}{", '{"name": "\\'])
def test_nothing_to_read_is_nothing(text: str) -> None:
    found = salvage(text, 0)
    assert [draft for draft in found.drafts if draft.fault is None] == []
    assert 0 <= found.end <= len(text)


@given(st.integers(0, len(ONE)), st.text(alphabet='{}[]",: ab\\', max_size=6))
def test_a_value_is_never_made_up(at: int, noise: str) -> None:
    text = ONE[:at] + noise + ONE[at:] + "}]}"
    for draft in salvage(text, 0).drafts:
        if draft.fault is None and isinstance(draft.arguments, dict):
            # Each text that is in the arguments stands in what was written.
            for part in str(draft.arguments).split("'")[1::2]:
                assert part.replace("\\\\", "\\") in text or "\\" in noise


@pytest.mark.parametrize("left", ["", ",", ', "', ', "argu', ', "arguments"', ', "arguments" '])
def test_a_cut_in_the_next_key_is_a_cut_and_leaves_nothing_over(left: str) -> None:
    text = ONE + '}}, {"function": {"name": "g"' + left
    found = salvage(text, 0)
    (fault,) = [draft.fault for draft in found.drafts if draft.fault]
    assert (fault.kind, found.end) == (FaultKind.TRUNCATED, len(text.rstrip()))


def test_a_key_before_more_text_is_no_cut() -> None:
    found = salvage('{"name": "g", "argu\n\nHello', 0)
    assert [draft.fault.kind for draft in found.drafts if draft.fault] == [FaultKind.MALFORMED_CALL]
