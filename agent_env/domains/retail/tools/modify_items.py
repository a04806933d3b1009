"""The retail tool that changes the items of a pending order."""

from __future__ import annotations

from typing import Any

from agent_env.domains.retail.payments import difference_words, settle, total_cents
from agent_env.domains.retail.policy import plan_swap
from agent_env.money import dollars
from agent_env.store import Store
from agent_env.tool_spec import tool
from agent_env.types import Effect


@tool(Effect.WRITE)
def modify_items(
    store: Store,
    order_id: str,
    item_ids: list[str],
    new_item_ids: list[str],
    payment_method_id: str,
) -> dict[str, Any]:
    """Swap items of a pending order for other variants of the same products, once for an order.

    Args:
        store: The episode's state.
        order_id: The order number, such as "#W00000", with the "#".
        item_ids: The items to be replaced, each as often as it is to be replaced.
        new_item_ids: What replaces each of them, in the same order.
        payment_method_id: What pays the difference in price, or gets it back.

    Raises:
        ToolError: The order, the items or the payment method do not allow it.
    """
    swap = plan_swap(store, order_id, "pending", "modified", item_ids, new_item_ids)
    entries = settle(store, payment_method_id, swap.difference_cents)
    items = swap.items()
    store.update(
        "orders",
        order_id,
        status="items modified",
        items=items,
        payments=[*swap.order["payments"], *entries],
    )
    return {
        "order_id": order_id,
        "status": "items modified",
        "payment_method_id": payment_method_id,
        **difference_words(swap.difference_cents),
        "total": dollars(total_cents({"items": items})),
    }
