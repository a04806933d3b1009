from __future__ import annotations

from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from agent_env import Domain, load_domain
from agent_env.play.typed import read_call


@pytest.fixture(scope="module")
def domain() -> Domain:
    return load_domain("retail")


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("", {}),
        ("order_id=#W1", {"order_id": "#W1"}),
        ("order_id=1234", {"order_id": "1234"}),
        ("order_id=#W1 reason=no longer needed", {"order_id": "#W1", "reason": "no longer needed"}),
        (
            'reason="no longer needed" order_id=#W1',
            {"reason": "no longer needed", "order_id": "#W1"},
        ),
        ("reason='a b=c'", {"reason": "a b=c"}),
        (r'reason="say \"yes\""', {"reason": 'say "yes"'}),
        ("reason=the customer's wish", {"reason": "the customer's wish"}),
        ("reason=1+1 = 2", {"reason": "1+1 = 2"}),
        ('item_ids=["I1", "I2"] order_id=#W1', {"item_ids": ["I1", "I2"], "order_id": "#W1"}),
        ("item_ids='[\"I1\"]'", {"item_ids": ["I1"]}),
        ("item_ids=I1", {"item_ids": "I1"}),
    ],
)
def test_what_a_line_means(domain: Domain, line: str, arguments: dict[str, Any]) -> None:
    tool = "return_items" if "item_ids" in line else "cancel_order"
    assert read_call(f"{tool} {line}", domain) == (tool, arguments)


def test_without_a_schema_a_value_is_json_if_it_can_be(domain: Domain) -> None:
    assert read_call("nope a=1 b=[true] c=x", domain) == ("nope", {"a": 1, "b": [True], "c": "x"})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "Name a tool"),
        ("get_order #W1", "'#W1' is no NAME=VALUE"),
        ('get_order order_id="#W1', "does not end"),
        ("get_order order_id='#W1", "does not end"),
        ("get_order order_id='a' b's", "do not fit together"),
    ],
)
def test_a_line_that_is_no_call_gets_a_sentence(domain: Domain, line: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_call(line, domain)


@given(st.lists(st.sampled_from([*"ab='\"[]{}\\ #1", "order_id=", "cancel_order ", "é"])))
def test_no_line_does_anything_else_than_give_a_call_or_a_sentence(pieces: list[str]) -> None:
    try:
        name, arguments = read_call("".join(pieces), load_domain("retail"))
    except ValueError as error:
        event(str(error)[:6])
    else:
        assert name
        assert all(arguments)
