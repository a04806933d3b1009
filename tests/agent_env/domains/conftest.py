"""A small shop for the tests of the retail tools, and calls in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agent_env import ToolError
from agent_env.domain import load_tools
from agent_env.domains.retail import tools as tool_folder
from agent_env.domains.retail.world import Tables, make_item, make_order
from agent_env.domains.retail.world import with_indexes as index
from agent_env.store import Base, Store

Call = Callable[..., Any]
TOOLS = {spec.name: spec for spec in load_tools(tool_folder)}
HOME = {"street": "1 Mill Road", "city": "Porto", "zip": "40000", "country": "Portugal"}


def payment(method: str, cents: int, kind: str = "payment") -> dict[str, Any]:
    return {"kind": kind, "payment_method_id": method, "amount_cents": cents}


def shop() -> Tables:
    """Two customers; Ada has an order in every state, Ben has one, and there are cups and jugs."""
    methods = {
        "card-1": {"type": "credit_card", "brand": "Visa", "last_four": "1111"},
        "gift-1": {"type": "gift_card", "balance_cents": 1_000},
        "paypal-1": {"type": "paypal"},
    }
    users = {
        key: {
            "user_id": key,
            "first_name": first,
            "last_name": "Berg",
            "email": f"{first}@mail.example".lower(),
            "address": {**HOME, "zip": zip_code},
            "payment_methods": methods if key == "U1" else {"paypal-2": {"type": "paypal"}},
            "order_ids": [],
        }
        for key, first, zip_code in (("U1", "Ada", "40000"), ("U2", "Ben", "50000"))
    }
    products = {
        product_id: {
            "product_id": product_id,
            "name": name,
            "variants": {
                f"{name}-{size}": {
                    "item_id": f"{name}-{size}",
                    "options": {"size": size},
                    "price_cents": cents,
                    "in_stock": size != "XL",
                }
                for size, cents in (("S", 1_000), ("M", 1_500), ("L", 2_600), ("XL", 3_000))
            },
        }
        for product_id, name in (("P1", "cup"), ("P2", "jug"))
    }
    orders = {}

    def add(order_id: str, owner: str, status: str, items: str, *paid: dict[str, Any]) -> None:
        rows = [
            make_item(products["P1" if one.startswith("cup") else "P2"], one)
            for one in items.split()
        ]
        users[owner]["order_ids"].append(order_id)
        orders[order_id] = make_order(order_id, users[owner], status, rows, list(paid))

    two, split = payment("card-1", 2_500), (payment("gift-1", 500), payment("card-1", 500))
    add("#W1", "U1", "pending", "cup-S jug-M", two)
    add("#W2", "U1", "pending", "cup-S", *split)
    add("#W3", "U1", "processed", "cup-S jug-M", two)
    add("#W4", "U1", "delivered", "cup-S jug-M cup-S", payment("card-1", 3_500))
    back = [payment(one["payment_method_id"], 500, "refund") for one in split]
    add("#W5", "U1", "cancelled", "cup-S", *split, *back)
    add("#W6", "U1", "delivered", "jug-L", payment("gift-1", 2_600))
    add("#W7", "U2", "pending", "cup-S", payment("paypal-2", 1_000))
    return index({"users": users, "products": products, "orders": orders})


BASE = Base(shop())


@pytest.fixture
def nobody() -> Store:
    """The small shop, in which nobody has been identified."""
    return Store(BASE)


@pytest.fixture
def store(nobody: Store) -> Store:
    """The small shop, in which Ada has been identified."""
    opened = nobody.fork()
    TOOLS["identify_by_email"].call(opened, {"email": "ada@mail.example"})
    return opened


@pytest.fixture
def call(store: Store) -> Call:
    return lambda name, **arguments: TOOLS[name].call(store, arguments)


@pytest.fixture
def refused(store: Store) -> Call:
    """The sentence that a call is refused with; the store stays as it was."""

    def run(name: str, **arguments: Any) -> str:
        before = store.state_hash()
        with pytest.raises(ToolError) as caught:
            TOOLS[name].call(store, arguments)
        assert store.state_hash() == before
        return str(caught.value)

    return run
