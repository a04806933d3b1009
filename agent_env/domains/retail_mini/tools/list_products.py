"""The retail tool that lists what the shop sells."""

from __future__ import annotations

from agent_env.store import Store
from agent_env.tool_spec import tool
from agent_env.types import Effect


@tool(Effect.READ)
def list_products(store: Store) -> dict[str, str]:
    """List the name of every product by its product number."""
    rows = ((key, store.get("products", key)) for key in store.keys("products"))
    return {key: row["name"] for key, row in rows if row is not None}
