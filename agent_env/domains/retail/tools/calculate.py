"""The retail tool that does sums."""

from __future__ import annotations

from agent_env.domains.retail.arithmetic import evaluate
from agent_env.store import Store
from agent_env.tool_spec import tool
from agent_env.types import Effect


@tool(Effect.READ)
def calculate(store: Store, expression: str) -> dict[str, str]:
    """Work out a sum, such as "3 * (19.90 + 4)"; answers with at most four decimals.

    Args:
        store: The episode's state.
        expression: Decimal numbers, + - * / and parentheses; "$1,290.00" counts as 1290.00.

    Raises:
        ToolError: The expression is none, is too long, divides by zero or has a huge result.
    """
    return {"result": evaluate(expression)}
