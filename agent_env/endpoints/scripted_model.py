"""What a scripted server says: turns of a model written down beforehand, found by conversation.

Place in the flow: `scripted_server` asks a `Script` for the next turn of each request. A script
comes from a domain's oracle (`Script.of_domain`), with some tasks failed on purpose, or from a file
of JSON lines (`Script.read`), one conversation a line:

    {"said": ["Cancel order #W0001."], "turns": ["One moment.", [["cancel_order", {"id": 1}]]]}

`said` holds what the customer says, in order; as much of it as distinguishes the conversation. A
turn is a text, or a list of calls. After the last turn the script repeats a farewell.

What it does not do: no HTTP, no model; it never looks at tool answers.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from agent_env.domain import Domain
from agent_env.env import ToolEnv
from agent_env.types import Call, Effect, Limits, Task
from parsers import render

FAREWELL = "Thank you, goodbye."
REFUSAL = "I am sorry, I cannot do that."
TOOL_RESPONSE = "<tool_response>"
"""Opens a tool's answer that is told in a message of role "user"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What a scripted model says in one turn: calls, or a text."""

    text: str = ""
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One conversation: what the customer says in it, and the model's turns."""

    said: tuple[str, ...]
    turns: tuple[Turn, ...]


class Script:
    """Conversations by what the customer says in them; never changed once made."""

    def __init__(self, lines: Iterable[Line]) -> None:
        """Takes the conversations; of two that fit a request equally, the first counts."""
        self._by_opening: dict[str, list[Line]] = {}
        for line in lines:
            self._by_opening.setdefault(line.said[0], []).append(line)

    @classmethod
    def of_domain(
        cls, domain: Domain, tasks: Iterable[Task], fail: Collection[int] = (), max_turns: int = 60
    ) -> Self:
        """The oracle's turns for these tasks, played against the domain's own customer.

        Where a referee judges, nothing is played: what it says follows from the turns, and judging
        them takes long.

        Args:
            domain: From which the tasks were derived.
            tasks: In any order.
            fail: Numbers of tasks, counted from 0, in which every write, or every turn that a
                referee judges, is replaced by a refusal.
            max_turns: Room for the longest of the oracle's scripts.
        """
        return cls(
            _line_of(domain, task, number in fail, max_turns) for number, task in enumerate(tasks)
        )

    @classmethod
    def read(cls, path: Path) -> Self:
        """The script in a file of JSON lines.

        Raises:
            ValueError: A line that is no conversation; the message names it.
        """
        lines = []
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if text.strip():
                try:
                    lines.append(_read_line(json.loads(text)))
                except (ValueError, KeyError, TypeError, IndexError) as error:
                    raise ValueError(
                        f"{path}, line {number}: this is no conversation "
                        f'{{"said": [...], "turns": [...]}}: {error!r}.'
                    ) from error
        return cls(lines)

    def next_turn(self, messages: Sequence[Mapping[str, Any]]) -> Turn | None:
        """The turn that follows these messages; None when the customer's opening is unknown."""
        said = tuple(_customer_lines(messages))
        known = self._by_opening.get(said[0] if said else "", [])
        if not known:
            return None
        # Openings may be the same in several tasks; what the customer says later tells them apart.
        line = max(known, key=lambda line: _agreement(line.said, said))
        turn = sum(message.get("role") == "assistant" for message in messages)
        return line.turns[turn] if turn < len(line.turns) else Turn(text=FAREWELL)


def as_text(turn: Turn, wire_format: str) -> str:
    """The turn as a model of that wire format writes it.

    Raises:
        ValueError: There is no such format.
    """
    return render(turn.calls, format=wire_format) if turn.calls else turn.text


def _line_of(domain: Domain, task: Task, fails: bool, max_turns: int) -> Line:
    env = ToolEnv(domain, task, limits=Limits(max_turns=max_turns))
    said = [env.reset()[-1]["content"]]
    turns: list[Turn] = []
    for action in domain.oracle(task):
        turn = Turn(text=action) if isinstance(action, str) else Turn(calls=(action,))
        is_judged = domain.referee is not None
        writes = any(domain.tool(name).effect is not Effect.READ for name, _ in turn.calls)
        if fails and (writes or is_judged):
            turn = Turn(text=REFUSAL)
        turns.append(turn)
        if not env.done and not is_judged:
            answers = env.step(as_text(turn, "hermes")).messages
            said += [answer["content"] for answer in answers if answer["role"] == "user"]
    return Line(said=tuple(said), turns=tuple(turns))


def _read_line(data: Any) -> Line:
    said, turns = data["said"], data["turns"]
    if not said or not all(isinstance(text, str) for text in said):
        raise ValueError("said is not a list of texts")
    return Line(said=tuple(said), turns=tuple(_read_turn(turn) for turn in turns))


def _read_turn(turn: Any) -> Turn:
    if isinstance(turn, str):
        return Turn(text=turn)
    return Turn(calls=tuple((str(name), dict(arguments)) for name, arguments in turn))


def _customer_lines(messages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for message in messages:
        content = message.get("content")
        is_text = message.get("role") == "user" and isinstance(content, str)
        if is_text and not str(content).startswith(TOOL_RESPONSE):
            yield str(content)


def _agreement(one: Sequence[str], other: Sequence[str]) -> int:
    """How many texts the two begin with in common."""
    count = 0
    for mine, yours in zip(one, other, strict=False):
        if mine != yours:
            break
        count += 1
    return count
