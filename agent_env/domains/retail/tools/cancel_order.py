"""The retail tool that cancels a pending order."""

from __future__ import annotations

from typing import Any

from agent_env.domains.retail.payments import paid_cents, refund
from agent_env.domains.retail.policy import find_order_in_status
from agent_env.domains.retail.world import Reason
from agent_env.money import dollars
from agent_env.store import Store
from agent_env.tool_spec import tool
from agent_env.types import Effect


@tool(Effect.WRITE)
def cancel_order(store: Store, order_id: str, reason: Reason) -> dict[str, Any]:
    """Cancel a pending order as a whole; what was paid goes back to the methods that paid it.

    Args:
        store: The episode's state.
        order_id: The order number, such as "#W00000", with the "#".
        reason: Why, as the customer gave it.

    Raises:
        ToolError: Nobody is identified, the customer has no such order, or it is not pending.
    """
    order = find_order_in_status(store, order_id, "pending", "cancelled")
    paid = paid_cents(order)
    refunds = [entry for method, cents in paid.items() for entry in refund(store, method, cents)]
    store.update(
        "orders",
        order_id,
        status="cancelled",
        cancel_reason=reason,
        payments=[*order["payments"], *refunds],
    )
    return {
        "order_id": order_id,
        "status": "cancelled",
        "refund": dollars(sum(paid.values())),
        "refunds": {method: dollars(cents) for method, cents in paid.items()},
    }
