"""Writes the definitions that a JSON Schema refers to where it refers to them.

`toolbox` does this once per tool, so that coercion sees the types behind `$ref`, which pydantic and
others emit for every nested model. Only references into the schema itself are followed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MOST_PARTS = 2_000
"""Parts that one schema may grow to; definitions that use each other twice grow exponentially."""


def inlined(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema with its local references replaced, or the very same object if it has none.

    A reference to a definition that is being written already (a recursive type), one that leads
    nowhere and all beyond `_MOST_PARTS` parts stay as they are. An `allOf` of one part is that
    part.
    """
    if not isinstance(schema, Mapping) or "$ref" not in str(schema):
        return schema
    written: Mapping[str, Any] = _Inliner(schema).part(schema, ())
    return written


class _Inliner:
    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._left = _MOST_PARTS

    def part(self, part: Any, open_refs: tuple[str, ...]) -> Any:
        """The part with its references written out; `open_refs` are being written around it."""
        self._left -= 1
        if self._left < 0:
            return part
        if isinstance(part, list | tuple):
            return [self.part(item, open_refs) for item in part]
        if not isinstance(part, Mapping):
            return part
        part = _without_lone_all_of(part)
        reference = part.get("$ref")
        target = self._target(reference) if isinstance(reference, str) else None
        if target is None or reference in open_refs:
            return {
                key: self.part(value, open_refs) if key not in ("enum", "const") else value
                for key, value in part.items()
            }
        beside = {key: value for key, value in part.items() if key != "$ref"}
        return self.part({**target, **beside}, (*open_refs, str(reference)))

    def _target(self, reference: str) -> Mapping[str, Any] | None:
        if not reference.startswith("#/"):
            return None
        found: Any = self._root
        for step in reference[2:].split("/"):
            step = step.replace("~1", "/").replace("~0", "~")
            found = found.get(step) if isinstance(found, Mapping) else None
        return found if isinstance(found, Mapping) else None


def _without_lone_all_of(part: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = part.get("allOf")
    if not isinstance(inner, list) or len(inner) != 1 or not isinstance(inner[0], Mapping):
        return part
    return {**inner[0], **{key: value for key, value in part.items() if key != "allOf"}}
