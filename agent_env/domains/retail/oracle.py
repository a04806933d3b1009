"""The oracle's desk: real tools on a store of its own, every call kept.

Place in the flow: `intents` resolve a customer's wish through a desk, from what tools answer and
nothing else; `tasks` takes gold calls, diff and facts from it. So gold never disagrees with the
tools.

What it does not do: no wishes, no words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Self

from agent_env.store import Store
from agent_env.tool_spec import ToolSpec
from agent_env.types import Call, Effect

_AMOUNT = re.compile(r"\$[\d,]+\.\d\d")


class Desk:
    """Where an oracle serves one customer.

    Attributes:
        store: What the calls have made of the world.
        calls: The calls of the current goal, in order.
        amounts: Every amount that a tool answered for the current goal.
    """

    __slots__ = ("_known", "_tools", "amounts", "calls", "store", "user_id")

    def __init__(self, store: Store, tools: Mapping[str, ToolSpec], user_id: str) -> None:
        """Opens a desk; nothing has been called yet.

        Args:
            store: Written by the calls.
            tools: Every tool, by name.
            user_id: The customer, as identifying will answer.
        """
        self.store = store
        self.user_id = user_id
        self.calls: list[Call] = []
        self.amounts: set[str] = set()
        self._tools = tools
        self._known: dict[tuple[str, ...], Any] = {}

    def fork(self) -> Self:
        """A desk that starts from this one, for one more goal."""
        twin = type(self)(self.store.fork(), self._tools, self.user_id)
        twin._known = dict(self._known)
        return twin

    def call(self, name: str, **arguments: Any) -> Any:
        """What the tool answers.

        Raises:
            ToolError: The tool refuses.
        """
        answer = self._tools[name].call(self.store, arguments)
        self.calls.append((name, arguments))
        if self._tools[name].effect is not Effect.READ:
            # What was read may have changed, but what the shop sells does not.
            self._known = {key: one for key, one in self._known.items() if key[0] == "get_product"}
        self._note(answer)
        return answer

    def account(self) -> Any:
        """The customer's account, looked up unless it is known."""
        return self._look("get_user", user_id=self.user_id)

    def order(self, order_id: str) -> Any:
        """An order, looked up unless it is known."""
        return self._look("get_order", order_id=order_id)

    def product(self, product_id: str) -> Any:
        """A product, looked up unless it is known."""
        return self._look("get_product", product_id=product_id)

    def find_order_with(self, name: str) -> str:
        """The number of the first order of the account that holds a product of this name.

        Raises:
            LookupError: There is none.
        """
        for order_id in self.account()["order_ids"]:
            if any(item["name"] == name for item in self.order(order_id)["items"]):
                return str(order_id)
        raise LookupError(f"no order of {self.user_id} holds a {name}")

    def _look(self, name: str, **arguments: str) -> Any:
        key = (name, *arguments.values())
        if key not in self._known:
            self._known[key] = self.call(name, **arguments)
        else:
            self._note(self._known[key])
        return self._known[key]

    def _note(self, answer: Any) -> None:
        self.amounts.update(_AMOUNT.findall(str(answer)))


def cents(amount: str) -> int:
    """The amount, such as "$1,290.00", in cents."""
    return int(amount.translate({ord(sign): None for sign in "$,."}))
