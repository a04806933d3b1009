"""Finds rows for the retail tools, and words what is wrong when there is none.

Place in the flow: between the tools and the store; the policy that several tools share is enforced
here.

What it does not do: no writes.
"""

from __future__ import annotations

from agent_env.errors import ToolError
from agent_env.store import Row, Store

_NOUNS = {
    "orders": "order",
    "users": "user",
    "products": "product",
    "emails": "account with the e-mail",
}
_SHOWN_CHARS = 40


def find(store: Store, table: str, key: str) -> Row:
    """The row.

    Raises:
        ToolError: There is none.
    """
    row = store.get(table, key)
    if row is None:
        # What the model wrote is echoed, but never at length.
        shown = key if len(key) <= _SHOWN_CHARS else f"{key[:_SHOWN_CHARS]}..."
        raise ToolError(f"There is no {_NOUNS[table]} {shown}.")
    return row


def find_in_status(store: Store, order_id: str, status: str, deed: str) -> Row:
    """The order, which has the status that the deed needs.

    Raises:
        ToolError: There is no such order, or the store rules forbid the deed in its status.
    """
    order = find(store, "orders", order_id)
    if order["status"] != status:
        raise ToolError(
            f"Order {order_id} is {order['status']}; only a {status} order can be {deed}."
        )
    return order
