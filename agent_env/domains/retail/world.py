"""Generates the shop: customers, products with variants, and orders, from a seed.

Place in the flow: `build` in the package turns what `generate` returns into the domain's frozen
base store; `reserved` is a small shop of its own for the examples in prompts.

    users     user_id -> name, e-mail address, home address, payment methods, order numbers
    emails    e-mail address, lower case -> user_id
    names     "first last zip", lower case -> user_ids; one, for no two customers share a zip code
    products  product_id -> name, variants by item_id: options, price, whether it is in stock
    items     item_id -> product_id
    orders    order_id -> owner, status, address, items, payments, and what was requested
    session   "current" -> who has been identified; "" is nobody
    handovers empty; a hand-over writes row "1"

Ids have a fixed number of digits of which the first is never 0. Money is in cents.

What it does not do: no randomness but the seed's, no files, no rules of the shop (`policy`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import cycle, islice, product
from random import Random
from typing import Any, Literal, TypeAlias, get_args

from agent_env.domains.retail.goods import (
    CITIES,
    FIRST_NAMES,
    FREE_AXES,
    GOODS,
    LAST_NAMES,
    STREETS,
)

Country: TypeAlias = Literal["Austria", "Denmark", "Ireland", "Portugal", "Spain"]
COUNTRIES: tuple[str, ...] = get_args(Country)
Reason: TypeAlias = Literal["no longer needed", "ordered by mistake"]
REASONS: tuple[str, ...] = get_args(Reason)
BRANDS = ("Visa", "Mastercard", "Amex")

MIN_USERS, MAX_USERS = 4, 5_000
MIN_PRODUCTS, MAX_PRODUCTS = 4, len(GOODS)
MAX_ORDERS = 20_000

# Of every twelve orders five are pending, five delivered, one processed and one cancelled.
_STATUSES = (
    "pending", "delivered", "pending", "delivered", "processed", "pending", "delivered", "pending",
    "delivered", "cancelled", "pending", "delivered",
)  # fmt: skip
STATUSES = tuple(sorted(set(_STATUSES)))
_MOST_VARIANTS = 12
_SURCHARGES_CENTS = (0, 650, 1_440, 2_310)

Row: TypeAlias = dict[str, Any]
Tables: TypeAlias = dict[str, dict[str, Row]]


def generate(seed: int, users: int, products: int, orders: int) -> Tables:
    """All tables of a shop, the same for the same arguments.

    Every customer has at least one order.

    Args:
        seed: Any integer.
        users: How many customers.
        products: How many products, each with several variants.
        orders: How many orders.

    Raises:
        ValueError: A size that the shop cannot have.
    """
    _check("users", users, MIN_USERS, MAX_USERS)
    _check("products", products, MIN_PRODUCTS, MAX_PRODUCTS)
    _check("orders", orders, users, MAX_ORDERS)
    # A string seed is hashed the same in every process.
    random = Random(f"retail/{seed}/{users}/{products}/{orders}")
    tables = {"users": _users(random, users), "products": _products(random, products)}
    return with_indexes({**tables, "orders": _orders(random, orders, **tables)})


def with_indexes(tables: Tables) -> Tables:
    """The tables users, products and orders, and those that follow from them."""
    users = tables["users"].items()
    return {
        **tables,
        "emails": {user["email"].lower(): {"user_id": key} for key, user in users},
        "names": {
            name_key(user["first_name"], user["last_name"], user["address"]["zip"]): {
                "user_ids": [key]
            }
            for key, user in users
        },
        "items": {
            item_id: {"product_id": key}
            for key, one in tables["products"].items()
            for item_id in one["variants"]
        },
        "session": {"current": {"user_id": ""}},
        "handovers": {},
    }


def name_key(first_name: str, last_name: str, zip_code: str) -> str:
    """The key of the table `names`; case and extra spaces do not matter."""
    return " ".join(f"{first_name} {last_name} {zip_code}".lower().split())


def draw_address(random: Random, zip_code: str | None = None) -> dict[str, str]:
    """A made-up address: street, city, zip and country.

    Args:
        random: Settles the draw.
        zip_code: None draws one.
    """
    country = random.choice(COUNTRIES)
    return {
        "street": f"{random.randint(1, 180)} {random.choice(STREETS)}",
        "city": random.choice(CITIES[country]),
        "zip": zip_code or str(random.randint(10_000, 99_999)),
        "country": country,
    }


def make_order(
    order_id: str,
    user: Mapping[str, Any],
    status: str,
    items: list[Row],
    payments: list[Row],
) -> Row:
    """The row of an order to the customer's home address, in which nothing was requested yet."""
    return {
        "order_id": order_id,
        "user_id": user["user_id"],
        "status": status,
        "address": user["address"],
        "items": items,
        "payments": payments,
        "cancel_reason": "",
        "return": None,
        "exchange": None,
    }


def make_item(sold: Mapping[str, Any], item_id: str) -> Row:
    """A variant of a product as it stands in an order."""
    variant = sold["variants"][item_id]
    return {
        "item_id": item_id,
        "product_id": sold["product_id"],
        "name": sold["name"],
        "price_cents": variant["price_cents"],
        "options": variant["options"],
    }


def _check(name: str, given: int, least: int, most: int) -> None:
    if not least <= given <= most:
        raise ValueError(f"{name} is {given}; the shop can hold {least} to {most}.")


def _ids(random: Random, prefix: str, digits: int, count: int) -> list[str]:
    codes = random.sample(range(10 ** (digits - 1), 10**digits), count)
    return [f"{prefix}{code}" for code in codes]


def _users(random: Random, count: int) -> dict[str, Row]:
    methods = iter(_ids(random, "", 5, 3 * count))
    zips = _ids(random, "", 5, count)
    numbers = _ids(random, "", 4, count)
    users = {}
    for key, zip_code, number in zip(_ids(random, "U", 5, count), zips, numbers, strict=True):
        first, last = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
        users[key] = {
            "user_id": key,
            "first_name": first,
            "last_name": last,
            "email": f"{first}.{last}{number}@mail.example".lower(),
            "address": draw_address(random, zip_code),
            "payment_methods": _methods(random, methods),
            "order_ids": [],
        }
    return users


def _methods(random: Random, codes: Iterator[str]) -> dict[str, Row]:
    """One to three payment methods; at least one of them is no gift card."""
    found: dict[str, Row] = {}
    kinds = random.choice(("c", "p", "cg", "cg", "pg", "cp", "cpg", "ccg"))
    for kind, code in zip(kinds, codes, strict=False):
        if kind == "c":
            four = f"{random.randrange(10_000):04d}"
            card = {"type": "credit_card", "brand": random.choice(BRANDS), "last_four": four}
            found[f"card-{code}"] = card
        elif kind == "p":
            found[f"paypal-{code}"] = {"type": "paypal"}
        else:
            balance = random.randrange(0, 40_000, 10)
            found[f"gift-{code}"] = {"type": "gift_card", "balance_cents": balance}
    return found


def _products(random: Random, count: int) -> dict[str, Row]:
    items = iter(_ids(random, "I", 6, _MOST_VARIANTS * count))
    names = random.sample(sorted(GOODS), count)
    products = {}
    for key, name in zip(_ids(random, "P", 4, count), names, strict=True):
        variants = {row["item_id"]: row for row in _variants(random, name, items)}
        products[key] = {"product_id": key, "name": name, "variants": variants}
    return products


def _variants(random: Random, name: str, items: Iterator[str]) -> list[Row]:
    """Some combinations of the options; more than half of them, and at least three, in stock."""
    dollars, axes = GOODS[name]
    combinations = list(product(*axes.values()))
    chosen = random.sample(combinations, min(len(combinations), _MOST_VARIANTS))
    base_cents = dollars * 100 + random.randrange(-500, 1_500, 10)
    rows = []
    for number, (values, item_id) in enumerate(zip(chosen, items, strict=False)):
        places = [
            options.index(value)
            for (axis, options), value in zip(axes.items(), values, strict=True)
            if axis not in FREE_AXES
        ]
        # The last cents keep apart what would else cost the same.
        cents = base_cents + sum(_SURCHARGES_CENTS[place] for place in places) + 10 * number
        rows.append(
            {
                "item_id": item_id,
                "options": dict(zip(axes, values, strict=True)),
                "price_cents": cents,
                "in_stock": number < 3 or random.random() < 0.7,
            }
        )
    return random.sample(rows, len(rows))


def _orders(
    random: Random, count: int, users: dict[str, Row], products: dict[str, Row]
) -> dict[str, Row]:
    owners = [*users, *random.choices(list(users), k=count - len(users))]
    statuses = list(islice(cycle(_STATUSES), count))
    random.shuffle(owners)
    catalogue = list(products.values())
    orders = {}
    for key, owner, status in zip(_ids(random, "#W", 5, count), owners, statuses, strict=True):
        user = users[owner]
        items = _items(random, catalogue)
        cents = sum(item["price_cents"] for item in items)
        order = make_order(key, user, status, items, _payments(random, user, cents))
        if random.random() < 0.15:
            order["address"] = draw_address(random)
        if status == "cancelled":
            order["cancel_reason"] = random.choice(REASONS)
            order["payments"] += [{**paid, "kind": "refund"} for paid in order["payments"]]
        orders[key] = order
        user["order_ids"].append(key)
    return orders


def _items(random: Random, catalogue: list[Row]) -> list[Row]:
    """One to four items of different products; now and then one of them twice."""
    chosen = random.sample(catalogue, random.choice((1, 1, 2, 2, 3, 4)))
    items = [make_item(one, random.choice(list(one["variants"]))) for one in chosen]
    if len(items) < 4 and random.random() < 0.1:
        items.append(items[0])
    return items


def _payments(random: Random, user: Row, cents: int) -> list[Row]:
    """Paid with one method; now and then a gift card pays a part."""
    methods = user["payment_methods"]
    gifts = [key for key, row in methods.items() if row["type"] == "gift_card"]
    rest = [key for key in methods if key not in gifts]
    if gifts and random.random() < 0.15:
        part = random.randrange(300, 1_000, 10)  # Less than anything costs.
        return [_payment(gifts[0], part), _payment(rest[0], cents - part)]
    return [_payment(random.choice(list(methods)), cents)]


def _payment(method_id: str, cents: int) -> Row:
    return {"kind": "payment", "payment_method_id": method_id, "amount_cents": cents}
