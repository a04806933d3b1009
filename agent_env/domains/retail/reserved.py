"""A small shop for the examples in prompts; none of its ids is ever generated.

Place in the flow: `prompt` works its examples in it with the real tools. Its ids are all zeros but
for the last digit, and generated ones never begin with 0.

What it does not do: no tasks are drawn from it.
"""

from __future__ import annotations

from typing import Any

from agent_env.domains.retail.world import Tables, make_item, make_order, with_indexes

EMAIL = "example@mail.example"
USER_ID, PRODUCT_ID, METHOD_ID = "U00000", "P0000", "card-00000"
DELIVERED, PROCESSED = "#W00000", "#W00001"
CLAY, PORCELAIN = "I000000", "I000001"


def reserved() -> Tables:
    """All tables of that shop, new at each call."""
    user = {
        "user_id": USER_ID,
        "first_name": "Example",
        "last_name": "Customer",
        "email": EMAIL,
        "address": {
            "street": "0 Example Street",
            "city": "Vienna",
            "zip": "00000",
            "country": "Austria",
        },
        "payment_methods": {
            METHOD_ID: {"type": "credit_card", "brand": "Visa", "last_four": "0000"}
        },
        "order_ids": [DELIVERED, PROCESSED],
    }
    cups = ((CLAY, "clay", 1_200, True), (PORCELAIN, "porcelain", 1_850, True))
    variants = {
        item_id: {
            "item_id": item_id,
            "options": {"material": material},
            "price_cents": cents,
            "in_stock": in_stock,
        }
        for item_id, material, cents, in_stock in cups
    }
    product = {"product_id": PRODUCT_ID, "name": "cup", "variants": variants}
    item = make_item(product, CLAY)
    paid: dict[str, Any] = {
        "kind": "payment",
        "payment_method_id": METHOD_ID,
        "amount_cents": item["price_cents"],
    }
    orders = {
        order_id: make_order(order_id, user, status, [item], [paid])
        for order_id, status in ((DELIVERED, "delivered"), (PROCESSED, "processed"))
    }
    return with_indexes(
        {"users": {USER_ID: user}, "products": {PRODUCT_ID: product}, "orders": orders}
    )
