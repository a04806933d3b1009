"""What customers of the retail shop want changed: one function an intent.

Place in the flow: `intents` names the functions. Each says in a `Draft` what the customer wants,
and resolves it on the oracle's desk by the rules of the shop. It returns None, or is refused by a
tool, where the wish does not suit the order.

What it does not do: no wording (`prompts/user/retail_*_wish.md`), no scoring.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent_env.domains.retail.constraints import (
    Payer,
    describe,
    draw_payer,
    draw_refunded,
    draw_target,
    gift_else,
    named,
    payers_of,
    the_one,
)
from agent_env.domains.retail.draft import Case, Draft, name_order, say_address, singles_of
from agent_env.domains.retail.oracle import cents
from agent_env.domains.retail.world import REASONS
from agent_env.store import Row


def cancel(case: Case) -> Draft | None:
    """The order is cancelled, for one of the two reasons."""
    draft = Draft(wish="retail_cancel_wish", deeds="cancel")
    order_id = name_order(case, draft)
    reason = _say_reason(case, draft)
    case.desk.order(order_id)
    answer = case.desk.call("cancel_order", order_id=order_id, reason=reason)
    draft.facts["refund"] = answer["refund"]
    return draft


def modify_items(case: Case) -> Draft | None:
    """An item of a pending order becomes another variant; else, perhaps, the order is cancelled."""
    draft = Draft(wish="retail_modify_wish", deeds="exchange")
    swap = _draw_swap(case, draft)
    if swap is None:
        return None
    order_id, item, new_id, payer = swap
    reason = case.random.choice(REASONS)
    draft.say("fallback", "")
    if new_id is None or case.chance(0.3):
        words = f'If that is out of stock, cancel the whole order, reason "{reason}".'
        draft.say("fallback", f" {words}")
    if new_id is None:
        draft.deeds = "cancel"
        draft.needs.append(reason)
        answer = case.desk.call("cancel_order", order_id=order_id, reason=reason)
        draft.facts["refund"] = answer["refund"]
        return draft
    answer = _swap(case, draft, "modify_items", order_id, item, new_id, payer)
    if answer is not None:
        draft.facts["total"] = answer["total"]
    return draft if answer else None


def exchange_items(case: Case) -> Draft | None:
    """An item of a delivered order is exchanged; else, perhaps, it is returned."""
    draft = Draft(wish="retail_exchange_wish", deeds="exchange")
    swap = _draw_swap(case, draft)
    if swap is None:
        return None
    order_id, item, new_id, payer = swap
    refunded = draw_refunded(case)
    draft.say("fallback", "")
    if new_id is None or case.chance(0.3):
        words = f"If that is out of stock, return the {item['name']}"
        draft.say("fallback", f" {words} instead, with the refund on {refunded.phrase}.")
    if new_id is None:
        draft.deeds = "return"
        return _return(case, draft, order_id, [item], refunded)
    return draft if _swap(case, draft, "exchange_items", order_id, item, new_id, payer) else None


def return_items(case: Case) -> Draft | None:
    """Some or all items of a delivered order are taken back."""
    draft = Draft(wish="retail_return_wish", deeds="return")
    items = case.its["items"]
    singles = singles_of(case.its)
    chosen = list(items)
    words = "everything"
    if len(items) > 1 and singles and case.chance(0.7):
        most = min(2, len(singles), len(items) - 1)
        chosen = case.random.sample(singles, case.random.randint(1, most))
        words = " and ".join(f"the {item['name']}" for item in chosen)
    order_id = name_order(case, draft)
    draft.say("items", words)
    draft.tell("items", f"I mean {words}.")
    payer = draw_refunded(case)
    _say_payer(case, draft, payer, ", with the refund on {}")
    return _return(case, draft, order_id, chosen, payer)


def modify_payment(case: Case) -> Draft | None:
    """Another method pays a pending order."""
    draft = Draft(wish="retail_payment_wish")
    paid = payers_of(case.its)
    methods: Mapping[str, Row] = case.user["payment_methods"]
    others = [method for key, method in methods.items() if key not in paid]
    if len(paid) != 1 or not others:
        return None
    payer = the_one(case.random.choice(others))
    cards = [method for method in others if method["type"] != "gift_card"]
    if cards and len(cards) < len(others):
        payer = gift_else(case.random.choice(cards))
    order_id = name_order(case, draft)
    draft.say("method", payer.phrase)
    draft.tell("method", f"I want to pay with {payer.phrase}.")
    order = case.desk.order(order_id)
    account = case.desk.account()
    method_id = payer.resolve(account, order, cents(order["total"]))
    _need_method(draft, account, method_id)
    draft.may += paid
    answer = case.desk.call("modify_payment", order_id=order_id, payment_method_id=method_id)
    draft.facts["charged"] = answer["charged"]
    return draft


def modify_address(case: Case) -> Draft | None:
    """A pending order goes elsewhere: to a new address, or home."""
    draft = Draft(wish="retail_address_wish")
    order_id = name_order(case, draft)
    order = case.desk.order(order_id)
    home = case.user["address"]
    if case.its["address"] != home and case.chance(0.7):
        draft.say("address", "my home address")
        draft.tell("address", "Use the home address that is in my account.")
        address = case.desk.account()["address"]
    else:
        address = say_address(case, draft)
    _need_address(draft, address, order["address"])
    answer = case.desk.call("modify_order_address", order_id=order_id, **address)
    draft.facts["city"] = answer["address"]["city"]
    return draft


def change_home_address(case: Case) -> Draft | None:
    """The customer has moved, to a new address or to where an order went."""
    draft = Draft(wish="retail_home_wish")
    elsewhere = [order for order in case.others if order["address"] != case.user["address"]]
    if elsewhere and case.chance(0.7):
        order = case.random.choice(elsewhere)
        words = f"the one that order {order['order_id']} goes to"
        draft.say("address", words)
        draft.tell("address", f"I mean {words}.")
        draft.may.append(order["order_id"])
        address = case.desk.order(order["order_id"])["address"]
    else:
        address = say_address(case, draft)
    _need_address(draft, address, case.user["address"])
    user_id = case.desk.user_id
    answer = case.desk.call("modify_user_address", user_id=user_id, **address)
    draft.facts["city"] = answer["address"]["city"]
    return draft


def _say_reason(case: Case, draft: Draft) -> str:
    reason = case.random.choice(REASONS)
    is_left_out = case.chance(0.4)
    draft.say("reason", f', reason "{reason}"', without="" if is_left_out else None)
    draft.tell("reason", reason, is_left_out=is_left_out)
    draft.needs.append(reason)
    return reason


def _say_payer(case: Case, draft: Draft, payer: Payer, phrase: str) -> None:
    is_left_out = case.chance(0.3)
    draft.say("method", phrase.format(payer.phrase), without="" if is_left_out else None)
    draft.tell("method", f"Please use {payer.phrase}.", is_left_out=is_left_out)


def _need_address(draft: Draft, new: Mapping[str, Any], old: Mapping[str, Any]) -> None:
    for address, values in ((new, draft.needs), (old, draft.may)):
        values.append("{street}, {zip} {city}, {country}".format(**address))
        values.append("city: {city}, country: {country}".format(**address))


def _need_method(draft: Draft, account: Any, method_id: str) -> None:
    draft.needs += [method_id, describe(account["payment_methods"][method_id])]


def _draw_swap(case: Case, draft: Draft) -> tuple[str, Row, str | None, Payer] | None:
    """The order's number, the item, the variant it becomes (None: out of stock), who pays."""
    singles = singles_of(case.its)
    if not singles:
        return None
    item = case.random.choice(singles)
    row = case.desk.store.get("products", item["product_id"]) or {}
    gone = [one for one in row["variants"].values() if not one["in_stock"]]
    gone = [one for one in gone if one["item_id"] != item["item_id"]]
    is_out = bool(gone) and case.chance(0.2)
    options = case.random.choice(gone)["options"] if is_out else {}
    target = named(options) if is_out else draw_target(case.random, item, row)
    if target is None:
        return None
    payer = draw_payer(case)
    order_id = name_order(case, draft)
    draft.say("item", item["name"])
    draft.say("target", target.phrase)
    draft.tell("target", f"I would like {target.phrase}.")
    draft.tell("items", f"It is the {item['name']}.")
    _say_payer(case, draft, payer, ", and settle the difference with {}")
    case.desk.order(order_id)
    variants = case.desk.product(item["product_id"])["variants"]
    new_id = target.resolve(variants, item["item_id"])
    # Only a variant that was asked for by name has something to fall back from.
    return None if new_id is None and not is_out else (order_id, item, new_id, payer)


def _swap(
    case: Case, draft: Draft, tool: str, order_id: str, item: Row, new_id: str, payer: Payer
) -> Any:
    """What the tool answers; None when there is no difference to be told."""
    old_id = item["item_id"]
    order = case.desk.order(order_id)
    new = case.desk.product(item["product_id"])["variants"][new_id]
    difference = cents(new["price"]) - item["price_cents"]
    account = case.desk.account()
    method_id = payer.resolve(account, order, difference)
    if not difference:
        return None
    _need_method(draft, account, method_id)
    changed = [value for axis, value in new["options"].items() if value != item["options"][axis]]
    draft.needs += [new_id, *changed]
    draft.may.append(old_id)
    answer = case.desk.call(
        tool,
        order_id=order_id,
        item_ids=[old_id],
        new_item_ids=[new_id],
        payment_method_id=method_id,
    )
    kind = "charged" if difference > 0 else "refunded"
    draft.facts[kind] = answer[kind]
    return answer


def _return(case: Case, draft: Draft, order_id: str, items: list[Row], payer: Payer) -> Draft:
    order = case.desk.order(order_id)
    account = case.desk.account()
    method_id = payer.resolve(account, order, 0)
    _need_method(draft, account, method_id)
    item_ids = [item["item_id"] for item in items]
    draft.needs += item_ids
    answer = case.desk.call(
        "return_items", order_id=order_id, item_ids=item_ids, payment_method_id=method_id
    )
    draft.facts["refund"] = answer["refund"]
    return draft
