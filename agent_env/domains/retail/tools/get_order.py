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
        "address": thaw(order["address"]),
        "items": [_in_dollars(item, "price") for item in order["items"]],
        "total": dollars(total_cents(order)),
        "payments": [_in_dollars(entry, "amount") for entry in order["payments"]],
    }
    requested = {key: order[key] for key in ("cancel_reason", "return", "exchange") if order[key]}
    if "exchange" in requested:
        requested["exchange"] = {
            key: value for key, value in order["exchange"].items() if key != "difference_cents"
        }
    return answer | thaw(requested)  # type: ignore[no-any-return]


def _in_dollars(row: Row, name: str) -> dict[str, Any]:
    words = {key: thaw(value) for key, value in row.items() if key != f"{name}_cents"}
    return {**words, name: dollars(row[f"{name}_cents"])}
