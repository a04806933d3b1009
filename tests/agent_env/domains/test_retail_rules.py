"""What holds in the retail shop whatever is called, in whatever order."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agent_env import ToolError
from agent_env.domain import load_tools
from agent_env.domains.retail import tools as tool_folder
from agent_env.domains.retail.payments import total_cents
from agent_env.domains.retail.rows import identify
from agent_env.domains.retail.world import draw_address, generate
from agent_env.feedback import answer_text
from agent_env.store import Base, Row, Store
from agent_env.types import Effect

TOOLS = load_tools(tool_folder)
BASES = [Base(generate(seed, 4, 6, 24)) for seed in range(3)]
OPEN = ("pending", "delivered")
TEXTS = ("", " ", "#W", "\ud800", "x" * 5_000, "٣", "null", "'; drop", "1 + 1", "\n")


def draw_call(random: Random, store: Store) -> tuple[str, dict[str, Any]]:
    """A tool and arguments that fit its schema; most are about one customer, some about nothing."""
    writes = [spec for spec in TOOLS if spec.effect is Effect.WRITE]
    spec = random.choice(random.choice((TOOLS, writes)))
    session = store.get("session", "current")
    assert session is not None
    user = store.get("users", session["user_id"]) or random.choice(
        list(store.base.table("users").values())
    )
    order = store.get("orders", random.choice(user["order_ids"]))
    assert order is not None
    old, new = draw_swap(random, store, order)
    address = draw_address(random)
    likely: dict[str, Any] = {
        **address,
        "email": user["email"],
        "first_name": user["first_name"],
        "last_name": user["last_name"],
        "user_id": user["user_id"],
        "order_id": order["order_id"],
        "product_id": order["items"][0]["product_id"],
        "payment_method_id": random.choice(list(user["payment_methods"])),
        "item_ids": old,
        "new_item_ids": new,
        "reason": random.choice(("no longer needed", "ordered by mistake")),
        "summary": "help",
        "expression": "2 * (3 + 4)",
    }
    if spec.name.startswith("identify"):
        likely["zip"] = user["address"]["zip"]
    arguments = {}
    for name, schema in spec.parameters["properties"].items():
        arguments[name] = likely[name]
        if random.random() < 0.05:
            arguments[name] = draw_odd(random, schema)
    return spec.name, arguments


def draw_swap(random: Random, store: Store, order: Row) -> tuple[list[str], list[str]]:
    items = random.sample(order["items"], random.randint(1, len(order["items"])))
    new = []
    for item in items:
        product = store.get("products", item["product_id"])
        assert product is not None
        new.append(random.choice(list(product["variants"])))
    return [item["item_id"] for item in items], new


def draw_odd(random: Random, schema: dict[str, Any]) -> Any:
    if schema["type"] == "array":
        return [draw_odd(random, schema["items"]) for _ in range(random.choice((0, 1, 3, 2_000)))]
    if "enum" in schema:
        return random.choice(schema["enum"])
    ids = [key for table in ("orders", "users", "items") for key in BASES[0].table(table)]
    return random.choice((*TEXTS, *random.sample(ids, 5)))


def net_cents(order: Row) -> Counter[str]:
    """Payments minus refunds by method; below 0 for one that only got a difference back."""
    net: Counter[str] = Counter()
    for entry in order["payments"]:
        assert entry["amount_cents"] > 0
        sign = {"payment": 1, "refund": -1}[entry["kind"]]
        net[entry["payment_method_id"]] += sign * entry["amount_cents"]
    return net


def gift_sums(store: Store) -> dict[str, int]:
    """What each gift card holds and has in orders; nothing that a customer does changes the sum."""
    sums: Counter[str] = Counter()
    for key in store.keys("users"):
        user = store.get("users", key)
        assert user is not None
        for method_id, method in user["payment_methods"].items():
            if method["type"] == "gift_card":
                assert method["balance_cents"] >= 0
                sums[method_id] += method["balance_cents"]
    for key in store.keys("orders"):
        order = store.get("orders", key)
        assert order is not None
        for method_id, cents in net_cents(order).items():
            if method_id.startswith("gift"):
                sums[method_id] += cents
    return dict(sums)


def check_order(before: Row, after: Row) -> None:
    is_cancelled = after["status"] == "cancelled"
    assert sum(net_cents(after).values()) == (0 if is_cancelled else total_cents(after))
    assert bool(after["cancel_reason"]) is is_cancelled
    assert (after["return"] is not None) is (after["status"] == "return requested")
    assert (after["exchange"] is not None) is (after["status"] == "exchange requested")
    assert Counter(item["product_id"] for item in after["items"]) == Counter(
        item["product_id"] for item in before["items"]
    )
    assert after["payments"][: len(before["payments"])] == before["payments"]
    if before["status"] not in OPEN:
        assert after == before, "a final order never changes"


@given(
    st.sampled_from(BASES), st.booleans(), st.lists(st.integers(0, 2**32), min_size=9, max_size=25)
)
@settings(max_examples=250, deadline=None)
def test_money_and_orders_hold_together_whatever_is_called(
    base: Base, is_identified: bool, seeds: list[int]
) -> None:
    fingerprint, store = base.fingerprint, Store(base)
    if is_identified:
        identify(store, Random(seeds[0]).choice(list(base.table("users"))))
    sums = gift_sums(store)
    specs = {spec.name: spec for spec in TOOLS}
    for seed in seeds:
        name, arguments = draw_call(Random(seed), store)
        before = store.fork()
        try:
            answer = specs[name].call(store, arguments)
        except ToolError:
            assert store.state_hash() == before.state_hash(), name
            continue
        answer_text(answer)
        if specs[name].effect is Effect.READ:
            assert store.state_hash() == before.state_hash(), name
        diff = store.diff()
        owner = diff.get("session", {}).get("current", {"user_id": {"after": ""}})["user_id"]
        assert diff.get("users", {}).keys() <= {owner["after"]}
        for key in diff.get("orders", {}):
            earlier, now = before.get("orders", key), store.get("orders", key)
            assert earlier is not None
            assert now is not None
            assert now["user_id"] == owner["after"]
            check_order(earlier, now)
    assert gift_sums(store) == sums
    assert base.compute_fingerprint() == fingerprint


def test_the_calls_above_do_not_only_get_refused() -> None:
    done: Counter[str] = Counter()
    for shop, base in enumerate(BASES):
        for episode in range(40):
            store, random = Store(base), Random(f"{shop}/{episode}")
            for _ in range(20):
                name, arguments = draw_call(random, store)
                spec = next(spec for spec in TOOLS if spec.name == name)
                try:
                    spec.call(store, arguments)
                except ToolError:
                    done["refused"] += 1
                else:
                    done[name] += 1
    assert done.keys() == {spec.name for spec in TOOLS} | {"refused"}
    assert min(done.values()) >= 5, done
