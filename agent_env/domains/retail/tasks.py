"""Draws tasks: one customer, one to several intents, and the gold that the oracle derives.

Place in the flow: `build` in the package gives `TaskSource.derive` to the domain. For each intent
the oracle works on a fork of one store, so that the goals of a task build on each other; what it
called is the gold, what changed is the gold diff, and what the tools answered are the facts.

What it does not do: no intents (`intents`), no messages of the oracle (`script`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Self

import prompts
from agent_env.domains.retail.draft import Case, Draft
from agent_env.domains.retail.intents import INTENTS
from agent_env.domains.retail.oracle import Desk
from agent_env.errors import ToolError
from agent_env.store import Base, Row
from agent_env.tool_spec import ToolSpec
from agent_env.types import Call, Goal, Task
from agent_env.world import Diff

KINDS = tuple(INTENTS)
MAX_INTENTS = 8
_MOST_DRAWS = 200
_MOST_AMOUNTS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSource:
    """Draws tasks from a world.

    Attributes:
        base: The world.
        tools: Every tool, by name.
        kinds: The intents that there are, by name.
        max_intents: How many a task has at most.
        orders: The orders of the world by status.
    """

    base: Base
    tools: Mapping[str, ToolSpec]
    kinds: tuple[str, ...]
    max_intents: int
    orders: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(
        cls, base: Base, tools: Mapping[str, ToolSpec], kinds: tuple[str, ...], max_intents: int
    ) -> Self:
        """The source for these intents.

        Raises:
            ValueError: No intent of its own among the kinds, or a number of intents that no task
                can have.
        """
        if all(INTENTS[kind].is_extra for kind in kinds):
            own = ", ".join(kind for kind in KINDS if not INTENTS[kind].is_extra)
            raise ValueError(
                f"kinds is {', '.join(kinds) or 'empty'}; name at least one of {own}: a task needs "
                "an intent that needs an identified customer."
            )
        if not 1 <= max_intents <= MAX_INTENTS:
            raise ValueError(f"max_intents is {max_intents}; give 1 to {MAX_INTENTS}.")
        orders: dict[str, tuple[str, ...]] = {}
        for key, row in base.table("orders").items():
            orders[row["status"]] = (*orders.get(row["status"], ()), key)
        return cls(base=base, tools=tools, kinds=kinds, max_intents=max_intents, orders=orders)

    def derive(self, index: int, seed: int) -> Task:
        """Task number `index` of a seed.

        The intents that make a task of their own take turns at leading one; everything else is
        drawn for each task.

        Raises:
            ValueError: The world holds nothing that the leading intent suits.
        """
        leads = [kind for kind in self.kinds if not INTENTS[kind].is_extra]
        lead = leads[(index + seed) % len(leads)]
        for attempt in range(_MOST_DRAWS):
            random = Random(f"{self.base.fingerprint}/{seed}/{index}/{attempt}")
            goals = _Goals(self, random)
            if goals.draw(lead):
                return goals.task(f"retail-{seed}-{index}")
        raise ValueError(f"This shop has no order that suits {lead}; give it more orders.")


class _Goals:
    """The goals of one customer, in the making."""

    def __init__(self, source: TaskSource, random: Random) -> None:
        self._source = source
        self._random = random
        self._base = source.base
        self._drafts: list[tuple[str, Draft]] = []
        self._goals: list[Goal] = []
        self._facts: dict[str, str] = {}
        self._used: set[str] = set()

    def draw(self, lead: str) -> bool:
        """Draws a customer and its goals; whether the leading intent is among them."""
        random, most = self._random, self._source.max_intents
        # Fewer goals are likelier than many: with four at most, two on average.
        (count,) = random.choices(range(1, most + 1), weights=range(most, 0, -1))
        order_id = self._draw_order(lead)
        if order_id is None:
            return False
        users = self._base.table("users")
        orders = self._base.table("orders")
        if order_id == "":
            self._user = users[random.choice(sorted(users))]
        else:
            self._user = users[orders[order_id]["user_id"]]
        self._identify()
        planned = [(lead, order_id), *self._plan(count - 1, lead, order_id)]
        planned.sort(key=lambda one: INTENTS[one[0]].is_last)
        self._used = {order for _, order in planned}
        for kind, order in planned:
            if not self._add(kind, order) and kind == lead and order == order_id:
                return False
        return True

    def _draw_order(self, kind: str) -> str | None:
        """An order that suits the intent; "" when it needs none, None when there is none."""
        statuses = INTENTS[kind].statuses
        if not statuses:
            return ""
        suiting = [key for status in statuses for key in self._source.orders.get(status, ())]
        return self._random.choice(suiting) if suiting else None

    def _plan(self, count: int, lead: str, order_id: str) -> Iterator[tuple[str, str]]:
        """Further intents, each with an order of the customer that none before is about."""
        rows = self._base.table("orders")
        free = [key for key in self._user["order_ids"] if key != order_id]
        once = {lead}
        for _ in range(count):
            kind = self._random.choice(self._source.kinds)
            intent = INTENTS[kind]
            suiting = [key for key in free if rows[key]["status"] in intent.statuses]
            if (intent.is_last or not intent.statuses) and kind in once:
                continue
            if intent.statuses and not suiting:
                continue
            once.add(kind)
            chosen = self._random.choice(suiting) if intent.statuses else ""
            free = [key for key in free if key != chosen]
            yield kind, chosen

    def _identify(self) -> None:
        user, random = self._user, self._random
        name = f"{user['first_name']} {user['last_name']}"
        email, home_zip = user["email"], user["address"]["zip"]
        style = random.choice(("email", "name", "both"))
        self._slots: dict[str, str] = {}
        if style != "name":
            self._slots["email"] = email
        if style != "email":
            self._slots |= {"name": name, "zip": home_zip}
        self._desk = Desk(self._base.open(), self._source.tools, user["user_id"])
        if style == "name":
            self._desk.call(
                "identify_by_name_zip",
                first_name=user["first_name"],
                last_name=user["last_name"],
                zip=home_zip,
            )
        else:
            self._desk.call("identify_by_email", email=email)
        self._calls: tuple[Call, ...] = tuple(self._desk.calls)

    def _add(self, kind: str, order_id: str) -> bool:
        """Adds a goal of this kind; whether it suited."""
        desk = self._desk.fork()
        orders: Mapping[str, Row] = self._base.table("orders")
        others = [orders[key] for key in self._user["order_ids"] if key not in self._used]
        case = Case(
            random=self._random,
            desk=desk,
            user=self._user,
            order=orders[order_id] if order_id else None,
            others=tuple(others),
        )
        try:
            draft = INTENTS[kind].draw(case)
        except ToolError:
            # A rule forbids what was drawn, such as a gift card that holds too little.
            return False
        slots = None if draft is None else self._slots_of(draft, desk)
        if draft is None or slots is None:
            return False
        number = len(self._goals) + 1
        names = {name: name if number == 1 else f"{name}_{number}" for name in draft.facts}
        facts = {names[name]: value for name, value in draft.facts.items()}
        self._goals.append(
            Goal(
                kind=kind,
                slots=slots,
                wants=_wants(self._desk.store.diff(), desk.store.diff()),
                facts=tuple(facts),
                calls=tuple(desk.calls),
                needs=tuple(draft.reads),
                rivals={names[name]: values for name, values in draft.rivals.items()},
                most_amounts=_MOST_AMOUNTS if draft.reads else 0,
            )
        )
        self._facts |= facts
        self._calls += tuple(desk.calls)
        self._desk = desk
        return True

    def _slots_of(self, draft: Draft, desk: Desk) -> dict[str, str] | None:
        """The slots of a goal; None when its wish could be taken for that of another goal."""
        variant = self._random.randrange(1 << 16)
        wish = draft.render({**draft.full, **draft.first}, variant)
        full = draft.render(draft.full, variant)
        left_out = draft.left_out
        if self._is_said(wish, full):
            # "Please cancel my order", twice: this time the number is given at once.
            wish, left_out = full, []
        if self._is_said(wish, full):
            return None
        told = {fact for fact in draft.facts.values() if fact.startswith("$")}
        amounts = desk.amounts | told | {"$0.00"}
        return {
            "wish": wish,
            "full": full,
            **draft.slots,
            "_left_out": " ".join(left_out),
            "_needs": "\n".join(draft.needs),
            "_may": "\n".join(draft.may),
            "_deeds": draft.deeds,
            "_amounts": " ".join(sorted(amounts)),
        }

    def _is_said(self, wish: str, full: str) -> bool:
        """Whether another goal's words hold this wish, or these words another goal's wish."""
        return any(
            wish in goal.slots["wish"]
            or wish in goal.slots["full"]
            or goal.slots["wish"] in wish
            or goal.slots["wish"] in full
            for goal in self._goals
        )

    def task(self, task_id: str) -> Task:
        """The task of all goals."""
        seed = self._random.randrange(1 << 16)
        first = self._goals[0].slots["wish"]
        return Task(
            id=task_id,
            kind="+".join(goal.kind for goal in self._goals),
            domain="retail",
            world=self._base.fingerprint,
            opening=prompts.load("user", "retail_greeting").render({"wish": first}, seed),
            slots=self._slots,
            gold_calls=self._calls,
            gold_diff=self._desk.store.diff(),
            facts=self._facts,
            seed=seed,
            goals=tuple(self._goals),
            instruction=self._instruction(),
        )

    def _instruction(self) -> str:
        slots = self._slots
        name = f"{self._user['first_name']} {self._user['last_name']}"
        known = [f"You are {name}."]
        known += [f"Your e-mail address is {slots['email']}."] if "email" in slots else []
        known += [f"Your zip code is {slots['zip']}."] if "zip" in slots else []
        known += [] if "email" in slots else ["You do not remember your e-mail address."]
        goals = [f"{place}. {goal.slots['full']}" for place, goal in enumerate(self._goals, 1)]
        return prompts.render(
            "user", "retail_instruction", who=" ".join(known), goals="\n".join(goals)
        )


def _wants(before: Diff, after: Diff) -> dict[str, dict[str, Any]]:
    """What one goal changed, as far as it belongs to that goal alone.

    Balances of gift cards are moved by several goals, so a customer cannot tell by them which goal
    was reached.
    """
    return {
        table: changed
        for table, rows in after.items()
        if table != "session"
        and (
            changed := {
                key: fields
                for key, change in rows.items()
                if (fields := _own(change)) and fields != _own(before.get(table, {}).get(key))
            }
        )
    }


def _own(change: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: one for name, one in (change or {}).items() if name != "payment_methods"}
