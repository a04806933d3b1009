"""The retail tasks: what they are made of, and that the oracle found what the customer meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from agent_env import Domain, StopReason, Task, ToolEnv, load_domain
from agent_env.domains.retail.tasks import KINDS, MAX_INTENTS
from agent_env.types import Goal
from parsers import render

REFUSED = ("refuse_cancel", "refuse_return", "refuse_restore", "refuse_address")


@cache
def retail() -> Domain:
    return load_domain("retail")


@cache
def tasks() -> tuple[Task, ...]:
    return retail().tasks(600, 2)


def goals(*kinds: str) -> Iterator[tuple[Task, Goal]]:
    return ((task, goal) for task in tasks() for goal in task.goals if goal.kind in kinds)


def row(table: str, key: str) -> Any:
    return retail().base.table(table)[key]


def user_of(task: Task) -> Any:
    return row("users", task.gold_diff["session"]["current"]["user_id"]["after"])


def test_every_intent_occurs_and_tasks_have_one_to_four() -> None:
    assert {goal.kind for task in tasks() for goal in task.goals} == set(KINDS)
    counts = Counter(len(task.goals) for task in tasks())
    assert set(counts) == {1, 2, 3, 4}
    assert counts[1] > counts[2] > counts[3] > counts[4]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "ask_price"])
def test_every_intent_makes_tasks_of_its_own(kind: str) -> None:
    domain = load_domain("retail", kinds=(kind,), max_intents=1, orders=200, users=60)
    assert {task.kind for task in domain.tasks(12, 3)} == {kind}


def test_eight_goals_are_possible() -> None:
    domain = load_domain("retail", max_intents=MAX_INTENTS, users=10)
    assert max(len(task.goals) for task in domain.tasks(60)) > 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kinds": ()}, "kinds is empty; name at least one of cancel"),
        ({"kinds": ("ask_price",)}, "kinds is ask_price; name at least one of"),
        ({"max_intents": 0}, "max_intents is 0; give 1 to 8"),
        ({"max_intents": 9}, "max_intents is 9; give 1 to 8"),
        ({"kinds": ("cancle",)}, "Did you mean 'cancel'?"),
    ],
)
def test_what_makes_no_task_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("?", r"\?")):
        load_domain("retail", **options)


def test_a_shop_without_a_suitable_order_says_so() -> None:
    domain = load_domain("retail", kinds=("refuse_restore",), orders=4, users=4)
    with pytest.raises(ValueError, match="no order that suits refuse_restore"):
        domain.tasks(1)


def test_goals_of_a_task_change_different_rows_and_nothing_else_is_changed() -> None:
    for task in tasks():
        rows = [
            (table, key, field)
            for goal in task.goals
            for table, changed in goal.wants.items()
            for key, fields in changed.items()
            for field in fields
        ]
        assert len(rows) == len(set(rows))
        assert {table for table, _, _ in rows} <= {"orders", "users", "handovers"}
        changed = {
            (table, key, field)
            for table, keys in task.gold_diff.items()
            for key, fields in keys.items()
            for field in fields
        }
        rest = changed - set(rows)
        user_id = user_of(task)["user_id"]
        assert rest <= {("session", "current", "user_id"), ("users", user_id, "payment_methods")}


def test_a_refusal_changes_nothing_and_tells_the_status() -> None:
    for task, goal in goals(*REFUSED):
        assert not goal.wants
        (name,) = goal.facts
        order_id = goal.slots["_needs"].split()[0]
        assert task.facts[name] == row("orders", order_id)["status"]


def test_a_hand_over_comes_last() -> None:
    seen = 0
    for task in tasks():
        kinds = [goal.kind for goal in task.goals]
        assert "hand_over" not in kinds[:-1]
        seen += kinds[-1] == "hand_over"
    assert seen > 20


def test_calls_of_the_goals_are_the_gold_behind_the_identification() -> None:
    for task in tasks():
        (name, _), *rest = task.gold_calls
        assert name.startswith("identify_by_")
        assert rest == [call for goal in task.goals for call in goal.calls]


def test_the_opening_tells_the_first_wish_and_nobodys_identity() -> None:
    for task in tasks():
        assert task.goals[0].slots["wish"] in task.opening
        user = user_of(task)
        name = f"{user['first_name']} {user['last_name']}"
        assert not any(one in task.opening for one in (user["email"], user["user_id"], name))
        assert all(value not in task.opening for value in task.slots.values())


def test_each_wish_tells_which_goal_was_brought_up() -> None:
    for task in tasks():
        wishes = [goal.slots["wish"] for goal in task.goals]
        for place, wish in enumerate(wishes):
            rest = [goal.slots["full"] for goal in task.goals[:place] + task.goals[place + 1 :]]
            assert not any(wish in other for other in rest + wishes[:place] + wishes[place + 1 :])


def test_the_instruction_holds_what_a_model_needs_to_play_the_customer() -> None:
    for task in tasks():
        user = user_of(task)
        assert f"{user['first_name']} {user['last_name']}" in task.instruction
        assert all(value in task.instruction for value in task.slots.values())
        assert all(goal.slots["full"] in task.instruction for goal in task.goals)
        assert user["user_id"] not in task.instruction
        assert not any(fact in task.instruction for fact in task.facts.values() if "$" in fact)


def swaps() -> Iterator[tuple[Task, Goal, dict[str, Any]]]:
    for task, goal in goals("modify_items", "exchange_items"):
        name, given = goal.calls[-1]
        if name in ("modify_items", "exchange_items"):
            yield task, goal, given


def variants_of(item_id: str) -> Any:
    return row("products", row("items", item_id)["product_id"])["variants"]


def test_the_oracle_finds_the_cheapest_variant_that_the_customer_means() -> None:
    styles: Counter[str] = Counter()
    for _, goal, given in swaps():
        (old,), (new,) = given["item_ids"], given["new_item_ids"]
        variants = variants_of(old)
        target = goal.slots["target"].removeprefix("I would like ").removesuffix(".")
        stocked = [one for key, one in variants.items() if one["in_stock"] and key != old]
        chosen = variants[new]
        if target.startswith("the one with"):
            style = "named"
            wanted = dict(chosen["options"])
            words = " and ".join(f"{axis} {value}" for axis, value in wanted.items())
            assert target == f"the one with {words}"
            stocked = [chosen]
        elif "with the same" in target:
            style, axis = "same", target.partition("with the same ")[2]
            stocked = [
                one for one in stocked if one["options"][axis] == variants[old]["options"][axis]
            ]
        elif "in stock with" in target:
            style, words = "with", target.partition("in stock with ")[2]
            stocked = [
                one
                for one in stocked
                if words in {f"{axis} {value}" for axis, value in one["options"].items()}
            ]
        else:
            style = "cheapest"
        styles[style] += 1
        assert chosen["in_stock"]
        assert min(stocked, key=lambda one: one["price_cents"])["item_id"] == new
        assert [one["price_cents"] for one in stocked].count(chosen["price_cents"]) == 1
    assert set(styles) == {"named", "same", "with", "cheapest"}


def test_what_is_out_of_stock_falls_back_to_what_the_customer_said() -> None:
    fallbacks: Counter[str] = Counter()
    for _, goal in goals("modify_items", "exchange_items"):
        name, _ = goal.calls[-1]
        if name in ("cancel_order", "return_items"):
            assert "out of stock" in goal.slots["full"]
            assert goal.slots["target"].startswith("I would like the one with")
            fallbacks[name] += 1
        elif "out of stock" in goal.slots["full"]:
            fallbacks["not needed"] += 1
    assert set(fallbacks) == {"cancel_order", "return_items", "not needed"}


def test_a_gift_card_pays_where_it_can_and_else_the_other_method() -> None:
    paid: Counter[str] = Counter()
    for task, goal in goals("modify_payment"):
        if "if it holds too little" in goal.slots["full"]:
            paid[goal.calls[-1][1]["payment_method_id"].split("-")[0]] += 1
        else:
            method = user_of(task)["payment_methods"][goal.calls[-1][1]["payment_method_id"]]
            words = {"credit_card": "ending in", "paypal": "PayPal", "gift_card": "gift card"}
            assert words[method["type"]] in goal.slots["full"]
    assert paid["gift"] > 2
    assert sum(paid.values()) - paid["gift"] > 2


def test_an_order_told_by_its_content_is_the_only_one_with_it() -> None:
    seen = 0
    for task in tasks():
        for goal in task.goals:
            if "order_hint" not in goal.slots:
                continue
            seen += 1
            product = goal.slots["order_hint"].partition("order with the ")[2].removesuffix(".")
            holding = [
                key
                for key in user_of(task)["order_ids"]
                if any(item["name"] == product for item in row("orders", key)["items"])
            ]
            assert holding == [goal.slots["_needs"].split()[0]]
    assert seen > 40


def test_what_was_left_out_is_not_in_the_first_words() -> None:
    left_out: Counter[str] = Counter()
    for task in tasks():
        for goal in task.goals:
            for name in goal.slots["_left_out"].split():
                left_out[name] += 1
                assert goal.slots[name] not in goal.slots["wish"]
                assert goal.slots["wish"] != goal.slots["full"]
    assert set(left_out) == {"order_id", "reason", "method"}


def test_the_script_asks_before_it_writes_and_reports_after() -> None:
    for task in tasks()[:150]:
        script = retail().oracle(task)
        assert isinstance(script[0], str)
        for place, action in enumerate(script):
            is_write = not isinstance(action, str) and action[0] not in {
                *("identify_by_email", "identify_by_name_zip", "transfer_to_person"),
                *(spec.name for spec in retail().tools if spec.effect.value == "read"),
            }
            if is_write:
                assert str(script[place - 1]).endswith("Shall I go ahead?")
                assert str(script[place + 1]).startswith("Done.")


def test_nothing_runs_behind_a_hand_over() -> None:
    domain = load_domain("retail")
    task = next(one for one in domain.tasks(200) if "transfer_to_person" in dict(one.gold_calls))
    hand_over = next(call for call in task.gold_calls if call[0] == "transfer_to_person")
    who = task.gold_calls[0]
    user_id = next(
        row["user_id"]["after"] for row in task.gold_diff["session"].values() if row is not None
    )
    address = {"street": "1 Elm Row", "city": "Graz", "zip": "8010", "country": "Austria"}
    moved = ("modify_user_address", {"user_id": user_id, **address})
    env = ToolEnv(domain, task)
    env.reset()
    env.step(render([who]))
    result = env.step(render([hand_over, moved]))
    assert result.stop_reason is StopReason.HANDED_OVER
    assert "users" not in env.diff()
    assert "not run" in result.messages[-1]["content"]


def play_identified(task: Task, *turns: str) -> bool:
    """Whether an agent that identifies the customer and then says this succeeds."""
    env = ToolEnv(retail(), task)
    env.reset()
    for turn in (render([task.gold_calls[0]]), *turns, "Okay.", "Okay."):
        if not env.done:
            env.step(turn)
    return bool(env.metrics()["reward/success"])


def single(*kinds: str) -> Task:
    return next(task for task in tasks() if task.kind in kinds)


@pytest.mark.parametrize("kind", REFUSED)
def test_a_refusal_needs_its_look_up_and_one_status(kind: str) -> None:
    task = single(kind)
    look = render([task.goals[0].needs[0]])
    status = task.facts["status"]
    right = f"I cannot do that: the order is {status} and cannot be changed."
    recited = "I cannot do that: the order is pending, processed, delivered or cancelled."
    assert play_identified(task, look, right)
    assert not play_identified(task, right, look)
    assert not play_identified(task, look, recited)


def test_a_question_needs_its_look_up_and_few_amounts() -> None:
    task = single("ask_total")
    look, total = render([task.goals[0].needs[0]]), task.facts["total"]
    amounts = " ".join(f"${number}.17" for number in range(1000, 1007))
    assert play_identified(task, look, f"It is {total}.")
    assert not play_identified(task, f"It is {total}.")
    assert not play_identified(task, look, f"It is {total} {amounts}.")


def test_a_hand_over_needs_its_look_up() -> None:
    task = single("hand_over")
    give = render([task.gold_calls[-1]])
    assert play_identified(task, render([task.goals[0].needs[0]]), give)
    assert not play_identified(task, give)


def test_a_fee_that_no_tool_named_is_refused() -> None:
    task = single("cancel")
    script = [act if isinstance(act, str) else render([act]) for act in retail().oracle(task)]
    place = next(n for n, text in enumerate(script) if text.endswith("Shall I go ahead?"))
    env = ToolEnv(retail(), task)
    env.reset()
    for text in script[:place]:
        env.step(text)
    twin = env.fork()
    fee = script[place].replace(" Shall I", " There is a fee of $500.00. Shall I")
    assert twin.step(fee).messages[-1] != env.step(script[place]).messages[-1]
