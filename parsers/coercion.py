"""Types what can be typed without loss: text becomes what the schema wants if it says just that.

Everything else keeps its raw value. The arguments themselves are never changed: what is typed is in
a copy, so a form that turns out not to fit leaves no trace. What does not fit is said by
`schema.py`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .lenient_json import NotJsonError, decode_exactly, skip_space
from .schema import Path, choices_of, fits, item_schemas, member_schemas, types_of
from .twice import same

_DEEPEST = 32
"""Levels of arguments that are typed; what is deeper stays as it came."""
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,19})")  # up to 64 bits, with or without sign
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,17})?(?:[eE][-+]?[0-9]{1,3})?")
_BOOLEANS = {"true": True, "false": False, "True": True, "False": False}

Note = tuple[Path, str]
Typed = tuple[Any, tuple[Note, ...]]


def coerce(value: Any, schema: Any, note: Callable[[Path, str], None]) -> Any:
    """The value with every text that the schema types otherwise read as that type.

    Args:
        value: A decoded argument, or the whole arguments object; never changed.
        schema: Its JSON Schema; anything but an object leaves the value as it is.
        note: Told the path and a sentence for every change.
    """
    typed, notes = _Typing().read(value, schema, ())
    for path, message in notes:
        note(path, message)
    return typed


class _Typing:
    """One coercion; each object meets each schema once, as types may contain themselves."""

    def __init__(self) -> None:
        self.known: dict[tuple[int, int], Typed] = {}
        self.kept: list[Any] = []  # an identity stands for an object only while it lives

    def read(self, value: Any, schema: Any, path: Path) -> Typed:
        """The value as a schema types it, with a note for every change."""
        if not isinstance(schema, Mapping) or len(path) > _DEEPEST:
            return value, ()
        if not isinstance(value, dict | list):
            return self.fresh(value, schema, path)
        key = (id(value), id(schema))
        if key not in self.known:
            self.kept.append(value)
            self.known[key] = self.fresh(value, schema, path)
        return self.known[key]

    def fresh(self, value: Any, schema: Mapping[str, Any], path: Path) -> Typed:
        """The same, worked out: the own type first, then what is inside, then all and any forms."""
        notes: list[Note] = []
        if isinstance(value, str):
            typed, wanted = _stated(value, schema)
            if typed is not value:
                notes.append((path, f"read the text {value[:40]!r} as {wanted}"))
                value = typed
        value, inside = self.inside(value, schema, path)
        notes.extend(inside)
        for part in schema.get("allOf") or ():
            value, more = self.read(value, part, path)
            notes.extend(more)
        for key in ("anyOf", "oneOf"):
            branches = schema.get(key)
            if branches:
                value, more = self.branch(value, branches, path)
                notes.extend(more)
        return value, tuple(notes)

    def inside(self, value: Any, schema: Mapping[str, Any], path: Path) -> Typed:
        """The members or items of a value typed, in a copy if any of them changed."""
        members: list[tuple[str | int, Any, list[Any]]] = []
        if isinstance(value, dict):
            members = [(key, item, member_schemas(schema, key)) for key, item in value.items()]
        elif isinstance(value, list):
            members = [(at, item, item_schemas(schema, at)) for at, item in enumerate(value)]
        notes: list[Note] = []
        changed: dict[str | int, Any] = {}
        for key, item, schemas in members:
            typed = item
            for part in schemas:
                typed, more = self.read(typed, part, (*path, key))
                notes.extend(more)
            if typed is not item:
                changed[key] = typed
        if not changed:
            return value, ()
        if isinstance(value, dict):
            return {**value, **changed}, tuple(notes)
        return [changed.get(at, item) for at, item in enumerate(value)], tuple(notes)

    def branch(self, value: Any, branches: Sequence[Any], path: Path) -> Typed:
        """The value as the first form that it fits when it is typed, unless it fits one already."""
        forms = [self.read(value, branch, path) for branch in branches]
        for branch, (typed, notes) in zip(branches, forms, strict=True):
            if not notes and fits(typed, branch):
                return value, ()
        for branch, (typed, notes) in zip(branches, forms, strict=True):
            if notes and fits(typed, branch):
                return typed, notes
        return value, ()


def _stated(text: str, schema: Mapping[str, Any]) -> tuple[Any, str]:
    """What a text states among all that a schema allows, and the name of that; else the text."""
    allowed = types_of(schema)
    if allowed and "string" not in allowed:
        return _typed(text, allowed), "/".join(allowed)
    choices = choices_of(schema)
    if choices is None or text in choices:
        return text, ""
    meant: list[tuple[Any, str]] = []
    for choice in choices:
        wanted = _SCALARS.get(type(choice))
        typed = _typed(text, (wanted,)) if wanted else text
        if wanted and same(typed, choice):
            meant.append((typed, wanted))
    return meant[0] if len(meant) == 1 else (text, "")


_SCALARS = {bool: "boolean", int: "integer", float: "number", type(None): "null"}


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
        return number if _says_exactly(stripped, number) else text
    if ("object" in allowed and stripped.startswith("{")) or (
        "array" in allowed and stripped.startswith("[")
    ):
        try:
            value, end = decode_exactly(stripped, 0)
        except NotJsonError:
            return text
        return value if skip_space(stripped, end) == len(stripped) else text
    return text


def _says_exactly(text: str, number: float) -> bool:
    """Whether the shortest text of a number is as much as this text says."""
    if not math.isfinite(number):
        return False
    from decimal import Decimal  # rarely needed, and an import of its own

    return Decimal(text) == Decimal(repr(number))
