"""Refuses what is no JSON Schema, and writes its dialects as the one that is read here.

`toolbox` passes every schema through this once. Whether a schema can be used is told from the
schema alone, with its path, before any model text is seen. Type names of Python, OpenAPI's
`nullable`, keywords that are null and two forms of older drafts become JSON Schema's own words, so
that this package and `jsonschema` see the same. Arguments are not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .schema import TYPE_ALIASES
from .schema_parts import LISTS, MAPS, parts, with_parts
from .schema_refs import POINTER, target

_DEEPEST = 64
"""Levels of parts in one schema; published ones have under ten."""

_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
_MAY_BE_NULL = frozenset(("const", "default"))
_REFUSE_NULL = frozenset(("$ref", "const", "allOf", "anyOf", "oneOf", "not", "if"))


def check_schema(schema: Any, path: str) -> None:
    """Returns if this is a JSON Schema that can be used.

    Raises:
        ValueError: it is none; the message has the path, what came and what was expected.
    """
    root = schema if isinstance(schema, Mapping) else {}
    seen: set[int] = set()
    left = [(schema, path, 0)]
    while left:
        part, where, depth = left.pop()
        if isinstance(part, bool) or id(part) in seen:
            continue
        if not isinstance(part, Mapping):
            raise ValueError(f"{where}: expected a JSON Schema object, got {type(part).__name__}")
        if depth > _DEEPEST:
            raise ValueError(f"{path}: expected at most {_DEEPEST} levels of schemas, got more")
        seen.add(id(part))
        _check_keywords(part, where)
        inner = list(parts(part))
        if "$ref" in part:
            left.append((target(root, part["$ref"], where), f"{where}.$ref", 0))
        left.extend((below, where + suffix, depth + 1) for suffix, below in reversed(inner))


def _check_keywords(schema: Mapping[str, Any], path: str) -> None:
    for key, value in schema.items():
        rule = _RULES.get(key)
        if rule is None or value is None:
            continue
        fits, expected = rule
        if not fits(value):
            raise ValueError(f"{path}.{key}: expected {expected}, got {value!r:.60}")


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _is_names(value: Any) -> bool:
    return _is_list(value) and all(isinstance(name, str) for name in value)


def _is_type(value: Any) -> bool:
    names = (value,) if isinstance(value, str) else value
    return _is_names(names) and all(name in _TYPES or name in TYPE_ALIASES for name in names)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return whole and not isinstance(value, bool) and value >= 0


def _is_pattern(value: Any) -> bool:
    try:
        re.compile(value)
    except (re.error, TypeError, RecursionError, OverflowError):
        return False
    return isinstance(value, str)


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(key, str) for key in value)


def _are_patterns(value: Any) -> bool:
    return isinstance(value, Mapping) and all(map(_is_pattern, value))


_NUMBER = (_is_number, "a number")
_BOUND = (lambda value: isinstance(value, bool) or _is_number(value), "a number")
_COUNT = (_is_count, "a number of items that is not negative")
_LIST = (_is_list, "a list")
_OBJECT = (lambda value: _is_object(value) or value == [], "an object")  # [] is PHP's empty one
_RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "type": (_is_type, f"one or a list of {', '.join(_TYPES)}"),
    "required": (_is_names, "a list of names"),
    "enum": _LIST,
    **dict.fromkeys(LISTS, _LIST),
    **dict.fromkeys(MAPS, _OBJECT),
    "patternProperties": (_are_patterns, "an object whose keys Python can read as patterns"),
    "pattern": (_is_pattern, "a regular expression that Python can read"),
    "$ref": (
        lambda value: isinstance(value, str) and POINTER.match(value) is not None,
        "a reference into the same schema, like #/$defs/Name",
    ),
    **dict.fromkeys(("minimum", "maximum"), _NUMBER),
    **dict.fromkeys(("exclusiveMinimum", "exclusiveMaximum"), _BOUND),
    "multipleOf": (lambda value: _is_number(value) and value > 0, "a number above 0"),
    **dict.fromkeys(
        (
            *("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
            *("minContains", "maxContains"),
        ),
        _COUNT,
    ),
    "uniqueItems": (lambda value: isinstance(value, bool), "true or false"),
    "dependentRequired": (
        lambda value: isinstance(value, Mapping) and all(map(_is_names, value.values())),
        "an object of lists of names",
    ),
}


def in_own_words(schema: Mapping[str, Any], *, root: bool = True) -> dict[str, Any]:
    """A checked schema without what only dialects of JSON Schema have."""
    plain = with_parts(
        {
            key: {} if key in MAPS and not value else value
            for key, value in schema.items()
            if value is not None or key in _MAY_BE_NULL
        },
        lambda part: in_own_words(part, root=False) if isinstance(part, Mapping) else part,
    )
    declared = plain.get("type")
    if isinstance(declared, str):
        plain["type"] = TYPE_ALIASES.get(declared, declared)
    elif declared is not None:
        plain["type"] = [TYPE_ALIASES.get(name, name) for name in declared]
    if isinstance(plain.get("items"), list):  # up to draft 2019-09
        plain["prefixItems"] = plain.pop("items")
        if "additionalItems" in plain:
            plain["items"] = plain.pop("additionalItems")
    for bound in ("Minimum", "Maximum"):  # draft 4
        strict = plain.get(f"exclusive{bound}")
        if isinstance(strict, bool):
            del plain[f"exclusive{bound}"]
            if strict and bound.lower() in plain:
                plain[f"exclusive{bound}"] = plain.pop(bound.lower())
    nullable = plain.pop("nullable", False) is True
    return _or_null(plain) if nullable and not root else plain


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema that takes null as well, which OpenAPI calls `nullable`."""
    if schema.keys() & _REFUSE_NULL:
        return {"anyOf": [schema, {"type": "null"}]}
    declared = schema.get("type")
    if declared is not None:
        names = [declared] if isinstance(declared, str) else declared
        schema["type"] = names if "null" in names else [*names, "null"]
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    return schema
