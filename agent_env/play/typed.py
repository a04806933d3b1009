"""The call in a line that a person typed.

Place in the flow: `/call TOOL NAME=VALUE ...` in the agent's seat. What a value means follows the
tool's schema: text stays as it was typed, anything else is JSON if it can be. Quotes are needed
only around what would look like the next argument.

    cancel_order order_id=#W12345 reason=no longer needed
    return_items order_id=#W12345 item_ids=["I1", "I2"] payment_method_id='card-1'

What it does not do: no check against the schema; the environment answers wrong arguments.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from agent_env.domain import Domain
from agent_env.types import Call

USAGE = "/call TOOL NAME=VALUE ..."
_ARGUMENT = re.compile(r"\w+=")


def read_call(line: str, domain: Domain) -> Call:
    """The tool and its arguments; the tool need not exist.

    Raises:
        ValueError: There is no tool, a quote does not end, or there is a word before the first
            argument; the message says what would be right.
    """
    name, *rest = line.split(maxsplit=1)[:2] or [""]
    if not name:
        raise ValueError(f"Name a tool: {USAGE}")
    schema = domain.tool(name).parameters if name in domain.tool_names else {}
    properties: Mapping[str, Any] = schema.get("properties", {})
    arguments = {}
    for argument, value in _pairs("".join(rest)):
        arguments[argument] = _read_value(value, properties.get(argument, {}))
    return name, arguments


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Names and values as typed; a word that is no argument goes on with the value before it."""
    found: list[list[str]] = []
    for word in _words(text):
        name, equals, value = word.partition("=")
        if equals and _ARGUMENT.match(word):
            found.append([name, value])
        elif found:
            found[-1][1] += f" {word}"
        else:
            raise ValueError(f"{word!r} is no NAME=VALUE: {USAGE}")
    yield from ((name, value) for name, value in found)


def _words(text: str) -> Iterator[str]:
    """The words as typed; blanks inside quotes or brackets divide none.

    Raises:
        ValueError: A quote does not end.
    """
    word, quote, depth = "", "", 0
    for place, sign in enumerate(text):
        if quote:
            escaped = quote == '"' and text[place - 1] == "\\"
            quote = quote if sign != quote or escaped else ""
        elif sign in "\"'" and not (word and word[-1].isalnum()):  # An apostrophe is no quote.
            quote = sign
        elif sign.isspace() and depth <= 0:
            if word:
                yield word
            word = ""
            continue
        depth += (sign in "[{") - (sign in "]}") if not quote else 0
        word += sign
    if quote:
        raise ValueError(
            f"A {quote} opens a quotation that does not end; close it, or leave it out."
        )
    if word:
        yield word


def _read_value(typed: str, schema: Mapping[str, Any]) -> Any:
    text = typed
    if typed[:1] in ("'", '"'):
        text = _unquote(typed)
    if schema.get("type") == "string":
        return text
    return _json(text)


def _unquote(typed: str) -> str:
    try:
        text = json.loads(typed)  # A JSON text, with JSON's escapes.
    except ValueError:
        pass
    else:
        return str(text)
    try:
        return " ".join(shlex.split(typed))
    except ValueError:
        raise ValueError(f"The quotes in {typed!r} do not fit together.") from None


def _json(text: str) -> Any:
    """The JSON value; the text itself when it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
