"""The retail tool that reads one order."""

from __future__ import annotations

from typing import Any

from agent_env.domains.retail.payments import total_cents
from agent_env.domains.retail.rows import find_order
from agent_env.money import dollars
from agent_env.store import Row, Store, thaw
from agent_env.tool_spec import tool
from agent_env.types import Effect


@tool(Effect.READ)
def get_order(store: Store, order_id: str) -> dict[str, Any]:
    """Look up an order of the customer: status, address, items, total and payments.

    Args:
        store: The episode's state.
        order_id: The order number, such as "#W00000", with the "#".

    Raises:
        ToolError: Nobody is identified, or the customer has no such order.
    """
    order = find_order(store, order_id)
    answer = {
        "order_id": order_id,
        "status": order["status"],
        "address": dict(order["address"]),
        "items": [_item_words(item) for item in order["items"]],
        "total": dollars(total_cents(order)),
        "payments": [_payment_words(entry) for entry in order["payments"]],
    }
    if order["cancel_reason"]:
        answer["cancel_reason"] = order["cancel_reason"]
    for name in ("return", "exchange"):
        if order[name]:
            request = thaw(order[name])
            request.pop("difference_cents", None)
            answer[name] = request
    return answer


def _item_words(item: Row) -> dict[str, Any]:
    return {
        "item_id": item["item_id"],
        "product_id": item["product_id"],
        "name": item["name"],
        "options": dict(item["options"]),
        "price": dollars(item["price_cents"]),
    }


def _payment_words(entry: Row) -> dict[str, str]:
    return {
        "kind": entry["kind"],
        "payment_method_id": entry["payment_method_id"],
        "amount": dollars(entry["amount_cents"]),
    }
