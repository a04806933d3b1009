"""The retail tool that reads one product."""

from __future__ import annotations

from typing import Any

from agent_env.domains.retail_mini.rows import find
from agent_env.money import dollars
from agent_env.store import Store
from agent_env.tool_spec import tool
from agent_env.types import Effect


@tool(Effect.READ)
def get_product(store: Store, product_id: str) -> dict[str, Any]:
    """Look up a product: its name and price.

    Args:
        store: The episode's state.
        product_id: The product number, such as "P001".

    Raises:
        ToolError: There is no such product.
    """
    product = find(store, "products", product_id)
    return {
        "product_id": product_id,
        "name": product["name"],
        "price": dollars(product["price_cents"]),
    }
