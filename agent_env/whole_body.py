"""What a parser that reads only whole bodies would have made of a turn.

Place in the flow: the environment measures with it, per turn, how many calls the layered parser
saved. Such a parser, the common baseline, takes the whole stripped text as one JSON object: either
`{"tool_calls": [...]}` in OpenAI's shape, or one bare call with a name and arguments. Any other
text is "a message to the customer" to it.

What it does not do: it decides nothing in an episode, repairs nothing and checks no arguments.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

from parsers import ParsedMessage, ParseStatus


def is_strict_lost(text: str, parsed: ParsedMessage, tool_names: Collection[str]) -> bool:
    """Whether the turn attempts an action and a whole-body parser gets no call from it.

    A turn attempts an action when the layered parser finds calls in it or calls it malformed.
    """
    return parsed.status is not ParseStatus.MESSAGE and not reads_call(text, tool_names)


def reads_call(text: str, tool_names: Collection[str]) -> bool:
    """Whether the whole text, taken as JSON, holds a call to an offered tool; never raises."""
    stripped = text.strip()
    if not stripped.startswith("{"):
        return False
    try:
        body = json.loads(stripped)
    except (ValueError, RecursionError):  # No JSON, an integer too long to read, nesting too deep.
        return False
    return any(isinstance(name, str) and name in tool_names for name in _names(body))


def _names(body: dict[str, Any]) -> Iterator[Any]:
    calls = body.get("tool_calls")
    if not isinstance(calls, list):
        calls = [body] if "arguments" in body else []
    for call in calls:
        if isinstance(call, dict):
            function = call.get("function", call)
            if isinstance(function, dict):
                yield function.get("name")
