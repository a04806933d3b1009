"""Moves money between an order and the customer's payment methods.

Place in the flow: the tools that cost or give back money call this; it changes gift cards, and
returns the entries to be added to the order's payments. All amounts are in cents.

A gift card is the only method whose balance the shop knows: it must cover what it is charged, and
what it is refunded is on it at once.

What it does not do: it writes no order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent_env.domains.retail.rows import find_customer, shown
from agent_env.errors import ToolError
from agent_env.money import dollars
from agent_env.store import Row, Store

Entry = dict[str, Any]


def total_cents(order: Row) -> int:
    """What the items of the order cost."""
    return sum(item["price_cents"] for item in order["items"])


def paid_cents(order: Row) -> dict[str, int]:
    """What each payment method has paid and not got back, in the order of the first payments."""
    paid: dict[str, int] = {}
    for entry in order["payments"]:
        sign = 1 if entry["kind"] == "payment" else -1
        method = entry["payment_method_id"]
        paid[method] = paid.get(method, 0) + sign * entry["amount_cents"]
    return {method: cents for method, cents in paid.items() if cents > 0}


def find_method(store: Store, method_id: str) -> Row:
    """A payment method of the identified customer.

    Raises:
        ToolError: The customer has no such method.
    """
    methods: Mapping[str, Row] = find_customer(store)["payment_methods"]
    if method_id not in methods:
        known = ", ".join(methods)
        raise ToolError(
            f"The customer has no payment method {shown(method_id)}; there are {known}."
        )
    return methods[method_id]


def check_covers(store: Store, method_id: str, cents: int) -> None:
    """Checks that a method can be charged.

    Raises:
        ToolError: The customer has no such method, or it is a gift card that holds too little.
    """
    method = find_method(store, method_id)
    if method["type"] == "gift_card" and method["balance_cents"] < cents:
        raise ToolError(
            f"Gift card {method_id} holds {dollars(method['balance_cents'])}, "
            f"which does not cover {dollars(cents)}."
        )


def charge(store: Store, method_id: str, cents: int) -> list[Entry]:
    """Charges a method: the entry for the order, or none when there is nothing to pay.

    Raises:
        ToolError: The customer has no such method, or it is a gift card that holds too little.
    """
    check_covers(store, method_id, cents)
    return _move(store, "payment", method_id, cents)


def refund(store: Store, method_id: str, cents: int) -> list[Entry]:
    """Gives money back to a method: the entry for the order, or none for an amount of 0.

    Raises:
        ToolError: The customer has no such method.
    """
    return _move(store, "refund", method_id, cents)


def settle(store: Store, method_id: str, difference_cents: int) -> list[Entry]:
    """Charges a positive difference, refunds a negative one.

    Raises:
        ToolError: The customer has no such method, or it is a gift card that holds too little.
    """
    if difference_cents > 0:
        return charge(store, method_id, difference_cents)
    return refund(store, method_id, -difference_cents)


def difference_words(difference_cents: int) -> dict[str, str]:
    """A difference as a tool answers it."""
    return {
        "charged": dollars(max(difference_cents, 0)),
        "refunded": dollars(max(-difference_cents, 0)),
    }


def _move(store: Store, kind: str, method_id: str, cents: int) -> list[Entry]:
    method = find_method(store, method_id)
    if cents == 0:
        return []
    if method["type"] == "gift_card":
        user = find_customer(store)
        change = cents if kind == "refund" else -cents
        card = {**method, "balance_cents": method["balance_cents"] + change}
        methods = {**user["payment_methods"], method_id: card}
        store.update("users", user["user_id"], payment_methods=methods)
    return [{"kind": kind, "payment_method_id": method_id, "amount_cents": cents}]
