from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from agent_env import Domain, Store, Task
from agent_env.goal import Progress, is_told
from agent_env.types import CallOutcome, CallResult, Effect


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        ("$129.00", "Done. Your refund is $129.00."),
        ("$129.00", "You get $129, soon."),
        ("$129.00", "US$129.00"),
        ("$129.50", "It is $129.50!"),
        ("$1,290.00", "($1,290.00)"),
        ("Oslo", "It goes to OSLO."),
        ("Oslo", '"Oslo"'),
        ("Oslo", "Oslo, Norway"),
    ],
)
def test_told(fact: str, text: str) -> None:
    assert is_told(fact, text)


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        ("$10.00", "$110.00"),
        ("$10.00", "$100.00"),
        ("$10.00", "$10.005"),
        ("$10.00", "$10.50"),
        ("$10.00", "$10,000.00"),
        ("$10.00", "10.00"),
        ("$10.00", "$10%"),
        ("$129.50", "$129"),
        ("$129.00", "$1,129.00"),
        ("Oslo", "Oslomark"),
        ("Oslo", "Nyoslo"),
        ("Oslo", ""),
    ],
)
def test_not_told(fact: str, text: str) -> None:
    assert not is_told(fact, text)


def lookup(task: Task, outcome: CallOutcome = CallOutcome.OK) -> CallResult:
    name, arguments = task.gold_calls[0]
    return CallResult(
        name=name, arguments=arguments, outcome=outcome, content="", effect=Effect.READ
    )


def do_gold(domain: Domain, task: Task, store: Store) -> None:
    for name, arguments in task.gold_calls:
        domain.tool(name).call(store, arguments)


def test_each_thing_counts_once(
    domain: Domain, store: Store, task_of: Callable[[str], Task]
) -> None:
    task = task_of("cancel")
    progress = Progress(task)
    first = progress.events(store, [lookup(task)], malformed=False, done=False)
    again = progress.events(store, [lookup(task)], malformed=False, done=False)
    assert (first.is_first_lookup, again.is_first_lookup) == (True, False)
    do_gold(domain, task, store)
    write = progress.events(store, [], malformed=False, done=False)
    assert (write.progress_frac, write.is_success) == (1.0, False)
    store.restore(Store(domain.base))
    progress.events(store, [], malformed=False, done=False)
    do_gold(domain, task, store)
    assert progress.events(store, [], malformed=False, done=False).progress_frac == 0.0


def test_a_lookup_after_the_write_or_refused_earns_nothing(
    domain: Domain, store: Store, task_of: Callable[[str], Task]
) -> None:
    task = task_of("cancel")
    progress = Progress(task)
    refused = [lookup(task, CallOutcome.TOOL_ERROR)]
    assert not progress.events(store, refused, malformed=False, done=False).is_first_lookup
    do_gold(domain, task, store)
    progress.events(store, [], malformed=False, done=False)
    assert not progress.events(store, [lookup(task)], malformed=False, done=False).is_first_lookup


@pytest.mark.parametrize("wants_it", [True, False])
def test_a_row_that_no_goal_wants_leaves_the_lookup_to_be_earned(
    domain: Domain, store: Store, task_of: Callable[[str], Task], wants_it: bool
) -> None:
    task = task_of("cancel")
    # As where a customer has to be identified before anything can be looked up.
    goal = replace(task.goals[0], wants=task.gold_diff if wants_it else {})
    progress = Progress(replace(task, goals=(goal,)))
    do_gold(domain, task, store)
    progress.events(store, [], malformed=False, done=False)
    late = progress.events(store, [lookup(task)], malformed=False, done=False)
    assert late.is_first_lookup is not wants_it


def test_success_needs_every_fact_and_no_other_change(
    domain: Domain, store: Store, task_of: Callable[[str], Task]
) -> None:
    task = task_of("cancel")
    progress = Progress(task)
    do_gold(domain, task, store)
    assert progress.is_reached(store)
    assert not progress.is_success(store)
    progress.hear(f"You get {task.facts['refund']} back.")
    assert progress.is_success(store)
    other = next(
        key
        for key, row in domain.base.table("orders").items()
        if row["status"] == "delivered" and key != task.slots["order_id"]
    )
    store.update("orders", other, status="returned")
    assert progress.is_reached(store)
    assert not progress.is_success(store)


def test_a_fork_hears_for_itself(task_of: Callable[[str], Task]) -> None:
    task = task_of("cancel")
    progress = Progress(task)
    progress.fork().hear(task.facts["refund"])
    assert progress.missing_facts() == ("refund",)
