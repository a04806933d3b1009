"""The retail tool that takes a delivered order back."""

from __future__ import annotations

from agent_env.domains.retail_mini.rows import find_in_status
from agent_env.money import dollars
from agent_env.store import Store
from agent_env.tool_spec import tool
from agent_env.types import Effect


@tool(Effect.WRITE)
def return_order(store: Store, order_id: str) -> dict[str, str]:
    """Take back a delivered order as a whole and refund it in full.

    Args:
        store: The episode's state.
        order_id: The order number, such as "#W0000", with the "#".

    Raises:
        ToolError: There is no such order, or it is not delivered.
    """
    total = find_in_status(store, order_id, "delivered", "returned")["total_cents"]
    store.update("orders", order_id, status="returned", refund_cents=total)
    return {"order_id": order_id, "status": "returned", "refund": dollars(total)}
