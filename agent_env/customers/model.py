"""A customer that a model plays, at any OpenAI-compatible endpoint.

Place in the flow: a `User` like the scripted one; asynchronous episodes await it. The model reads
`prompts/user/model_customer.md` with the task's instruction, and the chat from its own side: the
agent's words are the other speaker's. It is shown only what was said, so neither the agent's
thinking nor its tools.

A message with thoughts, notes, a tool call or the agent's words in it is asked for again, with the
reason, up to a limit; then the episode ends as `infra_error`, for a customer that is no customer
says nothing about the agent. Only the model itself ends the conversation, by a marker that the
agent cannot write for it; one that leaves before the store shows what it wanted is asked once
whether it means it.

What it does not do: no scoring. Whether the reply is true to the instruction is up to the model.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import Self, TypeAlias

import prompts
from agent_env.customers.slips import Slip, SlipKind, find_slip
from agent_env.customers.user import Situation, UserReply
from agent_env.endpoints.endpoint import Answer, Endpoint
from agent_env.errors import EnvError
from agent_env.feedback import encodable
from agent_env.types import Message, Task

LEAVE = "[LEAVE]"
"""What the model writes when the customer leaves."""

# In place of a marker stands what is none, so that no other one forms around the gap.
_MARKER = re.compile(r"\[\s*leave\s*\]", re.IGNORECASE)
_COUNTED = {SlipKind.LEAK: "user/leaks", SlipKind.ROLE_FLIP: "user/role_flips"}


@dataclass(slots=True, kw_only=True)
class Budget:
    """Tokens that may be spent, prompts and answers together; one may be part of a larger one.

    Attributes:
        limit: None is no limit.
        whole: What this one's tokens count towards as well.
        spent: So far.
    """

    limit: int | None = None
    whole: Budget | None = None
    spent: int = 0

    def check(self) -> None:
        """Returns if there is anything left.

        Raises:
            EnvError: There is nothing left.
        """
        if self.limit is not None and self.spent >= self.limit:
            raise EnvError(
                "BudgetSpent",
                f"the customer's budget of {self.limit} tokens is spent ({self.spent} used)",
            )
        if self.whole is not None:
            self.whole.check()

    def spend(self, tokens: int) -> None:
        """Takes tokens off; the last answer may go over the limit."""
        self.spent += tokens
        if self.whole is not None:
            self.whole.spend(tokens)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ask:
    """One request: the chat, and the seed that goes with it."""

    messages: list[Message]
    seed: int | None


_Speaking: TypeAlias = Generator[_Ask, Answer, UserReply]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUser:
    """A customer that a model plays.

    Attributes:
        endpoint: Where the model is; its `options` hold temperature and the like.
        seed: Forwarded, mixed with the task and the turn, so that no two requests share one; None
            sends none.
        regenerations: How often one message may be asked for again before the episode fails.
        budget: What all its conversations together may cost, or one of them (`for_episode`).
    """

    endpoint: Endpoint
    seed: int | None = None
    regenerations: int = 3
    budget: Budget = field(default_factory=Budget)

    def for_episode(self, seed: int | None, max_tokens: int | None = None) -> Self:
        """The same customer for one conversation, with a seed and a budget of its own.

        What it spends counts towards this one's budget as well.
        """
        return replace(self, seed=seed, budget=Budget(limit=max_tokens, whole=self.budget))

    def open(self, task: Task) -> UserReply:
        """The first message, which says in general terms what the customer wants.

        Raises:
            EnvError: The model gave none that can be used.
        """
        return self._ask(self._speak(task, None))

    def reply(self, situation: Situation) -> UserReply:
        """The answer to the agent's message.

        Raises:
            EnvError: The model gave none that can be used.
        """
        return self._ask(self._speak(situation.task, situation))

    async def aopen(self, task: Task) -> UserReply:
        """As `open`, without holding up the event loop."""
        return await self._aask(self._speak(task, None))

    async def areply(self, situation: Situation) -> UserReply:
        """As `reply`, without holding up the event loop."""
        return await self._aask(self._speak(situation.task, situation))

    def _ask(self, speaking: _Speaking) -> UserReply:
        try:
            asked = next(speaking)
            while True:
                options = {} if asked.seed is None else {"seed": asked.seed}
                asked = speaking.send(self.endpoint.ask(asked.messages, **options))
        except StopIteration as end:
            reply: UserReply = end.value
            return reply

    async def _aask(self, speaking: _Speaking) -> UserReply:
        try:
            asked = next(speaking)
            while True:
                options = {} if asked.seed is None else {"seed": asked.seed}
                asked = speaking.send(await self.endpoint.aask(asked.messages, **options))
        except StopIteration as end:
            reply: UserReply = end.value
            return reply

    def _speak(self, task: Task, situation: Situation | None) -> _Speaking:
        """Asks until there is a message that can be used."""
        chat = _chat(situation)
        counts: dict[str, float] = {}
        attention, questioned, slips = "", False, 0
        while True:
            self.budget.check()
            attempt = slips + questioned
            system = _system_prompt(task, attention)
            answer = yield _Ask(messages=[system, *chat], seed=self._seed(task, chat, attempt))
            self.budget.spend(answer.prompt_tokens + answer.completion_tokens)
            _count(counts, answer, attempt)
            text, leaves = _read(answer)
            slip = find_slip(text)
            if slip is not None and slip.kind is SlipKind.EMPTY and leaves and situation:
                slip = None  # A customer that leaves need not say anything.
            if slip is not None:
                slips += 1
                if slip.kind in _COUNTED:
                    counts[_COUNTED[slip.kind]] = counts.get(_COUNTED[slip.kind], 0.0) + 1
                if slips > self.regenerations:
                    raise _unusable(slip, slips)
                attention = prompts.render("user", "model_customer_again", why=slip.message)
            elif leaves and not questioned and not _may_leave(situation):
                questioned = True
                attention = prompts.render("user", "model_customer_stay", leave=LEAVE)
            else:
                return UserReply(text=text, done=leaves and situation is not None, counts=counts)

    def _seed(self, task: Task, chat: list[Message], attempt: int) -> int | None:
        if self.seed is None:
            return None
        # Another seed for each attempt: the same one would bring the same slip.
        return zlib.crc32(f"{self.seed}/{task.id}/{len(chat)}/{attempt}".encode()) >> 1


def _chat(situation: Situation | None) -> list[Message]:
    """The conversation from the customer's side, where the agent is the one who asks."""
    greeting: Message = {
        "role": "user",
        "content": prompts.render("user", "model_customer_greeting"),
    }
    if situation is None:
        return [greeting]
    sides = {"assistant": "user", "user": "assistant"}
    return [
        greeting,
        *(
            # The marker is the customer's alone; an agent that writes it must not teach it.
            {
                "role": sides[message["role"]],
                "content": encodable(_MARKER.sub("(leave)", message["content"])),
            }
            for message in situation.conversation
        ),
    ]


def _system_prompt(task: Task, attention: str) -> Message:
    text = prompts.render(
        "user", "model_customer", instruction=task.instruction or task.opening, leave=LEAVE
    )
    return {"role": "system", "content": f"{text}\n\n{attention}" if attention else text}


def _read(answer: Answer) -> tuple[str, bool]:
    """The message without the marker, and whether it was there."""
    said = answer.content
    if answer.message.get("tool_calls"):
        said = said or "<tool_call>"  # Only the agent has tools; the check says so.
    return said.replace(LEAVE, "").strip(), LEAVE in said


def _may_leave(situation: Situation | None) -> bool:
    return situation is not None and situation.is_reached and not situation.missing_facts


def _count(counts: dict[str, float], answer: Answer, attempt: int) -> None:
    for key, value in (
        ("user/regenerated", float(attempt > 0)),
        ("user/retries", float(len(answer.retried))),
        ("user/prompt_tokens", float(answer.prompt_tokens)),
        ("user/completion_tokens", float(answer.completion_tokens)),
    ):
        counts[key] = counts.get(key, 0.0) + value


def _unusable(slip: Slip, slips: int) -> EnvError:
    hint = ""
    if slip.kind is SlipKind.LEAK:
        hint = "; serve it with a reasoning parser, or with thinking turned off"
    return EnvError(
        "UnusableCustomer",
        f"customer: {slips} attempts at a message could not be used; at last {slip.message}{hint}",
        True,
    )
