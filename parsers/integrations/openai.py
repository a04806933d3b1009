"""Text completions as the `openai` library's messages, so that code written for tool calls runs.

For a server without a tool parser: the model's text comes back as `content`, `read_message` turns
it into the message that a server with one would have sent. `as_text` is the way back for a prompt
that takes text only. `openai` is imported when a message is made, not before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..parse import parse
from ..render import render
from ..types import ParseStatus

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion, ChatCompletionMessage


def read_message(
    text: str, tools: Sequence[Mapping[str, Any]] | None = None, reasoning: str = "auto"
) -> ChatCompletionMessage:
    """The message of a model's text; arguments as for `parse`.

    A turn with faults has them in words for the model as `feedback`, a field that the library does
    not have itself; a malformed one has neither content nor calls.

    Raises:
        ImportError: the `openai` package is not installed.
        TypeError: the text is no str, or the tools are no list of schemas.
        ValueError: a tool's schema is wrong, or there is no such reasoning mode.
    """
    from openai.types.chat import ChatCompletionMessage

    turn = parse(text, tools, reasoning)
    fields = turn.to_openai().model_dump(exclude_none=True)
    if turn.status is ParseStatus.MALFORMED:
        fields["content"] = None
    if turn.faults:
        fields["feedback"] = turn.feedback()
    return ChatCompletionMessage.model_validate(fields)


def read_completion(
    completion: ChatCompletion,
    tools: Sequence[Mapping[str, Any]] | None = None,
    reasoning: str = "auto",
) -> ChatCompletion:
    """The same completion with every text message read; messages with calls stay as they are.

    Raises:
        ImportError: the `openai` package is not installed.
        TypeError: the tools are no list of schemas.
        ValueError: a tool's schema is wrong, or there is no such reasoning mode.
    """
    choices = []
    for choice in completion.choices:
        message = choice.message
        if message.content is not None and not message.tool_calls:
            message = read_message(message.content, tools, reasoning)
            finish = "tool_calls" if message.tool_calls else choice.finish_reason
            choice = choice.model_copy(update={"message": message, "finish_reason": finish})
        choices.append(choice)
    return completion.model_copy(update={"choices": choices})


def as_text(message: ChatCompletionMessage, format: str = "hermes") -> str:
    """An assistant message as the text that a model of that format would have written.

    Raises:
        ValueError: there is no such format, or arguments are no JSON object.
    """
    import json

    calls = []
    for call in message.tool_calls or ():
        if call.type != "function":
            raise ValueError(f"only function calls can be written as text, got {call.type!r}")
        arguments = json.loads(call.function.arguments)
        if not isinstance(arguments, dict):
            raise ValueError(f"arguments must be a JSON object, got {call.function.arguments:.60}")
        calls.append((call.function.name, arguments))
    return render(calls, format, message.content or "")
