"""What customers of the retail shop want and an agent must not do, and what they ask.

Place in the flow: as `changes`. A refusal is settled when the customer was told the status that
forbids its wish, a question when it was told the answer; a damaged item goes to a person.

What it does not do: no wording (`prompts/user/retail_*_wish.md`), no scoring.
"""

from __future__ import annotations

from typing import Any

from agent_env.domains.retail.draft import Case, Draft, name_order, say_address, singles_of
from agent_env.domains.retail.oracle import cents
from agent_env.domains.retail.world import REASONS, STATUSES
from agent_env.money import dollars


def refuse_cancel(case: Case) -> Draft | None:
    """The order is on its way or there already: it cannot be cancelled."""
    draft = Draft(wish="retail_cancel_wish", deeds="cancel")
    order_id = name_order(case, draft)
    # No reason is left out: nothing would be done with the answer.
    reason = case.random.choice(REASONS)
    draft.say("reason", f', reason "{reason}"')
    draft.tell("reason", reason)
    return _refuse(case, draft, order_id)


def refuse_return(case: Case) -> Draft | None:
    """The order has not been delivered: nothing can be returned."""
    draft = Draft(wish="retail_return_wish", deeds="return")
    order_id = name_order(case, draft)
    draft.say("items", "everything")
    draft.say("method", "")
    return _refuse(case, draft, order_id)


def refuse_restore(case: Case) -> Draft | None:
    """A cancellation cannot be undone."""
    draft = Draft(wish="retail_restore_wish", deeds="restore")
    return _refuse(case, draft, name_order(case, draft))


def refuse_address(case: Case) -> Draft | None:
    """The order is on its way: it cannot go elsewhere."""
    draft = Draft(wish="retail_address_wish", deeds="address")
    order_id = name_order(case, draft)
    say_address(case, draft)
    return _refuse(case, draft, order_id)


def hand_over(case: Case) -> Draft | None:
    """An item came damaged, which only a person can settle."""
    singles = singles_of(case.its)
    if not singles:
        return None
    draft = Draft(wish="retail_damaged_wish", deeds="transfer")
    item = case.random.choice(singles)
    draft.say("item", item["name"])
    draft.tell("damage", f"The {item['name']} arrived damaged.")
    draft.tell("items", f"It is the {item['name']}.")
    draft.may.append(item["item_id"])
    order_id = name_order(case, draft)
    _read_order(case, draft, order_id)
    summary = f"The {item['name']} of delivered order {order_id} arrived damaged."
    case.desk.call("transfer_to_person", summary=summary)
    return draft


def ask_total(case: Case) -> Draft | None:
    """What an order cost in all."""
    draft = Draft(wish="retail_total_wish")
    order_id = name_order(case, draft)
    draft.facts["total"] = _read_order(case, draft, order_id)["total"]
    return draft


def ask_sum(case: Case) -> Draft | None:
    """What two orders cost together."""
    if not case.others:
        return None
    draft = Draft(wish="retail_sum_wish")
    order_ids = [case.its["order_id"], case.random.choice(case.others)["order_id"]]
    draft.say("orders", f"orders {order_ids[0]} and {order_ids[1]}")
    draft.tell("order_id", " and ".join(order_ids))
    draft.needs += order_ids
    totals = [_read_order(case, draft, order_id)["total"] for order_id in order_ids]
    case.desk.call("calculate", expression=" + ".join(total[1:] for total in totals))
    draft.facts["total"] = dollars(sum(map(cents, totals)))
    return draft


def ask_price(case: Case) -> Draft | None:
    """What the cheapest variant in stock of a product costs."""
    draft = Draft(wish="retail_price_wish")
    numbers = case.desk.call("list_product_types")
    product = case.random.choice(sorted(numbers))
    draft.say("product", product)
    variants = case.desk.product(numbers[product])["variants"].values()
    draft.reads.append(("get_product", {"product_id": numbers[product]}))
    draft.facts["price"] = dollars(min(cents(one["price"]) for one in variants if one["in_stock"]))
    return draft


def _refuse(case: Case, draft: Draft, order_id: str) -> Draft:
    status = _read_order(case, draft, order_id)["status"]
    draft.facts["status"] = status
    draft.rivals["status"] = tuple(sorted(set(STATUSES) - {status}))
    return draft


def _read_order(case: Case, draft: Draft, order_id: str) -> Any:
    draft.reads.append(("get_order", {"order_id": order_id}))
    return case.desk.order(order_id)
