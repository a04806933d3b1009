"""The retail tool that reads the customer's account."""

from __future__ import annotations

from typing import Any

from agent_env.domains.retail.rows import check_is_customer
from agent_env.money import dollars
from agent_env.store import Row, Store
from agent_env.tool_spec import tool
from agent_env.types import Effect


@tool(Effect.READ)
def get_user(store: Store, user_id: str) -> dict[str, Any]:
    """Look up the identified customer's account: address, payment methods and order numbers.

    Args:
        store: The episode's state.
        user_id: The account number that identifying the customer answered.

    Raises:
        ToolError: Nobody is identified, or the number is not the identified customer's.
    """
    user = check_is_customer(store, user_id)
    methods = {key: _method_words(row) for key, row in user["payment_methods"].items()}
    return {
        "user_id": user_id,
        "name": f"{user['first_name']} {user['last_name']}",
        "email": user["email"],
        "address": dict(user["address"]),
        "payment_methods": methods,
        "order_ids": list(user["order_ids"]),
    }


def _method_words(method: Row) -> dict[str, str]:
    words = {key: value for key, value in method.items() if key != "balance_cents"}
    if "balance_cents" in method:
        words["balance"] = dollars(method["balance_cents"])
    return words
