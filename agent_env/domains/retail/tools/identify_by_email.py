"""The retail tool that identifies a customer by e-mail address."""

from __future__ import annotations

from agent_env.domains.retail.rows import identify, shown
from agent_env.errors import ToolError
from agent_env.store import Store
from agent_env.tool_spec import tool
from agent_env.types import Effect


@tool(Effect.WRITE, needs_yes=False)
def identify_by_email(store: Store, email: str) -> dict[str, str]:
    """Identify the customer by the e-mail address of the account; answers the account number.

    Args:
        store: The episode's state.
        email: The customer's e-mail address; upper and lower case are the same.

    Raises:
        ToolError: No account has that address, or somebody else is identified.
    """
    row = store.get("emails", email.strip().lower())
    if row is None:
        raise ToolError(f"There is no account with the e-mail address {shown(email)}.")
    return identify(store, row["user_id"])
