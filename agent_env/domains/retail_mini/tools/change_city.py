"""The retail tool that sends a pending order to another city."""

from __future__ import annotations

from agent_env.domains.retail_mini.rows import find_in_status
from agent_env.domains.retail_mini.world import City
from agent_env.errors import ToolError
from agent_env.store import Store
from agent_env.tool_spec import tool
from agent_env.types import Effect


@tool(Effect.WRITE)
def change_city(store: Store, order_id: str, city: City) -> dict[str, str]:
    """Send a pending order to another city.

    Args:
        store: The episode's state.
        order_id: The order number, such as "#W0000", with the "#".
        city: The city it is to be sent to instead.

    Raises:
        ToolError: There is no such order, it is not pending, or it goes there already.
    """
    order = find_in_status(store, order_id, "pending", "sent elsewhere")
    if order["city"] == city:
        raise ToolError(f"Order {order_id} goes to {city} already.")
    store.update("orders", order_id, city=city)
    return {"order_id": order_id, "status": "pending", "city": city}
