"""The retail tool that reads one product with its variants."""

from __future__ import annotations

from typing import Any

from agent_env.domains.retail.rows import find_product
from agent_env.money import dollars
from agent_env.store import Store
from agent_env.tool_spec import tool
from agent_env.types import Effect


@tool(Effect.READ)
def get_product(store: Store, product_id: str) -> dict[str, Any]:
    """Look up a product: the options, price and stock of each variant, by item number.

    Args:
        store: The episode's state.
        product_id: The product number, such as "P0000"; not an item number.

    Raises:
        ToolError: There is no such product.
    """
    product = find_product(store, product_id)
    variants = {
        item_id: {
            "options": dict(variant["options"]),
            "price": dollars(variant["price_cents"]),
            "in_stock": variant["in_stock"],
        }
        for item_id, variant in product["variants"].items()
    }
    return {"product_id": product_id, "name": product["name"], "variants": variants}
