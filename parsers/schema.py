"""Checks arguments against a tool's JSON Schema.

Common keywords are checked here; a schema that uses others is handed to `jsonschema` (imported at
first need, validators cached with their tool) and without that package only the common ones count.
References are followed where `schema_refs.py` has put in what they refer to. Nothing is changed
here: `coercion.py` types what is text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .schema_parts import parts
from .twice import same

Path = tuple[str | int, ...]

_CHECKED_HERE = frozenset(
    (
        "type",
        "enum",
        "const",
        "required",
        "properties",
        "additionalProperties",
        "patternProperties",
        "items",
        "prefixItems",
        "allOf",
        "anyOf",
        "nullable",
        "$ref",
        "$defs",
        "definitions",
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


def needs_library(schema: Any) -> bool:
    """Whether a schema uses a keyword that `mismatches` does not check."""
    left: list[Any] = [schema]
    while left:
        part = left.pop()
        if isinstance(part, Mapping):
            if part.keys() - _CHECKED_HERE - _ANNOTATIONS:
                return True
            left.extend(below for _, below in parts(part))
    return False


def mismatches(value: Any, schema: Any, path: Path = ()) -> Iterator[Mismatch]:
    """Every place where a value breaks the common keywords of its schema."""
    return _Check().walk(value, schema, path)


def fits(value: Any, schema: Any) -> bool:
    """Whether a value breaks none of the common keywords of its schema."""
    return not any(True for _ in mismatches(value, schema))


class _Check:
    """One check; each value meets each branch once, as types may contain themselves."""

    def __init__(self) -> None:
        self.known: dict[tuple[int, int], bool] = {}

    def walk(self, value: Any, schema: Any, path: Path) -> Iterator[Mismatch]:
        """Every mismatch of a value with a schema, in the order of its keywords here."""
        if schema is False:
            yield Mismatch(path=path, message="nothing may stand here")
        if not isinstance(schema, Mapping) or len(path) > 100:
            return
        allowed = types_of(schema)
        if allowed and not any(_TYPE_TESTS.get(name, lambda _: True)(value) for name in allowed):
            expected = " or ".join(allowed)
            yield Mismatch(path=path, message=f"expected {expected}, got {_shown(value)}")
            return
        choices = choices_of(schema)
        if choices is not None and not any(same(value, choice) for choice in choices):
            shown = ", ".join(_shown(choice) for choice in choices[:8])
            one_of = "" if len(choices) == 1 else "one of "
            yield Mismatch(path=path, message=f"expected {one_of}{shown}, got {_shown(value)}")
        yield from self.walk_forms(value, schema, path)
        if isinstance(value, dict):
            yield from self.walk_object(value, schema, path)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                for part in item_schemas(schema, index):
                    yield from self.walk(item, part, (*path, index))

    def walk_forms(self, value: Any, schema: Mapping[str, Any], path: Path) -> Iterator[Mismatch]:
        """Every mismatch with the forms that a value must have all of, or any of."""
        for part in schema.get("allOf") or ():
            yield from self.walk(value, part, path)
        branches = schema.get("anyOf")
        if branches and not any(self.fits(value, branch, path) for branch in branches):
            yield Mismatch(path=path, message=f"{_shown(value)} fits none of the allowed forms")

    def fits(self, value: Any, schema: Any, path: Path) -> bool:
        """Whether a value breaks nothing of one branch."""
        key = (id(value), id(schema))
        if key not in self.known:
            self.known[key] = not any(True for _ in self.walk(value, schema, path))
        return self.known[key]

    def walk_object(
        self, value: dict[str, Any], schema: Mapping[str, Any], path: Path
    ) -> Iterator[Mismatch]:
        """Every mismatch of the arguments inside a value."""
        for name in schema.get("required") or ():
            if name not in value:
                yield Mismatch(path=(*path, name), message="this required argument is missing")
        for name, item in value.items():
            for part in member_schemas(schema, name):
                if part is False and name not in (schema.get("properties") or ()):
                    known = ", ".join(schema.get("properties") or ()) or "none"
                    message = f"there is no such argument; known: {known}"
                    yield Mismatch(path=(*path, name), message=message)
                else:
                    yield from self.walk(item, part, (*path, name))


def choices_of(schema: Mapping[str, Any]) -> Sequence[Any] | None:
    """The only values that a schema allows, or None if it does not list them."""
    if "const" in schema:
        return (schema["const"],)
    choices: Sequence[Any] | None = schema.get("enum")
    return choices


def member_schemas(schema: Mapping[str, Any], name: str) -> list[Any]:
    """The schemas that an object's schema has for the member of this name."""
    found = []
    properties = schema.get("properties") or {}
    if name in properties:
        found.append(properties[name])
    for pattern, part in (schema.get("patternProperties") or {}).items():
        if re.search(pattern, name):
            found.append(part)
    return found or [schema.get("additionalProperties", True)]


def item_schemas(schema: Mapping[str, Any], index: int) -> list[Any]:
    """The schemas that an array's schema has for the item of this index."""
    first = schema.get("prefixItems") or ()
    if index < len(first):
        return [first[index]]
    rest = schema.get("items", True)
    return [] if isinstance(rest, list | tuple) else [rest]


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return f"{'an object' if isinstance(value, dict) else 'an array'}"
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
