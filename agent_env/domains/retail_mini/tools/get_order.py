"""The retail tool that reads one order."""

from __future__ import annotations

from typing import Any

from agent_env.domains.retail_mini.rows import find
from agent_env.money import dollars
from agent_env.store import Store
from agent_env.tool_spec import tool
from agent_env.types import Effect


@tool(Effect.READ)
def get_order(store: Store, order_id: str) -> dict[str, Any]:
    """Look up an order: its status, city, items and total.

    Args:
        store: The episode's state.
        order_id: The order number, such as "#W0000", with the "#".

    Raises:
        ToolError: There is no such order.
    """
    order = find(store, "orders", order_id)
    return {
        "order_id": order_id,
        "status": order["status"],
        "city": order["city"],
        "items": [find(store, "products", item)["name"] for item in order["items"]],
        "total": dollars(order["total_cents"]),
    }
