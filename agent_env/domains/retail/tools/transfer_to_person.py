"""The retail tool that hands the customer over to a person."""

from __future__ import annotations

from agent_env.domains.retail.rows import find_customer
from agent_env.errors import ToolError
from agent_env.store import Store
from agent_env.tool_spec import tool
from agent_env.types import Effect


@tool(Effect.HANDOVER)
def transfer_to_person(store: Store, summary: str) -> dict[str, bool]:
    """Hand the identified customer over to a person of the shop; the conversation ends for you.

    Args:
        store: The episode's state.
        summary: What the customer wants and what was done, for the person who takes over.

    Raises:
        ToolError: Nobody is identified, or the summary is empty.
    """
    find_customer(store)
    if not summary.strip():
        raise ToolError("The summary is empty; say what the customer wants.")
    # The words are the agent's own: a row with them would equal no other agent's.
    store.put("handovers", "1", {"handed_over": True})
    return {"handed_over": True}
