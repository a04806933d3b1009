"""Values whose type the text only suggests, until a tool's schema decides.

Some formats write `days:3` or `string="false"` for a value that the tool wants as text. Such a
value travels as a `Literal`, the text with the value it states: the stated value counts unless only
the text fits. `resolve.py` settles all soft values; nothing behind it sees them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .drafts import Draft
from .lenient_json import NotJsonError, decode, decode_exactly, skip_space
from .schema import mismatches, types_of
from .tools import Tool


class Soft:
    """A value that only a schema makes definite."""

    __slots__ = ()

    def settled(self, rules: Mapping[str, Any]) -> Any:
        """The definite value; the rules are empty when nothing is known."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal(Soft):
    """A text as written, and the value that it states."""

    text: str
    value: Any

    def settled(self, rules: Mapping[str, Any]) -> Any:
        """The stated value, unless only the text fits."""
        if rules and _refused(self.value, rules) and not _refused(self.text, rules):
            return self.text
        whole = isinstance(self.value, float) and self.value.is_integer()
        return int(self.value) if whole and types_of(rules) == ("integer",) else self.value


def stated(text: str) -> Any:
    """A `Literal` if the text is exactly one JSON value, else the text itself."""
    start = skip_space(text, 0)
    if text[start : start + 1] == '"' or start >= len(text):
        quoted = start < len(text)
    else:
        quoted = text[start] in "{[-0123456789tfn"
    if not quoted:
        return text
    try:
        value, end = decode_exactly(text, start)
    except NotJsonError:
        return text
    return Literal(text=text, value=value) if skip_space(text, end) == len(text) else text


def settle(value: Any, schema: Any) -> Any:
    """The value with everything soft in it made definite.

    Args:
        value: Arguments as a format read them, nested at most as deep as the format allows.
        schema: Their JSON Schema; anything but an object decides nothing.
    """
    rules = schema if isinstance(schema, Mapping) else {}
    if isinstance(value, Soft):
        return value.settled(rules)
    if isinstance(value, dict):
        properties = rules.get("properties")
        parts = properties if isinstance(properties, Mapping) else {}
        return {key: settle(item, parts.get(key)) for key, item in value.items()}
    if isinstance(value, list):
        return [settle(item, rules.get("items")) for item in value]
    return value


def unwrapped(draft: Draft, tool: Tool | None) -> Any:
    """The object of a lone wrapping key, if it can be meant as the whole arguments; else them all.

    Without a known tool it is; with one it must not have that parameter and must have all of the
    object's.
    """
    arguments = draft.arguments
    if not isinstance(arguments, dict) or len(arguments) != 1:
        return arguments
    ((key, inner),) = arguments.items()
    if key not in draft.wrapping or (tool is not None and key in tool.parameters):
        return arguments
    if isinstance(inner, Literal):
        inner = inner.value
    elif isinstance(inner, str) and inner.lstrip().startswith("{"):
        inner = _object(inner)
    if not isinstance(inner, dict) or (tool is not None and not inner.keys() <= tool.parameters):
        return arguments
    return inner


def _object(text: str) -> Any:
    try:
        found = decode(text, skip_space(text, 0))
    except NotJsonError:
        return text
    return text if text[found.end :].strip() else found.value


def _refused(value: Any, schema: Mapping[str, Any]) -> bool:
    return any(True for _ in mismatches(value, schema))
