"""Returns and exchanges of delivered orders, and swaps of items."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agent_env.domain import load_tools
from agent_env.domains.retail import tools as tool_folder
from agent_env.domains.retail.payments import paid_cents, total_cents
from agent_env.store import Store

Call = Callable[..., Any]
TOOLS = {spec.name: spec for spec in load_tools(tool_folder)}


def test_a_return_is_requested_once(store: Store, call: Call, refused: Call) -> None:
    given = {"order_id": "#W4", "item_ids": ["jug-M", "cup-S"], "payment_method_id": "card-1"}
    answer = call("return_items", **given)
    assert (answer["status"], answer["refund"]) == ("return requested", "$25.00")
    order = store.get("orders", "#W4")
    assert order is not None
    assert order["return"] == {"item_ids": ("cup-S", "jug-M"), "payment_method_id": "card-1"}
    assert sum(paid_cents(order).values()) == total_cents(order), "paid when the items are back"
    assert call("get_order", order_id="#W4")["return"]["item_ids"] == ["cup-S", "jug-M"]
    assert "'return requested'; only a delivered" in refused("return_items", **given)
    swap = {**given, "new_item_ids": ["jug-L", "cup-M"]}
    assert "'return requested'; only a delivered" in refused("exchange_items", **swap)


def test_a_return_goes_to_what_paid_or_to_a_gift_card(call: Call, refused: Call) -> None:
    given = {"order_id": "#W4", "item_ids": ["jug-M"]}
    assert "did not pay order #W4" in refused("return_items", payment_method_id="paypal-1", **given)
    assert "no payment method card-9" in refused(
        "return_items", payment_method_id="card-9", **given
    )
    assert call("return_items", payment_method_id="gift-1", **given)["refund"] == "$15.00"


def test_an_exchange_is_requested_once_and_moves_no_money_yet(
    store: Store, call: Call, refused: Call
) -> None:
    given = {
        "order_id": "#W4",
        "item_ids": ["cup-S", "jug-M"],
        "new_item_ids": ["cup-M", "jug-L"],
        "payment_method_id": "paypal-1",
    }
    answer = call("exchange_items", **given)
    assert (answer["status"], answer["charged"]) == ("exchange requested", "$16.00")
    order = store.get("orders", "#W4")
    assert order is not None
    assert order["exchange"]["difference_cents"] == 1_600
    assert [item["item_id"] for item in order["items"]] == ["cup-S", "jug-M", "cup-S"]
    assert "difference_cents" not in call("get_order", order_id="#W4")["exchange"]
    assert "'exchange requested'" in refused("exchange_items", **given)
    del given["new_item_ids"]
    assert "'exchange requested'" in refused("return_items", **given)


def test_an_exchange_needs_a_gift_card_that_covers_it(call: Call, refused: Call) -> None:
    given = {"order_id": "#W4", "item_ids": ["cup-S"], "payment_method_id": "gift-1"}
    assert "does not cover $16.00" in refused("exchange_items", new_item_ids=["cup-L"], **given)
    assert call("exchange_items", new_item_ids=["cup-M"], **given)["charged"] == "$5.00"


@pytest.mark.parametrize("tool", ["modify_items", "exchange_items"])
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ([], [], "item_ids is empty"),
        (["cup-S"], [], "has 1 entries and new_item_ids 0"),
        (["cup-S"], ["cup-M", "cup-L"], "has 1 entries and new_item_ids 2"),
        (["cup-S"], ["jug-M"], "no variant of product P1 (cup)"),
        (["cup-S"], ["cup-Q"], "Item cup-Q is no variant"),
        (["cup-S"], ["cup-XL"], "not in stock"),
        (["cup-S"], ["cup-S"], "replaced by itself"),
        (["cup-L"], ["cup-M"], "does not hold item cup-L."),
        (["cup-S"] * 3, ["cup-M"] * 3, "does not hold item cup-S that often."),
        (["cup-S"] * 50_000, ["cup-M"] * 50_000, "does not hold item cup-S that often."),
        (["x" * 9_000], ["cup-M"], "does not hold item " + "x" * 40 + "...."),
    ],
)
def test_swaps_that_cannot_be(
    refused: Call, tool: str, old: list[str], new: list[str], message: str
) -> None:
    order_id = "#W1" if tool == "modify_items" else "#W4"
    sentence = refused(
        tool, order_id=order_id, item_ids=old, new_item_ids=new, payment_method_id="card-1"
    )
    assert message in sentence
    assert len(sentence) < 200


def test_an_item_can_be_swapped_as_often_as_the_order_holds_it(call: Call) -> None:
    answer = call(
        "exchange_items",
        order_id="#W4",
        item_ids=["cup-S", "cup-S"],
        new_item_ids=["cup-M", "cup-L"],
        payment_method_id="card-1",
    )
    assert answer["charged"] == "$21.00"


def test_how_the_model_orders_its_lists_changes_nothing(store: Store) -> None:
    hashes = set()
    for old, new in (
        (["cup-S", "jug-M", "cup-S"], ["cup-M", "jug-L", "cup-L"]),
        (["jug-M", "cup-S", "cup-S"], ["jug-L", "cup-L", "cup-M"]),
    ):
        opened = store.fork()
        given = {"order_id": "#W4", "item_ids": old, "payment_method_id": "card-1"}
        returned = opened.fork()
        TOOLS["exchange_items"].call(opened, {**given, "new_item_ids": new})
        TOOLS["return_items"].call(returned, given)
        hashes.add((opened.state_hash(), returned.state_hash()))
    assert len(hashes) == 1
