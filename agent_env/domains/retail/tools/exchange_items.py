"""The retail tool that exchanges items of a delivered order."""

from __future__ import annotations

from typing import Any

from agent_env.domains.retail.payments import check_covers, difference_words
from agent_env.domains.retail.policy import plan_swap
from agent_env.store import Store
from agent_env.tool_spec import tool
from agent_env.types import Effect


@tool(Effect.WRITE)
def exchange_items(
    store: Store,
    order_id: str,
    item_ids: list[str],
    new_item_ids: list[str],
    payment_method_id: str,
) -> dict[str, Any]:
    """Request the exchange of items of a delivered order for other variants of the same products.

    Args:
        store: The episode's state.
        order_id: The order number, such as "#W00000", with the "#".
        item_ids: The items to be exchanged, each as often as it is to be exchanged.
        new_item_ids: What replaces each of them, in the same order.
        payment_method_id: What pays the difference in price, or gets it back.

    Raises:
        ToolError: The order, the items or the payment method do not allow it.
    """
    swap = plan_swap(store, order_id, "delivered", "exchanged", item_ids, new_item_ids)
    check_covers(store, payment_method_id, swap.difference_cents)
    request = {
        "item_ids": [item["item_id"] for item in swap.old],
        "new_item_ids": [item["item_id"] for item in swap.new],
        "payment_method_id": payment_method_id,
    }
    store.update(
        "orders",
        order_id,
        status="exchange requested",
        exchange={**request, "difference_cents": swap.difference_cents},
    )
    return {
        "order_id": order_id,
        "status": "exchange requested",
        **request,
        **difference_words(swap.difference_cents),
    }
