"""The retail tool that changes the customer's home address."""

from __future__ import annotations

from typing import Any

from agent_env.domains.retail.policy import read_address
from agent_env.domains.retail.rows import check_is_customer
from agent_env.domains.retail.world import Country
from agent_env.errors import ToolError
from agent_env.store import Store
from agent_env.tool_spec import tool
from agent_env.types import Effect


@tool(Effect.WRITE)
def modify_user_address(
    store: Store, user_id: str, street: str, city: str, zip: str, country: Country
) -> dict[str, Any]:
    """Change the customer's home address; orders that were placed keep the address they have.

    Args:
        store: The episode's state.
        user_id: The account number that identifying the customer answered.
        street: House number and street.
        city: The city.
        zip: The zip code.
        country: The country; the shop delivers to these only.

    Raises:
        ToolError: Nobody is identified, the number is not the customer's, or nothing would change.
    """
    user = check_is_customer(store, user_id)
    address = read_address(street, city, zip, country)
    if user["address"] == address:
        raise ToolError("This is the customer's home address already.")
    store.update("users", user_id, address=address)
    return {"user_id": user_id, "address": address}
