"""The retail tool that has a pending order paid with another method."""

from __future__ import annotations

from typing import Any

from agent_env.domains.retail.payments import charge, find_method, paid_cents, refund
from agent_env.domains.retail.policy import find_order_in_status
from agent_env.errors import ToolError
from agent_env.money import dollars
from agent_env.store import Store
from agent_env.tool_spec import tool
from agent_env.types import Effect


@tool(Effect.WRITE)
def modify_payment(store: Store, order_id: str, payment_method_id: str) -> dict[str, Any]:
    """Have a pending order paid with one other method; what other methods paid goes back to them.

    Args:
        store: The episode's state.
        order_id: The order number, such as "#W00000", with the "#".
        payment_method_id: The method of the customer that is to pay.

    Raises:
        ToolError: The order is not pending, or this method cannot pay it or has paid it already.
    """
    order = find_order_in_status(store, order_id, "pending", "paid in another way")
    find_method(store, payment_method_id)
    others = paid_cents(order)
    others.pop(payment_method_id, None)
    if not others:
        raise ToolError(f"Order {order_id} is paid with {payment_method_id} already.")
    entries = charge(store, payment_method_id, sum(others.values()))
    for method, cents in others.items():
        entries += refund(store, method, cents)
    store.update("orders", order_id, payments=[*order["payments"], *entries])
    return {
        "order_id": order_id,
        "status": "pending",
        "payment_method_id": payment_method_id,
        "charged": dollars(sum(others.values())),
        "refunds": {method: dollars(cents) for method, cents in others.items()},
    }
