"""Generates the shop: customers, products and orders from a seed.

Place in the flow: `build` in the package turns what `generate` returns into the domain's frozen
base store. Orders carry `#W` and four digits from 1000 on; `RESERVED` is a small shop of its own
with ids that are never generated, for the examples in prompts.

What it does not do: no randomness but the seed's, no files. Every name and address is made up.
"""

from __future__ import annotations

from random import Random
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, get_args

City: TypeAlias = Literal[
    "Athens", "Dublin", "Lisbon", "Madrid", "Oslo", "Prague", "Turin", "Vienna"
]
CITIES: tuple[str, ...] = get_args(City)
Reason: TypeAlias = Literal["no longer needed", "ordered by mistake"]
REASONS: tuple[str, ...] = get_args(Reason)

MIN_ORDERS, MAX_ORDERS = 8, 5_000
_GOODS = (
    "bag", "bike", "book", "boots", "bowl", "chair", "clock", "coat", "desk", "fan", "hat", "jug",
    "kettle", "lamp", "mug", "pan", "pen", "rug", "scarf", "shelf", "sofa", "table", "tent", "vase",
)  # fmt: skip
_FIRST = (
    "Ada",
    "Ben",
    "Cleo",
    "Dan",
    "Eva",
    "Finn",
    "Gia",
    "Hugo",
    "Ines",
    "Jon",
    "Kira",
    "Leo",
    "Mara",
    "Nils",
)
_LAST = (
    "Abel",
    "Brook",
    "Costa",
    "Dahl",
    "Evans",
    "Frey",
    "Grant",
    "Hill",
    "Ito",
    "Jansen",
    "Klein",
    "Lund",
)
# Of every eight orders five are pending and three delivered: ten and six of sixteen.
_STATUSES = (
    "pending",
    "delivered",
    "pending",
    "delivered",
    "pending",
    "pending",
    "delivered",
    "pending",
)

# Orders of the examples in prompts, with their status; generated ones begin at 1000.
RESERVED = MappingProxyType({"#W0000": "pending", "#W0001": "delivered"})

Tables: TypeAlias = dict[str, dict[str, dict[str, Any]]]


def generate(seed: int, orders: int) -> Tables:
    """The tables users, emails, products and orders of a shop, the same for the same arguments.

    Amounts are whole dollars and differ between orders as far as that many orders allow.

    Args:
        seed: Any integer.
        orders: How many orders; there are half as many users.

    Raises:
        ValueError: A number of orders outside MIN_ORDERS to MAX_ORDERS.
    """
    if not MIN_ORDERS <= orders <= MAX_ORDERS:
        raise ValueError(f"orders is {orders}; the shop can hold {MIN_ORDERS} to {MAX_ORDERS}.")
    random = Random(f"retail/{seed}/{orders}")  # A string seed is hashed the same in every process.
    products = {
        f"P{100 + number}": {
            "product_id": f"P{100 + number}",
            "name": name,
            "price_cents": price * 100,
        }
        for number, (name, price) in enumerate(
            zip(_GOODS, random.sample(range(11, 200), len(_GOODS)), strict=True)
        )
    }
    users = _users(random, count=orders // 2)
    tables: Tables = {
        "users": users,
        "emails": _by_email(users),
        "products": products,
        "orders": {},
    }
    totals: set[int] = set()
    for number, code in enumerate(random.sample(range(1000, 10_000), orders)):
        items = _items(random, products, totals)
        owner = random.choice(list(users))
        order = _order(
            f"#W{code}", owner, _STATUSES[number % 8], random.choice(CITIES), items, products
        )
        totals.add(order["total_cents"])
        tables["orders"][order["order_id"]] = order
        users[owner]["order_ids"].append(order["order_id"])
    return tables


def _users(random: Random, count: int) -> dict[str, dict[str, Any]]:
    users = {}
    for number in range(1, count + 1):
        first, last = random.choice(_FIRST), random.choice(_LAST)
        users[f"U{number:04d}"] = {
            "user_id": f"U{number:04d}",
            "name": f"{first} {last}",
            "email": f"{first}.{last}{number}@mail.example".lower(),
            "order_ids": [],
        }
    return users


def _by_email(users: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {user["email"]: {"user_id": key} for key, user in users.items()}


def _items(random: Random, products: dict[str, dict[str, Any]], totals: set[int]) -> list[str]:
    """One or two products whose total no order has yet, as far as 50 draws find such."""
    items: list[str] = []
    for _ in range(50):
        items = random.sample(list(products), random.choice((1, 1, 2)))
        if sum(products[item]["price_cents"] for item in items) not in totals:
            break
    return items


def _order(
    order_id: str,
    owner: str,
    status: str,
    city: str,
    items: list[str],
    products: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "user_id": owner,
        "status": status,
        "city": city,
        "items": items,
        "total_cents": sum(products[item]["price_cents"] for item in items),
        "refund_cents": 0,
        "cancel_reason": "",
    }


def reserved() -> Tables:
    """The shop of the prompts' examples; none of its ids is ever generated."""
    products = {"P001": {"product_id": "P001", "name": "cup", "price_cents": 2000}}
    user = {
        "user_id": "U0000",
        "name": "Example",
        "email": "example@mail.example",
        "order_ids": list(RESERVED),
    }
    orders = {
        key: _order(key, "U0000", status, "Vienna", ["P001"], products)
        for key, status in RESERVED.items()
    }
    return {
        "users": {"U0000": user},
        "emails": _by_email({"U0000": user}),
        "products": products,
        "orders": orders,
    }
