from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_env.customers.acts import read_acts, refuses


@pytest.mark.parametrize(
    ("message", "asking", "proposal"),
    [
        ("What is your name?", "What is your name?", ""),
        ("Shall I cancel it?", "", "Shall I cancel it?"),
        ("Which card should I use?", "Which card should I use?", ""),
        ("Shall I cancel what is pending?", "", "Shall I cancel what is pending?"),
        ("I looked it up. Is that right?", "", "Is that right?"),
        ("Please confirm your name.", "Please confirm your name.", "Please confirm your name."),
        ("Please confirm the change.", "", "Please confirm the change."),
        ("It’s done.\nShall I go on?", "", "Shall I go on?"),
        ("It is done.", "", ""),
        ("How about I cancel it, ok?", "", "How about I cancel it, ok?"),
        ("", "", ""),
    ],
)  # fmt: skip
def test_what_a_message_asks_and_proposes(message: str, asking: str, proposal: str) -> None:
    acts = read_acts(message)
    assert (acts.asking, acts.proposal) == (asking, proposal)


@pytest.mark.parametrize(
    "message",
    [
        "Is there anything else?",
        "What else can I do for you?",
        "How can I help you today?",
        "Any other questions?",
        "Let me know if you need further assistance.",
        "Shall I help you with anything else?",
    ],
)
def test_an_offer_of_more_is_neither_question_nor_proposal(message: str) -> None:
    acts = read_acts(message)
    assert acts.offers_more
    assert not acts.asking
    assert not acts.proposal


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("I cannot cancel that.", True),
        ("Unfortunately, it has been sent.", True),
        ("I’m afraid that is impossible.", True),
        ("That isn't possible.", True),
        ("Only pending orders can be cancelled.", True),
        ("Your order is cancelled.", False),
    ],
)
def test_refusals(message: str, expected: bool) -> None:
    assert refuses(message) is expected


@given(st.text(max_size=300))
def test_any_text_can_be_read(message: str) -> None:
    acts = read_acts(message)
    assert acts == read_acts(message)
    assert len(acts.asking) <= len(message)
