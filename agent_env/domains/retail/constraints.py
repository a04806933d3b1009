"""What a customer says instead of a number: a variant by what it is like, a method by what it is.

Place in the flow: `intents` draw a `Target` and a `Payer`; the oracle resolves them from what tools
answered, so that a task holds no number that nobody looked up.

What it does not do: it calls no tools.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from agent_env.domains.retail.draft import Case
from agent_env.domains.retail.oracle import cents
from agent_env.store import Row

Variants = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The variant that an item is to become.

    Attributes:
        phrase: What the customer calls it, such as "the cheapest other one that is in stock".
        fits: Whether a variant with these options is what it means.
    """

    phrase: str
    fits: Callable[[Mapping[str, str]], bool]

    def resolve(self, variants: Variants, item_id: str) -> str | None:
        """The cheapest other variant in stock that fits; None when there is none."""
        fitting = [
            (cents(one["price"]), key)
            for key, one in variants.items()
            if key != item_id and one["in_stock"] and self.fits(one["options"])
        ]
        return min(fitting)[1] if fitting else None


def draw_target(random: Random, item: Row, product: Row) -> Target | None:
    """What the customer wants in place of an item; None when nothing suits.

    Prices within a product differ, or the draw is refused: the cheapest must be one.
    """
    prices = [one["price_cents"] for one in product["variants"].values()]
    others = [one for key, one in product["variants"].items() if key != item["item_id"]]
    if len(set(prices)) != len(prices):
        return None
    style = random.choice(("named", "cheapest", "same", "with"))
    if style == "cheapest":
        return Target(phrase="the cheapest other one that is in stock", fits=lambda _: True)
    if style == "named":
        stocked = [one for one in others if one["in_stock"]]
        return named(random.choice(stocked)["options"]) if stocked else None
    axis = random.choice(sorted(item["options"]))
    value = item["options"][axis]
    if style == "with":
        values = sorted({one["options"][axis] for one in others} - {value})
        if not values:
            return None
        value = random.choice(values)
        words = f"the cheapest one in stock with {axis} {value}"
    else:
        words = f"the cheapest other one in stock with the same {axis}"
    return Target(phrase=words, fits=lambda options: options[axis] == value)


def named(options: Mapping[str, str]) -> Target:
    """The variant with exactly these options."""
    words = " and ".join(f"{axis} {value}" for axis, value in options.items())
    wanted = dict(options)
    return Target(phrase=f"the one with {words}", fits=lambda given: dict(given) == wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """The payment method that is to pay or to be paid.

    Attributes:
        phrase: What the customer calls it, such as "my gift card".
        resolve: The method's number, from the account, the order and the amount in cents that it
            is to pay.
    """

    phrase: str
    resolve: Callable[[Any, Any, int], str]


def describe(method: Mapping[str, Any]) -> str:
    """What the customer calls a payment method of its own; no other of it is called the same."""
    if method["type"] == "credit_card":
        return f"my {method['brand']} ending in {method['last_four']}"
    return "my gift card" if method["type"] == "gift_card" else "my PayPal account"


def the_one(method: Mapping[str, Any]) -> Payer:
    """A method by its name."""
    name = describe(method)

    def resolve(account: Any, order: Any, amount: int) -> str:
        methods = account["payment_methods"]
        return next(str(key) for key, one in methods.items() if describe(one) == name)

    return Payer(phrase=name, resolve=resolve)


def gift_else(other: Mapping[str, Any]) -> Payer:
    """The gift card, or another method where the card holds too little."""
    fallback = the_one(other)

    def resolve(account: Any, order: Any, amount: int) -> str:
        for key, method in account["payment_methods"].items():
            if method["type"] == "gift_card" and cents(method["balance"]) >= amount:
                return str(key)
        return fallback.resolve(account, order, amount)

    phrase = f"my gift card, or with {fallback.phrase} if it holds too little"
    return Payer(phrase=phrase, resolve=resolve)


def _first_payer(account: Any, order: Any, amount: int) -> str:
    return str(order["payments"][0]["payment_method_id"])


ORIGINAL = Payer(phrase="the method I paid with", resolve=_first_payer)


def payers_of(order: Row) -> set[str]:
    """The methods that stand in the order's payments."""
    return {entry["payment_method_id"] for entry in order["payments"]}


def draw_payer(case: Case) -> Payer:
    """A method for a difference in price."""
    methods: Mapping[str, Row] = case.user["payment_methods"]
    choices = [the_one(method) for method in methods.values()]
    if len(payers_of(case.its)) == 1:
        choices += [ORIGINAL]
    rest = [method for method in methods.values() if method["type"] != "gift_card"]
    if len(rest) < len(methods):
        choices += [gift_else(method) for method in rest]
    return case.random.choice(choices)


def draw_refunded(case: Case) -> Payer:
    """A method that may get the refund of a return: one that paid, or a gift card."""
    paid = payers_of(case.its)
    methods: Mapping[str, Row] = case.user["payment_methods"]
    choices = [ORIGINAL] if len(paid) == 1 else []
    choices += [
        the_one(method)
        for key, method in methods.items()
        if key in paid or method["type"] == "gift_card"
    ]
    return case.random.choice(choices)
