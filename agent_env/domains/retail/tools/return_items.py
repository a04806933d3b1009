"""The retail tool that takes items of a delivered order back."""

from __future__ import annotations

from typing import Any

from agent_env.domains.retail.payments import find_method, paid_cents
from agent_env.domains.retail.policy import find_order_in_status, pick_items
from agent_env.errors import ToolError
from agent_env.money import dollars
from agent_env.store import Store
from agent_env.tool_spec import tool
from agent_env.types import Effect


@tool(Effect.WRITE)
def return_items(
    store: Store, order_id: str, item_ids: list[str], payment_method_id: str
) -> dict[str, Any]:
    """Request the return of items of a delivered order; the refund is paid when they are back.

    Args:
        store: The episode's state.
        order_id: The order number, such as "#W00000", with the "#".
        item_ids: The items to be returned, each as often as it is to be returned.
        payment_method_id: What gets the refund: a method that paid the order, or a gift card.

    Raises:
        ToolError: The order, the items or the payment method do not allow it.
    """
    order = find_order_in_status(store, order_id, "delivered", "returned")
    items = pick_items(order, item_ids)
    method = find_method(store, payment_method_id)
    if method["type"] != "gift_card" and payment_method_id not in paid_cents(order):
        raise ToolError(
            f"{payment_method_id} did not pay order {order_id}; a return is refunded to a method "
            "that paid the order or to a gift card of the customer."
        )
    request = {"item_ids": sorted(item_ids), "payment_method_id": payment_method_id}
    store.update("orders", order_id, status="return requested", **{"return": request})
    return {
        "order_id": order_id,
        "status": "return requested",
        **request,
        "refund": dollars(sum(item["price_cents"] for item in items)),
    }
