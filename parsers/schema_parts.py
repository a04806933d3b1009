"""Knows which keywords of a JSON Schema hold schemas themselves, for all that walk through one.

What stands under any other keyword (`enum`, `default`, a vendor's own) is data and left alone.
Nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
"""Keywords that hold a list of schemas."""
MAPS = ("$defs", "definitions", "dependentSchemas", "patternProperties", "properties")
"""Keywords that hold schemas by name."""
_ONES = (
    "additionalItems",
    "additionalProperties",
    "contains",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
)
_ALL = frozenset((*LISTS, *MAPS, *_ONES))


def parts(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every part of a schema that is a schema itself, with its path below this one."""
    for key, value in schema.items():
        if key not in _ALL:
            continue
        if key in MAPS and isinstance(value, Mapping):
            yield from ((f".{key}.{name}", part) for name, part in value.items())
        elif isinstance(value, list | tuple):
            yield from ((f".{key}[{index}]", part) for index, part in enumerate(value))
        elif value is not None:
            yield f".{key}", value


def with_parts(schema: Mapping[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    """A copy of a schema in which every part is what `change` makes of it."""
    copy = dict(schema)
    for key, value in schema.items():
        if key not in _ALL:
            continue
        if key in MAPS and isinstance(value, Mapping):
            copy[key] = {name: change(part) for name, part in value.items()}
        elif isinstance(value, list | tuple):
            copy[key] = [change(part) for part in value]
        else:
            copy[key] = change(value)
    return copy
