"""Everything that customers of the retail shop come for, by name.

Place in the flow: `tasks` draws from `INTENTS`. A new intent is a function in `changes` or
`refusals`, a line here, and its prompt files: `user/retail_<wish>_wish` and, for a new kind of
fact, `user/retail_ask_<fact>`.

What it does not do: no drawing of tasks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from agent_env.domains.retail import changes, refusals
from agent_env.domains.retail.draft import Case, Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One thing that a customer can want.

    Attributes:
        draw: Fills a draft, with the oracle's calls on the case's desk; None when it cannot.
        statuses: What the status of its order must be; empty when it is about no order.
        is_extra: Whether it needs no identified customer, and so makes no task of its own.
        is_last: Whether nothing can come after it.
    """

    draw: Callable[[Case], Draft | None]
    statuses: tuple[str, ...] = ()
    is_extra: bool = False
    is_last: bool = False


INTENTS: Mapping[str, Intent] = MappingProxyType(
    {
        "cancel": Intent(draw=changes.cancel, statuses=("pending",)),
        "modify_items": Intent(draw=changes.modify_items, statuses=("pending",)),
        "modify_address": Intent(draw=changes.modify_address, statuses=("pending",)),
        "modify_payment": Intent(draw=changes.modify_payment, statuses=("pending",)),
        "change_home_address": Intent(draw=changes.change_home_address),
        "return_items": Intent(draw=changes.return_items, statuses=("delivered",)),
        "exchange_items": Intent(draw=changes.exchange_items, statuses=("delivered",)),
        "refuse_cancel": Intent(draw=refusals.refuse_cancel, statuses=("processed", "delivered")),
        "refuse_return": Intent(draw=refusals.refuse_return, statuses=("processed", "pending")),
        "refuse_restore": Intent(draw=refusals.refuse_restore, statuses=("cancelled",)),
        "refuse_address": Intent(draw=refusals.refuse_address, statuses=("processed", "delivered")),
        "hand_over": Intent(draw=refusals.hand_over, statuses=("delivered",), is_last=True),
        "ask_total": Intent(
            draw=refusals.ask_total, statuses=("pending", "processed", "delivered", "cancelled")
        ),
        "ask_sum": Intent(
            draw=refusals.ask_sum, statuses=("pending", "processed", "delivered", "cancelled")
        ),
        "ask_price": Intent(draw=refusals.ask_price, is_extra=True),
    }
)
