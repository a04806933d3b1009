"""An agent that follows a script and still listens: the double for proving environments.

Place in the flow: where tests and trials need an agent without a model. Its script is what a
perfect agent does when nothing goes wrong, such as `Domain.oracle(task)`. It follows it, but

    it calls a tool only with values that were said or answered in the conversation; until they
    were, and where its question was answered with a question, it asks again
    it makes a change only after the customer said yes to its proposal; until then it proposes again

so it succeeds with a customer that has to be asked twice or tells something wrong at first. It
keeps no state: where it stands follows from the conversation, so one object serves any number.

What it does not do: it reads nothing of the task but its script, and finds no way of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent_env.customers.acts import read_acts
from agent_env.types import Action, Message
from parsers import render

_YES = re.compile(r"\b(?:yes|go ahead|please do)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedAgent:
    """An agent that follows a script.

    Attributes:
        script: What a perfect agent does, a turn each.
        granted: Text whose values may be used before anybody said them, such as the schemas'
            enumerations.
    """

    script: tuple[Action, ...]
    granted: str = ""

    def act(self, messages: Sequence[Message]) -> Action:
        """What it does next; the last action of the script when nothing is left.

        Args:
            messages: The conversation so far, as `ToolEnv.messages` holds it.
        """
        place, last = 0, ""
        seen = [self.granted]
        answer = ""
        action = self.script[0]
        for message in messages:
            if message["role"] != "assistant":
                seen.append(message["content"])
                answer = message["content"] if message["role"] == "user" else answer
                continue
            action = self._choose(place, last, answer, seen)
            if action is self.script[min(place, len(self.script) - 1)]:
                place += 1
            last = action if isinstance(action, str) else ""
        return self._choose(place, last, answer, seen)

    def write(self, messages: Sequence[Message], wire_format: str = "hermes") -> str:
        """The same as text that a model could have written."""
        action = self.act(messages)
        return action if isinstance(action, str) else render([action], format=wire_format)

    def _choose(self, place: int, last: str, answer: str, seen: list[str]) -> Action:
        action = self.script[min(place, len(self.script) - 1)]
        if not last:
            return action
        # Its own last words were a question: is it answered?
        if read_acts(last).proposal:
            return action if _YES.search(answer) else last
        if not read_acts(last).asking:
            return action
        if answer.rstrip().endswith("?"):
            return last
        if isinstance(action, str) or self._is_known(action[1], "\n".join(seen)):
            return action
        return last

    def _is_known(self, arguments: Mapping[str, Any], text: str) -> bool:
        return all(value in text or _is_made_of(value, text) for value in texts(arguments))


def _is_made_of(value: str, text: str) -> bool:
    """Whether a value is words of the agent's own, such as a summary, around known numbers."""
    words = value.split()
    numbers = [word.strip(".,;:") for word in words if any(map(str.isdigit, word))]
    return len(words) > 1 and bool(numbers) and all(number in text for number in numbers)


def texts(value: Any) -> Iterator[str]:
    """Every text inside a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, Sequence):
        for one in value:
            yield from texts(one)
