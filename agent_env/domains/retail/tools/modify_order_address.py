"""The retail tool that sends a pending order to another address."""

from __future__ import annotations

from typing import Any

from agent_env.domains.retail.policy import find_order_in_status, read_address
from agent_env.domains.retail.world import Country
from agent_env.errors import ToolError
from agent_env.store import Store
from agent_env.tool_spec import tool
from agent_env.types import Effect


@tool(Effect.WRITE)
def modify_order_address(
    store: Store, order_id: str, street: str, city: str, zip: str, country: Country
) -> dict[str, Any]:
    """Send a pending order to another address.

    Args:
        store: The episode's state.
        order_id: The order number, such as "#W00000", with the "#".
        street: House number and street.
        city: The city.
        zip: The zip code.
        country: The country; the shop delivers to these only.

    Raises:
        ToolError: The customer has no such order, it is not pending, or it goes there already.
    """
    order = find_order_in_status(store, order_id, "pending", "sent elsewhere")
    address = read_address(street, city, zip, country)
    if order["address"] == address:
        raise ToolError(f"Order {order_id} goes to this address already.")
    store.update("orders", order_id, address=address)
    return {"order_id": order_id, "status": "pending", "address": address}
