"""Asks the customer, waiting in the caller's thread or on its event loop.

Place in the flow: `ToolEnv` writes a turn as a generator that yields what it asks of the customer
and is sent the reply; `run` and `arun` drive it. So one text of a turn serves both ways. Work that
may take long, such as a referee's, is yielded as a function: an event loop has it done in a thread.

What it does not do: no retries, no time limits; a customer has its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from typing import Any, TypeAlias, TypeVar

from agent_env.customers.user import Situation, User
from agent_env.types import Task

Question: TypeAlias = Task | Situation | Callable[[], Any]
"""A task asks for the customer's opening, a situation for its reply, a function for its result."""

T = TypeVar("T")
Asking: TypeAlias = Generator[Question, Any, T]


def run(asking: Asking[T], user: User) -> T:
    """What the generator returns, its questions answered by the user.

    Whatever the user raises is raised inside the generator, where the question was asked.
    """
    try:
        question = next(asking)
        while True:
            try:
                reply = _ask(user, question)
            except Exception as error:  # Foreign code may raise anything; the episode names it.
                question = asking.throw(error)
            else:
                question = asking.send(reply)
    except StopIteration as end:
        result: T = end.value
        return result


async def arun(asking: Asking[T], user: User) -> T:
    """The same; a user that has `aopen` and `areply` is awaited."""
    try:
        question = next(asking)
        while True:
            try:
                reply = await _aask(user, question)
            except Exception as error:  # As above.
                question = asking.throw(error)
            else:
                question = asking.send(reply)
    except StopIteration as end:
        result: T = end.value
        return result


def _ask(user: User, question: Question) -> Any:
    if isinstance(question, Situation):
        return user.reply(question)
    return user.open(question) if isinstance(question, Task) else question()


async def _aask(user: User, question: Question) -> Any:
    if not isinstance(question, Task | Situation):
        return await asyncio.to_thread(question)
    name = "aopen" if isinstance(question, Task) else "areply"
    awaited = getattr(user, name, None)
    return _ask(user, question) if awaited is None else await awaited(question)
