"""The nouns of an episode.

Place in the flow: a domain makes `Task`s, the environment answers a model's turn with a
`StepResult`. Everything here is frozen data.

What it does not do: no behaviour beyond JSON in and out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

Message: TypeAlias = dict[str, str]
"""A chat message: `{"role": ..., "content": ...}`."""

Call: TypeAlias = tuple[str, dict[str, Any]]
"""A tool's name and its arguments."""

Action: TypeAlias = Call | str
"""What an agent does in a turn: one call, or a message to the customer."""


class Wording(Enum):
    """How much the model is told about a fault; names the files in `prompts/turn/`."""

    FULL = "full"
    COMPACT = "compact"


class StopReason(Enum):
    """Why an episode ended."""

    USER_DONE = "user_done"
    """The customer had what it came for and left."""
    AGENT_DONE = "agent_done"
    """The agent said that it had finished, in a domain whose answers a referee judges."""
    HANDED_OVER = "handed_over"
    """The agent gave the conversation to somebody else; the state was scored as it was."""
    MAX_TURNS = "max_turns"
    """The agent used up its turns; the state was scored as it was."""
    INFRA_ERROR = "infra_error"
    """The environment failed; the episode has no reward and belongs in no average."""


class Effect(Enum):
    """What a tool does beside answering; scoring and replay look only at what is not a READ."""

    READ = "read"
    WRITE = "write"
    HANDOVER = "handover"
    """Gives the conversation away: the episode ends once the turn's calls have run."""


class FactRule(Enum):
    """How a fact is looked for in what the customer was told."""

    TOKEN = "token"
    """As a token of its own, so that "110" does not tell "10"."""
    SUBSTRING = "substring"
    """Anywhere in the text without its commas: tau-bench's own rule, for comparing with it."""


class CallOutcome(Enum):
    """What became of one call that the parser read."""

    OK = "ok"
    """The tool ran."""
    TOOL_ERROR = "tool_error"
    """The tool refused or failed in a way that the model was told."""
    INVALID_ARGUMENTS = "invalid_arguments"
    """The arguments do not fit the tool's schema; the tool was not run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What bounds an episode.

    Attributes:
        max_turns: Assistant turns, malformed ones included.
        max_calls: Calls run in one turn; those after them are dropped and the model is told.
        max_answer_chars: Characters of one tool answer; the rest is cut and the model is told.
    """

    max_turns: int = 4
    max_calls: int = 16
    max_answer_chars: int = 16_384

    def __post_init__(self) -> None:
        """Checks that every limit leaves room for something.

        Raises:
            ValueError: A limit below 1.
        """
        for name in ("max_turns", "max_calls", "max_answer_chars"):
            if getattr(self, name) < 1:
                raise ValueError(f"Limits.{name} is {getattr(self, name)}; give at least 1.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One thing that the customer came for.

    Attributes:
        kind: What it wants, such as "cancel".
        slots: What the customer knows about it, by name; a scripted customer documents the names.
        wants: The part of the task's gold diff, field by field, that makes this goal visible in the
            store; empty when the right answer is to change nothing.
        facts: Names of the task's facts that belong to it.
        calls: The task's gold calls that serve it, in order.
        needs: Look-ups without which its facts do not count as told, nor the goal as reached.
        rivals: For a fact's name the other values that it could have had.
        most_amounts: How many amounts of money a message may name that tells one of its facts; 0 is
            any number.
    """

    kind: str
    slots: Mapping[str, str]
    wants: Mapping[str, Any]
    facts: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    needs: tuple[Call, ...] = ()
    rivals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    most_amounts: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The goal as plain JSON data, from which `from_dict` makes an equal one."""
        demands = {
            "needs": _calls_data(self.needs),
            "rivals": {name: list(values) for name, values in self.rivals.items()},
            "most_amounts": self.most_amounts,
        }
        return {
            "kind": self.kind,
            "slots": dict(self.slots),
            "wants": dict(self.wants),
            "facts": list(self.facts),
            "calls": _calls_data(self.calls),
            # Few domains demand any of these.
            **{name: demand for name, demand in demands.items() if demand},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Goal:
        """The goal that `to_dict` wrote."""
        calls = _read_calls(data.get("calls", ()))
        needs = _read_calls(data.get("needs", ()))
        rivals = {name: tuple(values) for name, values in data.get("rivals", {}).items()}
        facts = tuple(data["facts"])
        return cls(**{**data, "facts": facts, "calls": calls, "needs": needs, "rivals": rivals})


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One job for an agent, with the answer that the oracle derived.

    Attributes:
        id: Unique among the tasks of one domain, world and seed.
        kind: What the customer wants, such as "cancel".
        domain: The domain's name.
        world: Fingerprint of the store from which the task was derived; another store cannot score
            it.
        opening: The customer's first message.
        slots: What the customer knows, by name; all of it may be told.
        gold_calls: Calls that do the job, look-ups first, in order.
        gold_diff: What `Store.diff()` must be afterwards.
        facts: What the customer must be told, by name, in the spelling of the tools.
        seed: Settles the customer's choice of words.
        goals: What the customer came for, in the order in which it brings them up.
        instruction: The whole of it in prose, for a customer that a model plays.
        fact_rule: How facts are looked for.
    """

    id: str
    kind: str
    domain: str
    world: str
    opening: str
    slots: Mapping[str, str]
    gold_calls: tuple[Call, ...]
    gold_diff: Mapping[str, Any]
    facts: Mapping[str, str]
    seed: int = 0
    goals: tuple[Goal, ...] = ()
    instruction: str = ""
    fact_rule: FactRule = FactRule.TOKEN

    def to_dict(self) -> dict[str, Any]:
        """The task as plain JSON data, from which `from_dict` makes an equal one."""
        return {
            "id": self.id,
            "kind": self.kind,
            "domain": self.domain,
            "world": self.world,
            "opening": self.opening,
            "slots": dict(self.slots),
            "gold_calls": _calls_data(self.gold_calls),
            "gold_diff": dict(self.gold_diff),
            "facts": dict(self.facts),
            "seed": self.seed,
            "goals": [goal.to_dict() for goal in self.goals],
            "instruction": self.instruction,
            "fact_rule": self.fact_rule.value,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Task:
        """The task that `to_dict` wrote.

        Raises:
            ValueError: Keys are missing or unknown.
        """
        fields = set(cls.__dataclass_fields__)
        if set(data) != fields:
            missing = ", ".join(sorted(fields - set(data))) or "none"
            unknown = ", ".join(sorted(set(data) - fields)) or "none"
            raise ValueError(
                "This is no task as Task.to_dict() writes it. "
                f"Missing: {missing}. Unknown: {unknown}."
            )
        calls = _read_calls(data["gold_calls"])
        goals = tuple(map(Goal.from_dict, data["goals"]))
        rule = FactRule(data["fact_rule"])
        return cls(**{**data, "gold_calls": calls, "goals": goals, "fact_rule": rule})


def _calls_data(calls: Iterable[Call]) -> list[dict[str, Any]]:
    return [{"name": name, "arguments": dict(given)} for name, given in calls]


def _read_calls(data: Iterable[Mapping[str, Any]]) -> tuple[Call, ...]:
    return tuple((call["name"], dict(call["arguments"])) for call in data)


class CallResult(NamedTuple):
    """One call and what came of it; a named tuple, for it is made in every turn.

    Attributes:
        name: The tool.
        arguments: As the parser read them.
        outcome: What became of it.
        content: What the model reads.
        effect: What the tool does beside answering.
    """

    name: str
    arguments: Mapping[str, Any]
    outcome: CallOutcome
    content: str
    effect: Effect


class StepResult(NamedTuple):
    """The environment's answer to one assistant turn; a named tuple, as `CallResult`.

    Attributes:
        messages: What to append to the conversation, roles "tool" and "user".
        reward: The sum of this turn's weighted components.
        done: Whether the episode is over.
        stop_reason: Why, once it is over.
        info: "parsed" (the `ParsedMessage`), "components" (weighted reward by name), "status" (its
            value), "strict_lost" (see `whole_body`), "turn" (from 1), "ruling" (what a referee
            noted) where one ruled, and "infra_error" after a failure.
    """

    messages: tuple[Message, ...]
    reward: float
    done: bool
    stop_reason: StopReason | None = None
    info: Mapping[str, Any] = MappingProxyType({})
