"""Agents that a person in the customer's seat can meet.

Place in the flow: `seats.CustomerSeat` asks one for each turn of the agent. `OracleAgent` follows
the task's oracle and needs no model; `ModelAgent` is a model at any OpenAI-compatible endpoint,
spoken to as `evaluate` does.

What it does not do: no scoring, no reading of what a model wrote.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Protocol, Self

from agent_env.domain import Domain
from agent_env.endpoints.endpoint import Endpoint
from agent_env.evaluation.chair import NativeChair, TextChair
from agent_env.scripted_agent import ScriptedAgent
from agent_env.types import Message, Task
from parsers import ParsedMessage


class Other(Protocol):
    """Who serves the person."""

    def write(self, messages: Sequence[Message]) -> str:
        """The text of its next turn, after this conversation."""

    def hear(self, answers: Sequence[Message], turn: ParsedMessage) -> None:
        """Takes what the environment answered to that turn."""

    def fork(self) -> Self:
        """One that has heard the same and goes its own way."""


class OracleAgent:
    """An agent that knows the task and follows its oracle; it keeps nothing."""

    def __init__(self, domain: Domain, task: Task) -> None:
        """Reads the script.

        Args:
            domain: From which the task was derived.
            task: What the person wants.
        """
        self._agent = ScriptedAgent(script=domain.oracle(task))

    def write(self, messages: Sequence[Message]) -> str:
        """What the oracle does next."""
        return self._agent.write(messages)

    def hear(self, answers: Sequence[Message], turn: ParsedMessage) -> None:
        """Nothing to take: where it stands follows from the conversation."""

    def fork(self) -> Self:
        """Itself."""
        return self


class ModelAgent:
    """An agent that a model plays."""

    def __init__(self, endpoint: Endpoint, domain: Domain, native_tools: bool) -> None:
        """Asks nothing yet.

        Args:
            endpoint: Where the model is.
            domain: Whose tools it has.
            native_tools: Whether the server gets `tools` and its `tool_calls` are read.
        """
        self._endpoint, self._domain, self._native = endpoint, domain, native_tools
        self._chair: TextChair | None = None

    def write(self, messages: Sequence[Message]) -> str:
        """What the model answers.

        Raises:
            EnvError: It does not answer.
        """
        if self._chair is None:
            schemas = self._domain.schemas
            self._chair = NativeChair(messages, schemas) if self._native else TextChair(messages)
        return self._chair.take(self._endpoint.ask(self._chair.messages, **self._chair.options))

    def hear(self, answers: Sequence[Message], turn: ParsedMessage) -> None:
        """Adds the answers to the model's chat."""
        if self._chair is not None:
            self._chair.hear(answers, turn)

    def fork(self) -> Self:
        """The same endpoint, a chat of its own."""
        twin = copy.copy(self)
        twin._chair = copy.deepcopy(self._chair)
        return twin
