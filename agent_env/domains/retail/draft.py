"""A goal in the making: what one customer wants, in words and in values.

Place in the flow: each function of `intents` fills a `Draft`; `tasks` makes a `Goal` of it.

What it does not do: it draws no wishes and resolves none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

import prompts
from agent_env.domains.retail.oracle import Desk
from agent_env.domains.retail.world import draw_address
from agent_env.store import Row
from agent_env.types import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What an intent is drawn for.

    Attributes:
        random: Settles every draw.
        desk: Where the oracle serves the customer.
        user: The customer's row.
        order: The order that the goal is about; None for goals that are about none.
        others: The customer's further orders that no goal is about yet.
    """

    random: Random
    desk: Desk
    user: Row
    order: Row | None
    others: tuple[Row, ...]

    @property
    def its(self) -> Row:
        """The order of a goal that is about one."""
        assert self.order is not None
        return self.order

    def chance(self, probability: float) -> bool:
        """Whether something happens that has this probability."""
        return self.random.random() < probability


@dataclass(slots=True, kw_only=True)
class Draft:
    """A goal in the making.

    Attributes:
        wish: Name of the prompt file that words it.
        deeds: What it can be called, as `customer.DEEDS` names it, separated by spaces.
        full: The variables of the wish with nothing left out.
        first: Those that the first words have differently.
        slots: What the customer tells when asked, by name.
        left_out: Names of the slots that the first words leave out, so that one has to ask.
        needs: Values that a right proposal can name.
        may: Values that it can name besides.
        facts: What the customer must be told, by kind.
        reads: Look-ups without which nobody can know what to answer.
        rivals: The other values that a fact could have had, by kind.
    """

    wish: str
    deeds: str = ""
    full: dict[str, str] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)
    slots: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)
    may: list[str] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    reads: list[Call] = field(default_factory=list)
    rivals: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def say(self, variable: str, phrase: str, without: str | None = None) -> None:
        """Puts a phrase into the wish; `without` is what the first words have in its place."""
        self.full[variable] = phrase
        if without is not None:
            self.first[variable] = without

    def tell(self, name: str, answer: str, *, is_left_out: bool = False) -> None:
        """Has the customer answer questions for `name`."""
        self.slots[name] = answer
        if is_left_out:
            self.left_out.append(name)

    def render(self, variables: Mapping[str, str], variant: int) -> str:
        """The wish in words."""
        text = prompts.load("user", self.wish).render(variables, variant)
        return text[0].upper() + text[1:]


def name_order(case: Case, draft: Draft) -> str:
    """The number of the order, as the oracle finds it from what the customer says of it.

    Some customers give the number, some only when asked, some know only what is in the order.
    """
    order_id: str = case.its["order_id"]
    draft.needs.append(order_id)
    style = case.random.choice(("number", "number", "asked", "content"))
    product = _telling_product(case) if style == "content" else None
    if product:
        draft.say("order", f"my order with the {product} in it")
        draft.tell("order_hint", f"I do not have the number. It is the order with the {product}.")
        return case.desk.find_order_with(product)
    is_asked = style == "asked"
    draft.say("order", f"order {order_id}", without="my order" if is_asked else None)
    draft.tell("order_id", order_id, is_left_out=is_asked)
    return order_id


def say_address(case: Case, draft: Draft) -> dict[str, str]:
    """A new address, put into the wish."""
    address = draw_address(case.random)
    words = "{street}, {zip} {city}, {country}".format(**address)
    draft.say("address", words)
    draft.tell("address", f"It is {words}.")
    return address


def singles_of(order: Row) -> list[Row]:
    """The items that the order holds once, so that their name tells them."""
    held = Counter(item["item_id"] for item in order["items"])
    return [item for item in order["items"] if held[item["item_id"]] == 1]


def _telling_product(case: Case) -> str | None:
    """A product of the order that no other order of the customer holds."""
    others = {
        item["name"]
        for order_id in case.user["order_ids"]
        if order_id != case.its["order_id"]
        for item in (case.desk.store.get("orders", order_id) or {"items": ()})["items"]
    }
    names = sorted({item["name"] for item in case.its["items"]} - others)
    return case.random.choice(names) if names else None
