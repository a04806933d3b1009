"""Finds rows for the retail tools, and words what is wrong when there is none.

Place in the flow: between the tools and the store. Who the customer is stands in the store, so that
what one episode may see is settled by its own state; rows of other customers are treated as if they
did not exist.

What it does not do: no rules about status or money (`policy`, `payments`).
"""

from __future__ import annotations

from agent_env.errors import ToolError
from agent_env.store import Row, Store

_SHOWN_CHARS = 40


def shown(text: str) -> str:
    """What the model wrote, as an answer may echo it: on one line, and never at length."""
    start = " ".join(text[:_SHOWN_CHARS].split())
    return start if len(text) <= _SHOWN_CHARS else f"{start}..."


def identify(store: Store, user_id: str) -> dict[str, str]:
    """Notes who the customer is.

    Raises:
        ToolError: Somebody else has been identified in this conversation.
    """
    current = customer_id(store)
    if current not in ("", user_id):
        raise ToolError(
            f"Customer {current} is identified already; one conversation serves one customer."
        )
    store.update("session", "current", user_id=user_id)
    return {"user_id": user_id}


def customer_id(store: Store) -> str:
    """Who has been identified; "" is nobody."""
    session = store.get("session", "current")
    return "" if session is None else str(session["user_id"])


def find_customer(store: Store) -> Row:
    """The row of the identified customer.

    Raises:
        ToolError: Nobody has been identified yet.
    """
    user = store.get("users", customer_id(store))
    if user is None:
        raise ToolError("Identify the customer first, by e-mail address or by name and zip code.")
    return user


def check_is_customer(store: Store, user_id: str) -> Row:
    """The row of the identified customer, who has this account number.

    Raises:
        ToolError: Nobody has been identified, or somebody else.
    """
    user = find_customer(store)
    if user["user_id"] != user_id:
        raise ToolError(
            f"{shown(user_id)} is not the identified customer, who is {user['user_id']}."
        )
    return user


def find_order(store: Store, order_id: str) -> Row:
    """An order of the identified customer.

    Raises:
        ToolError: Nobody has been identified, or the customer has no such order.
    """
    user = find_customer(store)
    order = store.get("orders", order_id)
    if order is None or order["user_id"] != user["user_id"]:
        raise ToolError(f"The customer has no order {shown(order_id)}.")
    return order


def find_product(store: Store, product_id: str) -> Row:
    """A product.

    Raises:
        ToolError: There is none.
    """
    product = store.get("products", product_id)
    if product is None:
        raise ToolError(f"There is no product {shown(product_id)}.")
    return product
