from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from agent_env import ToolError
from agent_env.domain import load_tools
from agent_env.domains.retail import tools as tool_folder
from agent_env.domains.retail.payments import paid_cents
from agent_env.domains.retail.world import COUNTRIES, REASONS
from agent_env.store import Row, Store
from agent_env.types import Effect

Call = Callable[..., Any]
TOOLS = {spec.name: spec for spec in load_tools(tool_folder)}
HOME = {"street": "1 Mill Road", "city": "Porto", "zip": "40000", "country": "Portugal"}
AWAY = {"street": "2 Elm Street", "city": "Graz", "zip": "80000", "country": "Austria"}


def order_of(store: Store, order_id: str) -> Row:
    row = store.get("orders", order_id)
    assert row is not None
    return row


def balance(store: Store) -> int:
    user = store.get("users", "U1")
    assert user is not None
    return int(user["payment_methods"]["gift-1"]["balance_cents"])


def test_there_are_fifteen_tools_and_each_says_what_it_does() -> None:
    effects = {name: spec.effect for name, spec in TOOLS.items()}
    reads = {"calculate", "get_order", "get_product", "get_user", "list_product_types"}
    assert len(effects) == 15
    assert {name for name, effect in effects.items() if effect is Effect.READ} == reads
    assert effects["transfer_to_person"] is Effect.HANDOVER


# Who the customer is


@pytest.mark.parametrize(
    ("tool", "given"),
    [
        ("get_user", {"user_id": "U1"}),
        ("get_order", {"order_id": "#W1"}),
        ("cancel_order", {"order_id": "#W1", "reason": REASONS[0]}),
        ("modify_user_address", {"user_id": "U1", **AWAY}),
        ("modify_order_address", {"order_id": "#W1", **AWAY}),
        ("modify_payment", {"order_id": "#W1", "payment_method_id": "paypal-1"}),
        ("transfer_to_person", {"summary": "A cup is broken."}),
        (
            "return_items",
            {"order_id": "#W4", "item_ids": ["jug-M"], "payment_method_id": "card-1"},
        ),
    ],
)
def test_nothing_is_shown_or_done_before_the_customer_is_known(
    nobody: Store, tool: str, given: dict[str, Any]
) -> None:
    with pytest.raises(ToolError, match="Identify the customer first"):
        TOOLS[tool].call(nobody, given)
    assert nobody.diff() == {}


def test_the_catalogue_is_open_to_everybody(nobody: Store) -> None:
    assert TOOLS["list_product_types"].call(nobody, {}) == {"cup": "P1", "jug": "P2"}
    product = TOOLS["get_product"].call(nobody, {"product_id": "P1"})
    assert product["variants"]["cup-XL"] == {
        "options": {"size": "XL"},
        "price": "$30.00",
        "in_stock": False,
    }


@pytest.mark.parametrize(
    ("tool", "given"),
    [
        ("identify_by_email", {"email": " ADA@mail.example "}),
        ("identify_by_name_zip", {"first_name": "ada", "last_name": " BERG", "zip": "40000"}),
    ],
)
def test_a_customer_is_identified_however_it_is_spelled(
    nobody: Store, tool: str, given: dict[str, str]
) -> None:
    assert TOOLS[tool].call(nobody, given) == {"user_id": "U1"}
    assert nobody.diff() == {"session": {"current": {"user_id": {"before": "", "after": "U1"}}}}


def test_a_conversation_serves_one_customer(store: Store, call: Call, refused: Call) -> None:
    before = store.state_hash()
    assert call("identify_by_name_zip", first_name="Ada", last_name="Berg", zip="40000") == {
        "user_id": "U1"
    }
    assert store.state_hash() == before
    assert "U1 is identified already" in refused("identify_by_email", email="ben@mail.example")
    assert "no account with the e-mail" in refused("identify_by_email", email="x@mail.example")
    assert "no account with name" in refused(
        "identify_by_name_zip", first_name="Ada", last_name="Berg", zip="50000"
    )


def test_other_customers_do_not_exist(refused: Call) -> None:
    assert refused("get_order", order_id="#W7") == "The customer has no order #W7."
    assert refused("get_order", order_id="#W9") == "The customer has no order #W9."
    assert "is not the identified customer" in refused("get_user", user_id="U2")
    assert refused("cancel_order", order_id="#W7", reason=REASONS[0]).endswith("no order #W7.")
    assert "no payment method paypal-2; there are card-1, gift-1, paypal-1" in refused(
        "modify_payment", order_id="#W1", payment_method_id="paypal-2"
    )
    assert "not the identified" in refused("modify_user_address", user_id="U2", **AWAY)


def test_what_the_agent_reads_of_account_and_order(call: Call) -> None:
    account = call("get_user", user_id="U1")
    assert account["name"] == "Ada Berg"
    assert account["payment_methods"]["gift-1"] == {"type": "gift_card", "balance": "$10.00"}
    assert account["order_ids"] == ["#W1", "#W2", "#W3", "#W4", "#W5", "#W6"]
    order = call("get_order", order_id="#W2")
    assert (order["total"], order["status"]) == ("$10.00", "pending")
    assert order["items"] == [
        {
            "item_id": "cup-S",
            "product_id": "P1",
            "name": "cup",
            "options": {"size": "S"},
            "price": "$10.00",
        }
    ]
    assert order["payments"][0]["amount"] == "$5.00"
    assert not {"cancel_reason", "return", "exchange"} & order.keys()


# Pending orders


def test_a_cancelled_order_goes_back_to_all_that_paid(store: Store, call: Call) -> None:
    answer = call("cancel_order", order_id="#W2", reason=REASONS[1])
    assert answer == {
        "order_id": "#W2",
        "status": "cancelled",
        "refund": "$10.00",
        "refunds": {"gift-1": "$5.00", "card-1": "$5.00"},
    }
    assert balance(store) == 1_500
    assert paid_cents(order_of(store, "#W2")) == {}
    assert call("get_order", order_id="#W2")["cancel_reason"] == REASONS[1]


@pytest.mark.parametrize("order_id", ["#W3", "#W4", "#W5", "#W6"])
def test_only_pending_orders_are_changed(refused: Call, order_id: str) -> None:
    swap = {"item_ids": ["cup-S"], "new_item_ids": ["cup-M"], "payment_method_id": "card-1"}
    for tool, given in (
        ("cancel_order", {"reason": REASONS[0]}),
        ("modify_items", swap),
        ("modify_order_address", AWAY),
        ("modify_payment", {"payment_method_id": "paypal-1"}),
    ):
        assert "only a pending order can be" in refused(tool, order_id=order_id, **given)


def test_items_are_modified_once_and_for_good(store: Store, call: Call, refused: Call) -> None:
    answer = call(
        "modify_items",
        order_id="#W1",
        item_ids=["jug-M", "cup-S"],
        new_item_ids=["jug-L", "cup-M"],
        payment_method_id="paypal-1",
    )
    assert answer == {
        "order_id": "#W1",
        "status": "items modified",
        "payment_method_id": "paypal-1",
        "charged": "$16.00",
        "refunded": "$0.00",
        "total": "$41.00",
    }
    order = order_of(store, "#W1")
    assert [item["item_id"] for item in order["items"]] == ["cup-M", "jug-L"]
    assert paid_cents(order) == {"card-1": 2_500, "paypal-1": 1_600}
    swap = {"item_ids": ["cup-M"], "new_item_ids": ["cup-S"], "payment_method_id": "card-1"}
    for tool, given in (
        ("modify_items", swap),
        ("cancel_order", {"reason": REASONS[0]}),
        ("modify_order_address", AWAY),
        ("modify_payment", {"payment_method_id": "paypal-1"}),
    ):
        assert "'items modified'" in refused(tool, order_id="#W1", **given)


def test_a_lower_price_is_refunded_and_an_equal_one_moves_nothing(
    nobody: Store, store: Store, call: Call
) -> None:
    one = {"order_id": "#W1", "payment_method_id": "gift-1"}
    lower = call("modify_items", item_ids=["jug-M"], new_item_ids=["jug-S"], **one)
    assert (lower["charged"], lower["refunded"]) == ("$0.00", "$5.00")
    assert balance(store) == 1_500
    other = nobody.fork()
    TOOLS["identify_by_email"].call(other, {"email": "ada@mail.example"})
    swap = {"item_ids": ["cup-S", "jug-M"], "new_item_ids": ["cup-M", "jug-S"]}
    equal = TOOLS["modify_items"].call(other, one | swap)
    assert (equal["charged"], equal["refunded"], equal["total"]) == ("$0.00", "$0.00", "$25.00")
    assert order_of(other, "#W1")["payments"] == order_of(nobody, "#W1")["payments"]


def test_a_gift_card_must_cover_what_it_is_charged(store: Store, call: Call, refused: Call) -> None:
    swap = {"order_id": "#W1", "item_ids": ["cup-S"], "payment_method_id": "gift-1"}
    assert "holds $10.00, which does not cover $16.00" in refused(
        "modify_items", new_item_ids=["cup-L"], **swap
    )
    assert "does not cover $25.00" in refused(
        "modify_payment", order_id="#W1", payment_method_id="gift-1"
    )
    call("modify_items", new_item_ids=["cup-M"], **swap)
    assert balance(store) == 500


def test_another_method_takes_over_the_whole_order(store: Store, call: Call, refused: Call) -> None:
    answer = call("modify_payment", order_id="#W2", payment_method_id="gift-1")
    assert (answer["charged"], answer["refunds"]) == ("$5.00", {"card-1": "$5.00"})
    assert paid_cents(order_of(store, "#W2")) == {"gift-1": 1_000}
    assert balance(store) == 500
    assert "paid with gift-1 already" in refused(
        "modify_payment", order_id="#W2", payment_method_id="gift-1"
    )
    call("modify_payment", order_id="#W2", payment_method_id="paypal-1")
    assert balance(store) == 1_500
    assert call("cancel_order", order_id="#W2", reason=REASONS[0])["refunds"] == {
        "paypal-1": "$10.00"
    }


def test_addresses_are_changed_where_they_stand(store: Store, call: Call, refused: Call) -> None:
    spaced = {**AWAY, "street": "  2  Elm Street "}
    assert call("modify_order_address", order_id="#W1", **spaced)["address"] == AWAY
    assert "already" in refused("modify_order_address", order_id="#W1", **AWAY)
    assert call("modify_user_address", user_id="U1", **AWAY) == {"user_id": "U1", "address": AWAY}
    assert "already" in refused("modify_user_address", user_id="U1", **AWAY)
    assert order_of(store, "#W2")["address"] == HOME
    for part in ("street", "city", "zip"):
        for wrong in ("", " ", "x" * 81):
            assert f"The {part} has to have" in refused(
                "modify_order_address", order_id="#W2", **{**AWAY, part: wrong}
            )


def test_the_schema_names_countries_and_reasons() -> None:
    country = TOOLS["modify_order_address"].parameters["properties"]["country"]
    assert country["enum"] == list(COUNTRIES)
    assert TOOLS["cancel_order"].parameters["properties"]["reason"]["enum"] == list(REASONS)


# Handing over


def test_a_hand_over_leaves_a_mark_without_words(store: Store, call: Call, refused: Call) -> None:
    assert "summary is empty" in refused("transfer_to_person", summary=" \n")
    before = store.fork()
    call("transfer_to_person", summary="The jug of #W6 came damaged.")
    other = before.fork()
    TOOLS["transfer_to_person"].call(other, {"summary": "Something else."})
    assert store.state_hash() == other.state_hash() != before.state_hash()
    assert store.diff()["handovers"] == {"1": {"handed_over": {"after": True}}}


def test_messages_are_sentences_that_echo_little(refused: Call) -> None:
    long = "\ud800#\n" * 3_000
    for sentence in (
        refused("get_order", order_id=long),
        refused("get_user", user_id=long),
        refused("get_product", product_id=long),
        refused("identify_by_email", email=long),
        refused("identify_by_name_zip", first_name=long, last_name=long, zip=long),
        refused("modify_payment", order_id="#W1", payment_method_id=long),
        refused("modify_order_address", order_id=long, **AWAY),
    ):
        assert len(sentence) < 160
        assert re.fullmatch(r"[^\n]+\.", sentence)
