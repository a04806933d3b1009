"""What customers of the shop want, and the oracle that derives each task's gold.

Place in the flow: `TaskSource` draws a task from the world, runs the gold calls on a store of its
own and takes diff and facts from what the tools did and said. So gold never disagrees with the
tools.

A new kind is one entry of `INTENTS` and its prompt files, each after `retail_mini_`:
`user/<kind>_opening`, `user/<kind>_wish`, `user/ask_<fact>` and `agent/<kind>_closing`.

What it does not do: no wording, no scoring.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import gcd
from random import Random
from types import MappingProxyType
from typing import Self

import prompts
from agent_env.domains.retail_mini.customer import MiniUser, Slot
from agent_env.domains.retail_mini.world import CITIES, REASONS
from agent_env.goal import is_told
from agent_env.store import Base, Row, Store
from agent_env.tool_spec import ToolSpec
from agent_env.types import Call, Goal, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One thing that a customer can want done to one order.

    Attributes:
        tool: The write that does it.
        status: The status that the order must have.
        extra: The write's arguments beside the order number, drawn for an order.
        fact: The field of the write's answer that the customer must be told.
        deed: Matches talk of doing it.
    """

    tool: str
    status: str
    extra: Callable[[Random, Row], dict[str, str]]
    fact: str
    deed: re.Pattern[str]


def _draw_reason(random: Random, _: Row) -> dict[str, str]:
    return {"reason": random.choice(REASONS)}


def _draw_nothing(_: Random, __: Row) -> dict[str, str]:
    return {}


def _draw_city(random: Random, order: Row) -> dict[str, str]:
    return {"city": random.choice([city for city in CITIES if city != order["city"]])}


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)


INTENTS: Mapping[str, Intent] = MappingProxyType(
    {
        "cancel": Intent(
            tool="cancel_order",
            status="pending",
            extra=_draw_reason,
            fact="refund",
            deed=_words("cancel(?:l?ed|l?ing|lation)?"),
        ),
        "return": Intent(
            tool="return_order",
            status="delivered",
            extra=_draw_nothing,
            fact="refund",
            deed=_words("return(?:ed|ing)?|tak(?:e|en|ing) (?:it )?back"),
        ),
        "change_city": Intent(
            tool="change_city",
            status="pending",
            extra=_draw_city,
            fact="city",
            deed=_words("(?:send|sent|ship|shipped|redirect|chang(?:e|ed|ing))"),
        ),
    }
)

_QUESTION = (
    r"(?:what|which|where|why|may i have|can i have|could you|can you|please|tell me|give me"
    r"|provide|need)"
)
SLOTS: Mapping[str, Slot] = MappingProxyType(
    {
        "order_id": Slot(
            label="order number",
            asked=_words(_QUESTION + r"\b[^.!]{0,60}\border (?:id|number)"),
            values=re.compile(r"#W\d{4}\b"),
        ),
        "reason": Slot(
            label="reason",
            asked=_words(
                r"(?:what|which|may i|can i|could you|tell me|provide)\b[^.!]{0,60}\breason|why"
            ),
            values=_words("|".join(REASONS)),
        ),
        "city": Slot(
            label="new city",
            asked=_words(r"(?:which|what|where|tell me|provide)\b[^.!]{0,60}\b(?:city|address|to)"),
            values=_words("|".join(CITIES)),
        ),
        "email": Slot(
            label="e-mail address",
            asked=_words(_QUESTION + r"\b[^.!]{0,60}\be-?mail(?: address)?"),
            values=re.compile(r"[\w.]+@mail\.example"),
        ),
    }
)

USER = MiniUser(
    domain="retail_mini",
    slots=SLOTS,
    deeds=MappingProxyType({kind: intent.deed for kind, intent in INTENTS.items()}),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSource:
    """Draws tasks from a world.

    Attributes:
        base: The world.
        tools: Every tool that the gold needs, by name.
        orders: The orders that each kind of task can be about.
    """

    base: Base
    tools: Mapping[str, ToolSpec]
    orders: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, base: Base, tools: Mapping[str, ToolSpec], kinds: tuple[str, ...]) -> Self:
        """The source for these kinds of task."""
        rows = base.table("orders").items()
        orders = {
            kind: tuple(key for key, row in rows if row["status"] == INTENTS[kind].status)
            for kind in kinds
        }
        return cls(base=base, tools=tools, orders=orders)

    def derive(self, index: int, seed: int) -> Task:
        """Task number `index` of a seed.

        Kinds take turns, and a kind goes once through all its orders before one comes again, in an
        order that the seed draws; everything else is drawn for each task.

        Raises:
            ValueError: The derived task failed its own checks, which is a fault of the domain.
        """
        kinds = tuple(self.orders)
        round_, kind = index // len(kinds), kinds[(index + seed) % len(kinds)]
        lap, place = divmod(round_, len(self.orders[kind]))
        order_id = self.orders[kind][
            _nth_of_lap(place, len(self.orders[kind]), f"{seed}/{kind}/{lap}")
        ]
        random = Random(f"{self.base.fingerprint}/{seed}/{index}")
        return make_task(
            self.base, self.tools, kind, order_id, random, task_id=f"retail_mini-{seed}-{index}"
        )


def _nth_of_lap(place: int, size: int, lap_seed: str) -> int:
    """Where the permutation of `range(size)` that the lap draws sends `place`."""
    # An offset and a stride coprime to the size: a permutation that costs no shuffling.
    random = Random(lap_seed)
    strides = [stride for stride in range(1, min(size, 32) + 1) if gcd(stride, size) == 1]
    return (random.randrange(size) + place * random.choice(strides)) % size


def make_task(
    base: Base,
    tools: Mapping[str, ToolSpec],
    kind: str,
    order_id: str,
    random: Random,
    *,
    task_id: str,
) -> Task:
    """The task of one kind on one order, with its gold.

    Raises:
        ValueError: The derived task failed its own checks, which is a fault of the domain.
    """
    intent = INTENTS[kind]
    order = base.table("orders")[order_id]
    arguments = {"order_id": order_id, **intent.extra(random, order)}
    calls: tuple[Call, ...] = (("get_order", {"order_id": order_id}), (intent.tool, arguments))
    store = Store(base)
    answer = [tools[name].call(store, given) for name, given in calls][-1]
    words_seed = random.randrange(1 << 16)
    diff = store.diff()
    slots = {**arguments, "email": base.table("users")[order["user_id"]]["email"]}
    opening = prompts.load("user", f"retail_mini_{kind}_opening").render(arguments, words_seed)
    task = Task(
        id=task_id,
        kind=kind,
        domain="retail_mini",
        world=base.fingerprint,
        opening=opening,
        slots=slots,
        gold_calls=calls,
        gold_diff=diff,
        facts={intent.fact: answer[intent.fact]},
        seed=words_seed,
        goals=(Goal(kind=kind, slots=slots, wants=diff, facts=(intent.fact,)),),
        instruction=opening,
    )
    _check(task)
    return task


def close(task: Task) -> str:
    """The oracle's closing message, which tells every fact."""
    return prompts.load("agent", f"retail_mini_{task.kind}_closing").render(task.facts)


def _check(task: Task) -> None:
    if not task.gold_diff:
        raise ValueError(f"Task {task.id} changes nothing, so doing nothing would solve it.")
    untold = [name for name, fact in task.facts.items() if not is_told(fact, close(task))]
    if untold:
        raise ValueError(
            f"Task {task.id}: the oracle's closing message does not tell {', '.join(untold)}."
        )
    absent = [
        value
        for _, given in task.gold_calls
        for value in given.values()
        if value not in task.opening
    ]
    if absent:
        raise ValueError(f"Task {task.id}: the opening does not hold the arguments {absent}.")
