"""The retail tool that reads one customer's account."""

from __future__ import annotations

from typing import Any

from agent_env.domains.retail_mini.rows import find
from agent_env.store import Store, thaw
from agent_env.tool_spec import tool
from agent_env.types import Effect


@tool(Effect.READ)
def get_user(store: Store, user_id: str) -> dict[str, Any]:
    """Look up a customer's account: name, e-mail address and order numbers.

    Args:
        store: The episode's state.
        user_id: The account number, such as "U0000".

    Raises:
        ToolError: There is no such account.
    """
    account: dict[str, Any] = thaw(find(store, "users", user_id))
    return account
