"""The retail tool that lists what the shop sells."""

from __future__ import annotations

from agent_env.store import Store
from agent_env.tool_spec import tool
from agent_env.types import Effect


@tool(Effect.READ)
def list_product_types(store: Store) -> dict[str, str]:
    """List the product number of everything that the shop sells, by name.

    Args:
        store: The episode's state.
    """
    rows = (store.get("products", key) for key in store.keys("products"))
    named = {row["name"]: row["product_id"] for row in rows if row is not None}
    return dict(sorted(named.items()))
