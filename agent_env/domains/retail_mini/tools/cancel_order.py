"""The retail tool that cancels a pending order."""

from __future__ import annotations

from agent_env.domains.retail_mini.rows import find_in_status
from agent_env.domains.retail_mini.world import Reason
from agent_env.money import dollars
from agent_env.store import Store
from agent_env.tool_spec import tool
from agent_env.types import Effect


@tool(Effect.WRITE)
def cancel_order(store: Store, order_id: str, reason: Reason) -> dict[str, str]:
    """Cancel a pending order and refund it in full.

    Args:
        store: The episode's state.
        order_id: The order number, such as "#W0000", with the "#".
        reason: Why, as the customer gave it.

    Raises:
        ToolError: There is no such order, or it is not pending.
    """
    total = find_in_status(store, order_id, "pending", "cancelled")["total_cents"]
    store.update("orders", order_id, status="cancelled", cancel_reason=reason, refund_cents=total)
    return {"order_id": order_id, "status": "cancelled", "refund": dollars(total)}
