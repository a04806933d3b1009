"""Customers: who the agent talks to.

Place in the flow: the environment shows a `User` the situation after each message that reaches the
customer, and passes its reply on. A user never sees tool calls, tool answers or the agent's
thinking.

A user keeps no state: what it says follows from the situation. So one object serves every episode
of a process, and a fork needs no copy of it. Its words live in `prompts/user/`.

What it does not do: no scoring; only the user ends a conversation, but the environment decides
whether it succeeded.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

from agent_env.types import Message, Task


class Situation(NamedTuple):
    """What a customer knows when it replies; a named tuple, for it is made for each reply.

    Attributes:
        task: What it wants.
        message: What the agent just wrote to it.
        conversation: Everything said between the two so far, the message included, as the
            customer's chat shows it: role "assistant" is the agent, role "user" the customer.
        is_reached: Whether every change it wants is visible in the store.
        visible_goals: The same for each of the task's goals.
        missing_facts: Names of the facts it has not been told yet.
    """

    task: Task
    message: str
    conversation: tuple[Message, ...]
    is_reached: bool
    missing_facts: tuple[str, ...]
    visible_goals: tuple[bool, ...] = ()

    @property
    def replies(self) -> int:
        """How often the customer spoke before, its opening included."""
        return sum(message["role"] == "user" for message in self.conversation)


class UserReply(NamedTuple):
    """What the customer says, and whether it leaves; a named tuple, as `Situation`.

    Attributes:
        text: What the agent reads.
        done: Whether the customer leaves with these words.
        counts: What producing it cost, by keys of `metrics.USER_KEYS`.
    """

    text: str
    done: bool = False
    counts: Mapping[str, float] = MappingProxyType({})


class User(Protocol):
    """Anything that can play the customer.

    One that waits for a network has `aopen` and `areply` as well, with the same arguments; the
    asynchronous episode awaits those.
    """

    def open(self, task: Task) -> UserReply:
        """The customer's first message."""

    def reply(self, situation: Situation) -> UserReply:
        """The customer's answer; may raise, which ends the episode as `infra_error`."""
