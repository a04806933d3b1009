"""Checks arguments against a tool's JSON Schema, and types what can be typed without loss.

Common keywords are checked here; a schema that uses others is handed to `jsonschema` (imported at
first need, validators cached with their tool) and without that package only the common ones count.
Coercion goes from text to what the schema asks for, and only if the text says exactly that;
everything else keeps its raw value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .lenient_json import NotJsonError, decode_exactly, skip_space

Path = tuple[str | int, ...]

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,19})")  # up to 64 bits, with or without sign
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,17})?(?:[eE][-+]?[0-9]{1,3})?")
_BOOLEANS = {"true": True, "false": False, "True": True, "False": False}
_CHECKED_HERE = frozenset(
    (
        "type",
        "enum",
        "const",
        "required",
        "properties",
        "additionalProperties",
        "items",
        "anyOf",
        "nullable",
    )
)
_ANNOTATIONS = frozenset(
    ("description", "title", "default", "examples", "example", "strict", "$schema", "$comment")
)
TYPE_ALIASES = {
    "float": "number",
    "int": "integer",
    "str": "string",
    "bool": "boolean",
    "dict": "object",
    "list": "array",
}
"""Python's names for JSON types, which many published tool schemas use."""

_TYPE_TESTS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: (
        not isinstance(value, bool)
        and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))
    ),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "null": lambda value: value is None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """One argument that its schema refuses: where, what came and what was expected."""

    path: Path
    message: str


def types_of(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The types that a schema allows by name; empty if it does not say."""
    declared = schema.get("type")
    written = (declared,) if isinstance(declared, str) else tuple(declared or ())
    names = tuple(TYPE_ALIASES.get(name, name) for name in written)
    return (*names, "null") if schema.get("nullable") is True and names else names


def pointer(path: Path) -> str:
    """A path as people write it: `flights[0].date`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text or "arguments"


def coerce(value: Any, schema: Any, note: Callable[[Path, str], None], path: Path = ()) -> Any:
    """The value with every text that the schema types otherwise read as that type.

    Args:
        value: A decoded argument, or the whole arguments object.
        schema: Its JSON Schema; anything but an object leaves the value as it is.
        note: Told the path and a sentence for every change.
        path: Where the value stands inside the arguments.
    """
    if not isinstance(schema, Mapping) or len(path) > 32:
        return value
    branches = schema.get("anyOf") or schema.get("oneOf")
    if isinstance(branches, Sequence):
        return _coerce_to_branch(value, branches, note, path)
    allowed = types_of(schema)
    if isinstance(value, str) and allowed and "string" not in allowed:
        typed = _typed(value, allowed)
        if typed is not value:
            note(path, f"read the text {value[:40]!r} as {'/'.join(allowed)}")
            value = typed
    return _coerce_inside(value, schema, note, path)


def _coerce_inside(
    value: Any, schema: Mapping[str, Any], note: Callable[[Path, str], None], path: Path
) -> Any:
    properties = schema.get("properties")
    if isinstance(value, dict) and isinstance(properties, Mapping):
        for key in value.keys() & properties.keys():
            changed = coerce(value[key], properties[key], note, (*path, key))
            if changed is not value[key]:
                value[key] = changed
    items = schema.get("items")
    if isinstance(value, list) and isinstance(items, Mapping):
        for index, item in enumerate(value):
            changed = coerce(item, items, note, (*path, index))
            if changed is not item:
                value[index] = changed
    return value


def _coerce_to_branch(
    value: Any, branches: Sequence[Any], note: Callable[[Path, str], None], path: Path
) -> Any:
    if any(not list(mismatches(value, branch, path)) for branch in branches):
        return value
    for branch in branches:
        notes: list[tuple[Path, str]] = []
        typed = coerce(value, branch, lambda *said: notes.append(said), path)  # noqa: B023 - called at once
        if notes and not list(mismatches(typed, branch, path)):
            for said in notes:
                note(*said)
            return typed
    return value


def _typed(text: str, allowed: Sequence[str]) -> Any:
    """The text as the first of these types that it states exactly; the text itself if none."""
    stripped = text.strip()
    if "null" in allowed and stripped in ("null", "None"):
        return None
    if "boolean" in allowed and stripped in _BOOLEANS:
        return _BOOLEANS[stripped]
    if ("integer" in allowed or "number" in allowed) and _INTEGER.fullmatch(stripped):
        return int(stripped)
    if "number" in allowed and _NUMBER.fullmatch(stripped):
        number = float(stripped)
        if math.isfinite(number):
            return number
    if ("object" in allowed and stripped.startswith("{")) or (
        "array" in allowed and stripped.startswith("[")
    ):
        try:
            value, end = decode_exactly(stripped, 0)
        except NotJsonError:
            return text
        return value if skip_space(stripped, end) == len(stripped) else text
    return text


def needs_library(schema: Any, depth: int = 0) -> bool:
    """Whether a schema uses a keyword that `mismatches` does not check."""
    if not isinstance(schema, Mapping) or depth > 32:
        return False
    if schema.keys() - _CHECKED_HERE - _ANNOTATIONS:
        return True
    inner: list[Any] = [
        schema.get("items"),
        schema.get("additionalProperties"),
        *(schema.get("anyOf") or ()),
    ]
    inner.extend((schema.get("properties") or {}).values())
    return any(needs_library(part, depth + 1) for part in inner)


def mismatches(value: Any, schema: Any, path: Path = ()) -> Iterator[Mismatch]:
    """Every place where a value breaks the common keywords of its schema."""
    if not isinstance(schema, Mapping) or len(path) > 100:
        return
    allowed = types_of(schema)
    if allowed and not any(_TYPE_TESTS.get(name, lambda _: True)(value) for name in allowed):
        yield Mismatch(path=path, message=f"expected {' or '.join(allowed)}, got {_shown(value)}")
        return
    choices = schema.get("enum")
    if choices is not None and value not in choices:
        shown = ", ".join(_shown(choice) for choice in choices[:8])
        yield Mismatch(path=path, message=f"expected one of {shown}, got {_shown(value)}")
    if "const" in schema and value != schema["const"]:
        yield Mismatch(
            path=path, message=f"expected {_shown(schema['const'])}, got {_shown(value)}"
        )
    branches = schema.get("anyOf")
    if branches and all(any(True for _ in mismatches(value, branch, path)) for branch in branches):
        yield Mismatch(path=path, message=f"{_shown(value)} fits none of the allowed forms")
    if isinstance(value, dict):
        yield from _object_mismatches(value, schema, path)
    items = schema.get("items")
    if isinstance(value, list) and isinstance(items, Mapping):
        for index, item in enumerate(value):
            yield from mismatches(item, items, (*path, index))


def _object_mismatches(
    value: dict[str, Any], schema: Mapping[str, Any], path: Path
) -> Iterator[Mismatch]:
    properties = schema.get("properties") or {}
    for name in schema.get("required") or ():
        if name not in value:
            yield Mismatch(path=(*path, name), message="this required argument is missing")
    extra = schema.get("additionalProperties")
    for name, item in value.items():
        if name in properties:
            yield from mismatches(item, properties[name], (*path, name))
        elif extra is False:
            known = ", ".join(properties) or "none"
            yield Mismatch(path=(*path, name), message=f"there is no such argument; known: {known}")
        elif isinstance(extra, Mapping):
            yield from mismatches(item, extra, (*path, name))


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return f"{'an object' if isinstance(value, dict) else 'an array'}"
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
