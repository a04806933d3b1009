"""The rules of the shop that several tools share.

Place in the flow: the tools ask here before they write; `prompts/system/retail_policy.md` tells the
model the same rules.

What it does not do: no writes; money is in `payments`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from agent_env.domains.retail.rows import find_order, find_product, shown
from agent_env.domains.retail.world import make_item
from agent_env.errors import ToolError
from agent_env.store import Row, Store

_LONGEST_PART = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """Some items of an order and what replaces each.

    Attributes:
        order: The order.
        old: The items as they stand in the order, ordered by what is swapped for what, so that the
            order in which the model listed the pairs does not matter.
        new: The replacement of each, as it would stand in the order.
    """

    order: Row
    old: tuple[Row, ...]
    new: tuple[Row, ...]

    @property
    def difference_cents(self) -> int:
        """What the new items cost more than the old ones; negative when less."""
        return _sum_cents(self.new) - _sum_cents(self.old)

    def items(self) -> tuple[Row, ...]:
        """All items of the order, the new ones in the places of the old ones."""
        waiting: dict[str, list[Row]] = {}
        for old, new in zip(self.old, self.new, strict=True):
            waiting.setdefault(old["item_id"], []).append(new)
        return tuple(
            waiting[item["item_id"]].pop(0) if waiting.get(item["item_id"]) else item
            for item in self.order["items"]
        )


def find_order_in_status(store: Store, order_id: str, status: str, deed: str) -> Row:
    """The customer's order, which has the status that the deed needs.

    Raises:
        ToolError: Nobody is identified, the customer has no such order, or its status forbids the
            deed.
    """
    order = find_order(store, order_id)
    if order["status"] != status:
        raise ToolError(
            f"Order {order_id} has the status {order['status']!r}; "
            f"only a {status} order can be {deed}."
        )
    return order


def pick_items(order: Row, item_ids: Sequence[str]) -> tuple[Row, ...]:
    """The items of the order with these ids; an id counts as often as it is given.

    Raises:
        ToolError: No ids, or more of one than the order holds.
    """
    if not item_ids:
        raise ToolError("item_ids is empty; name at least one item of the order.")
    by_id = {item["item_id"]: item for item in order["items"]}
    held = Counter(item["item_id"] for item in order["items"])
    for item_id in item_ids:
        held[item_id] -= 1
        if held[item_id] < 0:
            raise ToolError(
                f"Order {order['order_id']} does not hold item {shown(item_id)}"
                f"{' that often' if item_id in by_id else ''}."
            )
    return tuple(by_id[item_id] for item_id in item_ids)


def plan_swap(
    store: Store,
    order_id: str,
    status: str,
    deed: str,
    item_ids: Sequence[str],
    new_item_ids: Sequence[str],
) -> Swap:
    """What replaces what in an order of the customer, by position in the two lists.

    Raises:
        ToolError: See `find_order_in_status`; or the lists differ in length, an item is not in the
            order, or what is to replace it is not another variant, in stock, of the same product.
    """
    order = find_order_in_status(store, order_id, status, deed)
    old = pick_items(order, item_ids)
    if len(item_ids) != len(new_item_ids):
        raise ToolError(
            f"item_ids has {len(item_ids)} entries and new_item_ids {len(new_item_ids)}; "
            "give one new item for each."
        )
    pairs = sorted(zip(item_ids, new_item_ids, old, strict=True), key=lambda pair: pair[:2])
    return Swap(
        order=order,
        old=tuple(item for _, _, item in pairs),
        new=tuple(_find_variant(store, item, new_id) for _, new_id, item in pairs),
    )


def read_address(street: str, city: str, zip_code: str, country: str) -> dict[str, str]:
    """An address as rows hold it, without spaces too many.

    Raises:
        ToolError: A part that is empty or too long for a label.
    """
    parts = {"street": street, "city": city, "zip": zip_code, "country": country}
    for name, value in parts.items():
        parts[name] = " ".join(value.split())
        if not 1 <= len(parts[name]) <= _LONGEST_PART:
            raise ToolError(f"The {name} has to have 1 to {_LONGEST_PART} characters.")
    return parts


def _sum_cents(items: tuple[Row, ...]) -> int:
    return sum(item["price_cents"] for item in items)


def _find_variant(store: Store, item: Row, new_item_id: str) -> Row:
    product = find_product(store, item["product_id"])
    variant = product["variants"].get(new_item_id)
    if variant is None:
        raise ToolError(
            f"Item {shown(new_item_id)} is no variant of product {item['product_id']} "
            f"({item['name']}), which item {item['item_id']} is."
        )
    if new_item_id == item["item_id"]:
        raise ToolError(f"Item {new_item_id} would be replaced by itself; name another variant.")
    if not variant["in_stock"]:
        raise ToolError(f"Item {new_item_id} is not in stock.")
    return make_item(product, new_item_id)
