from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_env.customers.amounts import FOREIGN, listed_cents, moved_cents


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("a refund of $1,290.00", 129_000),
        ("a refund of $1,290", 129_000),
        ("A refund of USD 12.5.", 1_250),
        ("you are charged 1290 dollars", 129_000),
        ("you are charged 12.50 dollars", 1_250),
        ("a refund of twelve hundred and ninety dollars", 129_000),
        ("a fee of twenty-five dollars", 2_500),
        ("a fee of a hundred bucks", 10_000),
        ("a refund of 3 dollars and 50 cents", 350),
        ("a credit of two thousand three hundred and five dollars and 10 cents", 230_510),
        ("a refund of three dollars and fifty cents", 350),
        ("one dollar will be refunded", 100),
        ("$7.00 goes back to your card", 700),
        ("a refund of 12 euros", FOREIGN),
        ("a refund of €12", FOREIGN),
        ("a fee of ten pounds", FOREIGN),
    ],
)
def test_an_amount_that_is_moved(text: str, cents: int) -> None:
    assert moved_cents(text) == {cents}


@pytest.mark.parametrize(
    "text",
    [
        "The lamp costs $12.00.",
        "You get a refund. The lamp costs $12.00.",
        "I can refund 2 items.",
        "One more thing about the refund.",
        "",
    ],
)
def test_what_is_no_amount_that_is_moved(text: str) -> None:
    assert moved_cents(text) == frozenset()


@given(st.integers(0, 10**9))
def test_every_way_to_write_an_amount_in_figures_is_the_same(cents: int) -> None:
    plain = f"{cents // 100}.{cents % 100:02d}"
    for text in (
        f"${plain}",
        f"USD {plain}",
        f"{plain} dollars",
        f"${cents // 100:,}.{plain[-2:]}",
    ):
        assert listed_cents(text) == {cents}


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    assert moved_cents(text) <= listed_cents(text)
