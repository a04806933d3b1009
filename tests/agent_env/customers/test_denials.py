from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_env.customers.denials import split_denials


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("i would not cancel it", "not cancel"),
        ("i won't be cancelling it", "n't be cancelling"),
        (
            "you do not want me to proceed with returning it",
            "not want me to proceed with returning",
        ),
        ("i'd swap it instead of cancelling", "instead of cancelling"),
        ("shall i leave the order as it is?", "leave the order as it is"),
        ("i will not do that", "not do that"),
        ("i will not cancel it until you agree", ""),
        ("it cannot be changed afterwards", ""),
        ("tell me whether or not to cancel it", ""),
        ("i'd cancel one and leave the rest as it is", ""),
        ("it is no longer needed", ""),
        ("it has not been sent yet, so i can cancel it", ""),
        ("", ""),
    ],
)
def test_what_is_denied(text: str, denied: str) -> None:
    kept, found = split_denials(text)
    assert found == denied
    assert not denied or denied not in kept


@given(st.text())
def test_nothing_is_cut_from_a_text_that_denies_nothing(text: str) -> None:
    kept, denied = split_denials(text)
    assert denied or kept == text
