"""The model's side of an episode: what its server is sent, and the text that its turn comes to.

Place in the flow: `run` asks a chair for the next request, gives it the answer, and gets the text
for `ToolEnv.step`; the environment's messages go back into the chair.

`TextChair` works with every server: the roles are system, user and assistant only, and a tool's
answer is a user message in `<tool_response>` tags, several of them joined into one message. With
`tool_role="tool"` answers keep their role, as in training, for servers that take tool messages
without ids. The completion goes to our parser as it is.

`NativeChair` sends `tools` and keeps the server's own history: assistant messages with
`tool_calls`, tool messages with their `tool_call_id`. For the environment a turn with calls becomes
the JSON text of its message, arguments as the server gave them, so that one parser judges broken
ones too. A call that the server left in the text is read by our parser all the same, and told as
`is_rescue`: a harness that trusts the server would have said it to the customer.

What it does not do: it sends nothing and scores nothing. Reasoning that the server keeps apart is
neither read nor sent back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from agent_env.endpoints.endpoint import Answer
from agent_env.feedback import encodable
from agent_env.types import Message
from parsers import ParsedMessage, ParseStatus


class TextChair:
    """The chat of a model that writes its calls as text.

    Attributes:
        messages: What the next request sends.
        options: Further fields of every request.
    """

    def __init__(self, opening: Sequence[Message], tool_role: str = "user") -> None:
        """Starts with the episode's opening messages; tools stand in its system prompt."""
        self.messages: list[dict[str, Any]] = [_clean(message) for message in opening]
        self.options: dict[str, Any] = {}
        self._keeps_role = tool_role == "tool"

    def take(self, answer: Answer) -> str:
        """The text of the model's turn."""
        calls = answer.message.get("tool_calls")
        text = envelope(answer) if calls else answer.content
        self.messages.append({"role": "assistant", "content": encodable(text)})
        return text

    def hear(self, answers: Sequence[Message], parsed: ParsedMessage) -> None:
        """Takes what the environment answered to the turn."""
        if self._keeps_role:
            self.messages += [dict(answer) for answer in answers]
        else:
            self.messages += as_user_messages(answers)

    def is_rescue(self, parsed: ParsedMessage) -> bool:
        """Whether the server gave a call as text that it was to give as a call; never here."""
        return False


class NativeChair(TextChair):
    """The chat of a model whose server reads the calls."""

    def __init__(self, opening: Sequence[Message], schemas: Sequence[Mapping[str, Any]]) -> None:
        """Starts with the episode's opening messages and what may be called."""
        super().__init__(opening)
        self.options = {"tools": schemas}
        self._ids: list[str] = []

    def take(self, answer: Answer) -> str:
        """The text of the model's turn: the message's JSON if it holds calls, else its content."""
        calls = answer.message.get("tool_calls")
        if not calls:
            self._ids = []
            self.messages.append({"role": "assistant", "content": encodable(answer.content)})
            return answer.content
        told = [_history(call, place) for place, call in enumerate(_listed(calls))]
        self._ids = [call["id"] for call in told]
        if len(set(self._ids)) < len(told):  # Ids that tell no call apart are of no use.
            self._ids = [f"call_{place}" for place in range(len(told))]
            told = [{**call, "id": one} for call, one in zip(told, self._ids, strict=True)]
        self.messages.append(
            {"role": "assistant", "content": encodable(answer.content), "tool_calls": told}
        )
        return envelope(answer)

    def hear(self, answers: Sequence[Message], parsed: ParsedMessage) -> None:
        """Takes the answers; each call gets one, in the order of the calls."""
        if not self._ids:
            super().hear(answers, parsed)
            return
        told = [answer["content"] for answer in answers if answer["role"] == "tool"]
        heard = [answer for answer in answers if answer["role"] != "tool"]
        answered = self._answered(parsed)
        by_id = dict(zip(answered, told, strict=False))
        # What is left says why the others were not run.
        rest = "\n".join(told[len(by_id) :]) or "This call was not run."
        open_ids = [one for one in self._ids if one not in by_id]
        if not open_ids and told[len(by_id) :]:
            last = self._ids[-1]
            by_id[last] = f"{by_id[last]}\n{rest}"
        for call_id in self._ids:
            content = by_id.get(call_id, rest)
            self.messages.append({"role": "tool", "tool_call_id": call_id, "content": content})
        self.messages += as_user_messages(heard)

    def is_rescue(self, parsed: ParsedMessage) -> bool:
        """Whether the turn holds a call, whole or broken, that the server left in the text."""
        return not self._ids and parsed.status is not ParseStatus.MESSAGE and bool(parsed.text)

    def _answered(self, parsed: ParsedMessage) -> list[str]:
        """The ids of the calls that were taken up, in order, as far as they can be told."""
        ids = [call.id for call in parsed.calls]
        if len(set(ids)) == len(ids) and set(ids) <= set(self._ids):
            return ids
        return self._ids[: len(ids)]


def envelope(answer: Answer) -> str:
    """A message with calls as the JSON text that our parser reads, the calls in front."""
    calls = answer.message.get("tool_calls")
    return json.dumps(
        {"tool_calls": calls, "content": answer.message.get("content")}, ensure_ascii=False
    )


def as_user_messages(answers: Sequence[Message]) -> list[dict[str, Any]]:
    """The environment's answers for a chat without the role "tool"."""
    told = [answer["content"] for answer in answers if answer["role"] == "tool"]
    wrapped = "\n".join(f"<tool_response>\n{content}\n</tool_response>" for content in told)
    messages: list[dict[str, Any]] = [{"role": "user", "content": wrapped}] if told else []
    return messages + [dict(answer) for answer in answers if answer["role"] != "tool"]


def _listed(calls: object) -> list[Any]:
    return calls if isinstance(calls, list) else [calls]


def _history(call: Any, place: int) -> dict[str, Any]:
    """A call as it may be sent back; servers refuse histories with arguments that are no JSON."""
    function = call.get("function") if isinstance(call, dict) else None
    function = function if isinstance(function, dict) else {}
    given = function.get("arguments")
    arguments = given if isinstance(given, str) else json.dumps(given)
    try:
        readable = isinstance(json.loads(arguments, parse_constant=_refuse), dict)
    except (ValueError, RecursionError):
        readable = False
    call_id = call.get("id") if isinstance(call, dict) else None
    return {
        "id": call_id if isinstance(call_id, str) and call_id else f"call_{place}",
        "type": "function",
        "function": {
            "name": encodable(str(function.get("name") or "unreadable")),
            "arguments": encodable(arguments) if readable else "{}",
        },
    }


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _clean(message: Message) -> dict[str, Any]:
    return {"role": message["role"], "content": encodable(message["content"])}
