"""The retail tool that identifies a customer by name and zip code."""

from __future__ import annotations

from agent_env.domains.retail.rows import identify, shown
from agent_env.domains.retail.world import name_key
from agent_env.errors import ToolError
from agent_env.store import Store
from agent_env.tool_spec import tool
from agent_env.types import Effect


@tool(Effect.WRITE, needs_yes=False)
def identify_by_name_zip(store: Store, first_name: str, last_name: str, zip: str) -> dict[str, str]:
    """Identify the customer by name and zip code, for one who does not give an e-mail address.

    Args:
        store: The episode's state.
        first_name: The customer's first name.
        last_name: The customer's last name.
        zip: The zip code of the customer's home address.

    Raises:
        ToolError: No account has them, more than one has, or somebody else is identified.
    """
    key = name_key(first_name, last_name, zip)
    row = store.get("names", key)
    if row is None:
        raise ToolError(f"There is no account with name and zip code {shown(key)}.")
    if len(row["user_ids"]) != 1:
        raise ToolError("Several accounts have this name and zip code; ask for the e-mail address.")
    return identify(store, row["user_ids"][0])
