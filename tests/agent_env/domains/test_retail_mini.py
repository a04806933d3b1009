from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import pytest

from agent_env import Domain, Store, ToolError, load_domain
from agent_env.domains.retail_mini.world import (
    CITIES,
    MAX_ORDERS,
    MIN_ORDERS,
    REASONS,
    generate,
    reserved,
)
from agent_env.money import dollars

KINDS = ("cancel", "return", "change_city")


@pytest.fixture(scope="module")
def compact() -> Domain:
    return load_domain("retail_mini", seed=0, orders=16, prompt="retail_mini_compact", kinds=KINDS)


@pytest.fixture
def order_in(compact: Domain) -> Callable[[str], str]:
    rows = compact.base.table("orders")
    return lambda status: next(key for key, row in rows.items() if row["status"] == status)


def test_sixteen_orders_are_ten_pending_and_six_delivered() -> None:
    orders = generate(0, 16)["orders"].values()
    assert Counter(order["status"] for order in orders) == {"pending": 10, "delivered": 6}


@pytest.mark.parametrize("seed", range(5))
def test_the_shop_is_consistent(seed: int) -> None:
    tables = generate(seed, 16)
    totals = [order["total_cents"] for order in tables["orders"].values()]
    assert len(set(totals)) == 16
    assert all(total % 100 == 0 and total < 100_000 for total in totals)
    for key, order in tables["orders"].items():
        assert re.fullmatch(r"#W[1-9]\d{3}", key)
        assert key in tables["users"][order["user_id"]]["order_ids"]
        prices = [tables["products"][item]["price_cents"] for item in order["items"]]
        assert sum(prices) == order["total_cents"]
    for email, row in tables["emails"].items():
        assert tables["users"][row["user_id"]]["email"] == email
    assert len(tables["emails"]) == len(tables["users"])


def test_a_shop_is_settled_by_its_seed() -> None:
    assert generate(3, 16) == generate(3, 16) != generate(4, 16)


@pytest.mark.parametrize("orders", [MIN_ORDERS - 1, MAX_ORDERS + 1])
def test_a_shop_of_impossible_size_is_refused(orders: int) -> None:
    with pytest.raises(ValueError, match=f"orders is {orders}; the shop can hold 8 to 5000"):
        load_domain("retail_mini", orders=orders)


def test_no_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match="kinds is empty"):
        load_domain("retail_mini", kinds=())


def test_nothing_of_the_prompts_shop_is_in_any_shop() -> None:
    shown = {key for rows in reserved().values() for key in rows}
    for seed in range(5):
        assert shown.isdisjoint(key for rows in generate(seed, 200).values() for key in rows)


def test_kinds_take_turns_and_orders_come_around(compact: Domain) -> None:
    tasks = compact.tasks(48, 7)
    assert Counter(task.kind for task in tasks) == dict.fromkeys(KINDS, 16)
    for kind, size in (("cancel", 10), ("return", 6), ("change_city", 10)):
        first = [task.slots["order_id"] for task in tasks if task.kind == kind][:size]
        assert len(set(first)) == size


def test_openings_hold_every_argument_as_the_call_spells_it(compact: Domain) -> None:
    openings = {task.kind: set() for task in compact.tasks(3)}
    for task in compact.tasks(120, 1):
        arguments = task.gold_calls[-1][1]
        assert all(value in task.opening for value in arguments.values())
        assert len(task.opening.split()) <= 16
        shape = task.opening
        for value in arguments.values():
            shape = shape.replace(value, "_")
        openings[task.kind].add(shape)
    assert {kind: len(shapes) for kind, shapes in openings.items()} == dict.fromkeys(KINDS, 3)


def test_the_compact_prompt_is_short_and_offers_what_the_kinds_need(compact: Domain) -> None:
    assert len(compact.system_prompt.split()) <= 60
    assert set(compact.tool_names) == {"get_order", "cancel_order", "return_order", "change_city"}
    for spec in compact.tools:
        assert spec.signature() in compact.system_prompt
    only = load_domain("retail_mini", prompt="retail_mini_compact", kinds=("return",))
    assert set(only.tool_names) == {"get_order", "return_order"}
    assert "cancel_order" not in only.system_prompt


def test_the_full_prompt_states_rules_and_schemas() -> None:
    full = load_domain("retail_mini")
    assert len(full.tools) >= 6
    for text in (*CITIES, *REASONS, *full.tool_names, "Only a delivered order can be returned"):
        assert text in full.system_prompt
    assert full.system_prompt.count("<tool_call>") == len(full.examples) == 6


def test_feedback_can_be_chosen() -> None:
    assert load_domain("retail_mini", feedback="compact").wording.value == "compact"
    assert load_domain("retail_mini", prompt="retail_mini_compact").wording.value == "compact"
    assert load_domain("retail_mini").wording.value == "full"


def test_the_lookup_is_short(compact: Domain, order_in: Callable[[str], str]) -> None:
    key = order_in("pending")
    answer = compact.tool("get_order").call(Store(compact.base), {"order_id": key})
    assert list(answer) == ["order_id", "status", "city", "items", "total"]
    assert re.fullmatch(r"\$\d{2,3}\.00", answer["total"])


@pytest.mark.parametrize(
    ("tool", "status", "extra", "message"),
    [
        (
            "cancel_order",
            "delivered",
            {"reason": REASONS[0]},
            "only a pending order can be cancelled",
        ),
        (
            "change_city",
            "delivered",
            {"city": "Oslo"},
            "only a pending order can be sent elsewhere",
        ),
        ("return_order", "pending", {}, "only a delivered order can be returned"),
    ],
)
def test_the_tools_enforce_the_rules(
    compact: Domain,
    order_in: Callable[[str], str],
    tool: str,
    status: str,
    extra: dict[str, str],
    message: str,
) -> None:
    store = Store(compact.base)
    with pytest.raises(ToolError, match=message):
        compact.tool(tool).call(store, {"order_id": order_in(status), **extra})
    with pytest.raises(ToolError, match="There is no order #W0000"):
        compact.tool(tool).call(store, {"order_id": "#W0000", **extra})
    assert store.diff() == {}


def test_nothing_is_done_twice(compact: Domain, order_in: Callable[[str], str]) -> None:
    store, key = Store(compact.base), order_in("pending")
    city = compact.base.table("orders")[key]["city"]
    with pytest.raises(ToolError, match="already"):
        compact.tool("change_city").call(store, {"order_id": key, "city": city})
    compact.tool("cancel_order").call(store, {"order_id": key, "reason": REASONS[0]})
    with pytest.raises(ToolError, match="is cancelled"):
        compact.tool("cancel_order").call(store, {"order_id": key, "reason": REASONS[0]})


def test_a_customer_is_found_by_any_case_of_the_address() -> None:
    domain = load_domain("retail_mini")
    store = Store(domain.base)
    email = next(iter(domain.base.table("emails")))
    found = domain.tool("find_user_by_email").call(store, {"email": f" {email.upper()} "})
    account = domain.tool("get_user").call(store, found)
    assert account["email"] == email
    product = next(iter(domain.tool("list_products").call(store, {})))
    assert domain.tool("get_product").call(store, {"product_id": product})["price"].startswith("$")


@pytest.mark.parametrize(
    ("cents", "text"), [(0, "$0.00"), (5, "$0.05"), (12900, "$129.00"), (129000, "$1,290.00")]
)
def test_money_as_people_read_it(cents: int, text: str) -> None:
    assert dollars(cents) == text
