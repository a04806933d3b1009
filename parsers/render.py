"""The way back: calls into text of any wire format, a parsed turn into the openai library's type.

What `render` writes, `parse` reads back to the same calls with no repair; prompts and tests rely
on it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .types import ParsedMessage, ToolCall

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessage


def list_formats() -> tuple[str, ...]:
    """The names of all wire formats; none of them is imported for it."""
    from .formats import names

    return names()


def render(
    calls: Iterable[ToolCall | tuple[str, Mapping[str, Any]]],
    format: str = "hermes",
    content: str = "",
    reasoning: str = "",
) -> str:
    """The turn as a model of that format would write it.

    Args:
        calls: Calls, or pairs of name and arguments.
        format: One of `list_formats()`.
        content: What a person reads, in front of the calls.
        reasoning: The thought in front of everything; written in <think> tags.

    Raises:
        ValueError: there is no such format, or an argument is no JSON value.
        TypeError: a call is neither a ToolCall nor a pair, or an argument is no JSON value.
    """
    from .formats import load

    wire = load(format)
    pairs = [_pair(call) for call in calls]
    for _, arguments in pairs:
        json.dumps(arguments, allow_nan=False)  # refuses what no format could carry
    parts = [f"<think>\n{reasoning}\n</think>\n"] if reasoning else []
    if content:
        parts.append(content)
    if pairs:
        parts.append(wire.render(pairs))
    return "\n".join(parts)


def _pair(call: Any) -> tuple[str, dict[str, Any]]:
    if isinstance(call, ToolCall):
        return call.name, call.arguments
    if (
        isinstance(call, tuple)
        and len(call) == 2
        and isinstance(call[0], str)
        and isinstance(call[1], Mapping)
    ):
        return call[0], dict(call[1])
    raise TypeError(
        f"render needs ToolCalls or pairs of a name and arguments, got {type(call).__name__}"
    )


def to_openai(message: ParsedMessage) -> ChatCompletionMessage:
    """The turn as a `ChatCompletionMessage`; the thought goes into `reasoning_content`.

    Raises:
        ImportError: the `openai` package is not installed.
    """
    from openai.types.chat import ChatCompletionMessage

    calls = [
        {
            "id": call.id,
            "type": "function",
            "function": {
                "name": call.name,
                "arguments": json.dumps(call.arguments, ensure_ascii=False),
            },
        }
        for call in message.calls
    ]
    fields: dict[str, Any] = {"role": "assistant", "content": message.content or None}
    if calls:
        fields["tool_calls"] = calls
    if message.reasoning:
        fields["reasoning_content"] = message.reasoning
    return ChatCompletionMessage.model_validate(fields)
