"""The retail tool that finds a customer's account."""

from __future__ import annotations

from agent_env.domains.retail_mini.rows import find
from agent_env.store import Store
from agent_env.tool_spec import tool
from agent_env.types import Effect


@tool(Effect.READ)
def find_user_by_email(store: Store, email: str) -> dict[str, str]:
    """Find the account number that belongs to an e-mail address.

    Args:
        store: The episode's state.
        email: The customer's e-mail address; upper and lower case are the same.

    Raises:
        ToolError: No account has that address.
    """
    return {"user_id": find(store, "emails", email.strip().lower())["user_id"]}
