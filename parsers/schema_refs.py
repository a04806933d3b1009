"""Puts the definitions that a JSON Schema refers to where it refers to them.

`toolbox` does this once per tool, so that coercion and checks see the types behind `$ref`, which
pydantic and others emit for every nested model. Each definition is put in as one object however
often it is used, so definitions that use each other twice stay small and a type that contains
itself is a graph with a loop. Only references into the schema itself are followed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from .schema_parts import parts, with_parts

POINTER = re.compile(r"#(?:/|\Z)")
"""A reference into the same schema: the whole of it or a JSON pointer."""

_IN_PLACE = ("allOf", "anyOf", "oneOf")
_WORDS = ("title", "description", "default", "examples", "$defs", "definitions")


def target(root: Mapping[str, Any], reference: str, path: str) -> Any:
    """What a local reference refers to, behind references that only refer on.

    Raises:
        ValueError: it leads nowhere, or back to itself; the message begins with `path`.
    """
    seen: set[str] = set()
    while True:
        if reference in seen:
            raise ValueError(f"{path}.$ref: {reference!r:.80} leads back to itself")
        seen.add(reference)
        found: Any = root
        for step in filter(None, [unquote(step) for step in reference[1:].split("/")]):
            name = step.replace("~1", "/").replace("~0", "~")
            if isinstance(found, list | tuple) and name.isdecimal() and len(name) < 5:
                found = found[int(name)] if int(name) < len(found) else None
            else:
                found = found.get(name) if isinstance(found, Mapping) else None
        if not isinstance(found, Mapping | bool):
            raise ValueError(f"{path}.$ref: nothing stands at {reference!r:.80} in this schema")
        onward = found.get("$ref") if isinstance(found, Mapping) and len(found) == 1 else None
        if not isinstance(onward, str) or not POINTER.match(onward):
            return found
        reference = onward


def linked(schema: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    """The schema with its references replaced, or the very same object if it has none.

    What stands beside a reference counts too. An `allOf` of one part is that part.

    Raises:
        ValueError: a definition contains itself without an argument in between, or a reference
            leads nowhere; the message begins with `path`.
    """
    if not _has_reference(schema):
        return schema
    whole = _Linker(schema, path).run()
    _refuse_loops(whole, path)
    return whole


def _has_reference(schema: Mapping[str, Any]) -> bool:
    left: list[Any] = [schema]
    while left:
        part = left.pop()
        if isinstance(part, Mapping):
            if "$ref" in part:
                return True
            left.extend(below for _, below in parts(part))
    return False


class _Linker:
    """One pass; the object of a definition is handed out empty and filled in later."""

    def __init__(self, root: Mapping[str, Any], path: str) -> None:
        self.root = root
        self.path = path
        self.made: dict[int, dict[str, Any]] = {}
        self.waiting: list[tuple[dict[str, Any], Mapping[str, Any]]] = []
        self.merges: dict[int, tuple[dict[str, Any], dict[str, Any]]] = {}

    def run(self) -> dict[str, Any]:
        """The whole schema without references."""
        whole: dict[str, Any] = {}
        self.waiting.append((whole, self.root))
        while self.waiting:
            self.fill(*self.waiting.pop())
        while self.merges:
            self.merge(next(iter(self.merges.values()))[0])
        return whole

    def part(self, part: Any) -> Any:
        """The part with its references replaced."""
        if not isinstance(part, Mapping):
            return part
        part = _without_lone_all_of(part)
        if len(part) == 1 and "$ref" in part:
            definition = target(self.root, part["$ref"], self.path)
            return self.shared(definition) if isinstance(definition, Mapping) else definition
        return self.fill({}, part)

    def shared(self, definition: Mapping[str, Any]) -> dict[str, Any]:
        """The one object of a definition."""
        made = self.made.get(id(definition))
        if made is None:
            made = self.made[id(definition)] = {}
            self.waiting.append((made, definition))
        return made

    def fill(self, made: dict[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
        """The same object, with the keywords of a part in it; a reference in it waits."""
        made.update(with_parts(_without_lone_all_of(part), self.part))
        if "$ref" in made:
            definition = target(self.root, made.pop("$ref"), self.path)
            if isinstance(definition, Mapping):
                self.merges[id(made)] = (made, self.shared(definition))
            elif not definition:
                made["enum"] = []
        return made

    def merge(self, made: dict[str, Any]) -> None:
        """Adds to an object what it refers to, which is completed first."""
        chain: list[tuple[dict[str, Any], dict[str, Any]]] = []
        following: dict[str, Any] = made
        while id(following) in self.merges:
            chain.append(self.merges.pop(id(following)))
            following = chain[-1][1]
        if any(following is waiting for waiting, _ in chain):
            raise ValueError(f"{self.path}: a definition contains itself without end")
        for beside, definition in reversed(chain):
            if all(key in _WORDS for key in beside.keys() & definition.keys()):
                beside.update({**definition, **beside})
            else:
                own = dict(beside)
                beside.clear()
                beside["allOf"] = [definition, own]


def _without_lone_all_of(part: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = part.get("allOf")
    if not isinstance(inner, list) or len(inner) != 1 or not isinstance(inner[0], Mapping):
        return part
    beside = {key: value for key, value in part.items() if key != "allOf"}
    if beside.keys() & inner[0].keys() - set(_WORDS):
        return part
    return {**inner[0], **beside}


def _refuse_loops(schema: Any, path: str) -> None:
    """Returns if every way through a schema back to the same part enters an argument."""
    seen: set[int] = set()
    left: list[Any] = [schema]
    while left:
        part = left.pop()
        if not isinstance(part, Mapping) or id(part) in seen:
            continue
        seen.add(id(part))
        left.extend(below for _, below in parts(part))
        inside = [part]
        met: set[int] = set()
        while inside:
            one = inside.pop()
            for key in _IN_PLACE:
                for below in one.get(key) or ():
                    if below is part:
                        raise ValueError(f"{path}: a definition contains itself without end")
                    if isinstance(below, Mapping) and id(below) not in met:
                        met.add(id(below))
                        inside.append(below)
