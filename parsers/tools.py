"""The offered tools in the form that resolving needs: names, parameter names and checkers.

`toolbox` reads OpenAI function schemas once and remembers the last few lists by the identity of
their entries, so a schema that is changed in place afterwards is not seen. Wrong schemas are the
programmer's fault and raise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import is_
from typing import Any

from .schema import Mismatch, mismatches, needs_library, types_of
from .schema_form import check_schema, in_own_words
from .schema_refs import linked

_PREFIXES = ("functions.", "function.", "tools.", "tool.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One offered tool; `check` lists where arguments break its schema."""

    name: str
    schema: Mapping[str, Any] = field(repr=False, compare=False)  # may be a graph with loops
    parameters: frozenset[str]
    required: tuple[str, ...]
    plain: Mapping[str, type]
    check: Callable[[dict[str, Any]], list[Mismatch]]

    def fits(self, arguments: dict[str, Any]) -> bool:
        """Whether arguments plainly fit: known keys, none missing, all of plain types."""
        for key, value in arguments.items():
            if self.plain.get(key) is not type(value):
                return False
        return all(key in arguments for key in self.required)


_PLAIN = {"string": str, "integer": int, "boolean": bool}


def _plain(schema: Mapping[str, Any]) -> dict[str, type]:
    """Python types of parameters that have no rule but a type."""
    if schema.keys() - {
        "type",
        "properties",
        "required",
        "description",
        "additionalProperties",
        "title",
    }:
        return {}
    return {
        key: _PLAIN[part["type"]]
        for key, part in (schema.get("properties") or {}).items()
        if isinstance(part, Mapping)
        and part.get("type") in ("string", "integer", "boolean")
        and not part.keys() - {"type", "description", "title", "default", "examples"}
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolbox:
    """The tools of one parse; `tools` is None when none were given, so every name counts."""

    tools: Mapping[str, Tool] | None
    source: tuple[Any, ...] = field(default=(), repr=False)

    def find(self, name: str) -> tuple[str, Tool | None]:
        """The name without a namespace prefix, and its tool if exactly that name is offered."""
        name = name.strip()
        if self.tools is None:
            return name.removeprefix("functions."), None
        tool = self.tools.get(name)
        if tool is None:
            for prefix in _PREFIXES:
                if name.startswith(prefix):
                    bare = name[len(prefix) :]
                    tool = self.tools.get(bare)
                    name = bare if tool or prefix == "functions." else name
                    break
            else:
                space, _, bare = name.rpartition(".")
                if space and space == bare and bare in self.tools:  # a namespace of one tool
                    return bare, self.tools[bare]
        return name, tool

    def nearest(self, name: str) -> str:
        """The offered name that is spelled most like this one; "" if none is close."""
        import difflib  # only for faults; it would cost every start a few milliseconds

        close = difflib.get_close_matches(name[:80].lower(), list(self.tools or ()), 1, 0.75)
        return close[0] if close else ""

    def is_misspelling(self, name: str) -> bool:
        """Whether an offered name differs only in case, punctuation or a few letters."""
        key = _spelling(name)
        return any(_spelling(known) == key for known in self.tools or ()) or bool(
            self.nearest(name)
        )


def _spelling(name: str) -> str:
    return "".join(char for char in name[:200].lower() if char.isalnum())


_ANY = Toolbox(tools=None)
_recent: list[Toolbox] = []
_KEPT = 8


def toolbox(tools: Sequence[Mapping[str, Any]] | None) -> Toolbox:
    """The tools of these schemas.

    Raises:
        TypeError: `tools` is no sequence of mappings.
        ValueError: a schema is wrong; the message has its path.
    """
    if tools is None:
        return _ANY
    if isinstance(tools, str | bytes | Mapping) or not isinstance(tools, Sequence):
        raise TypeError(
            f"tools must be a list of function schemas or None, got {type(tools).__name__}"
        )
    for box in _recent:
        if len(box.source) == len(tools) and all(map(is_, box.source, tools)):
            return box
    read = [_read(entry, f"tools[{index}]") for index, entry in enumerate(tools)]
    by_name: dict[str, Tool] = {}
    for index, tool in enumerate(read):
        if tool.name in by_name:
            raise ValueError(f"tools[{index}].function.name: {tool.name!r} is offered twice")
        by_name[tool.name] = tool
    box = Toolbox(tools=by_name, source=tuple(tools))
    _recent.insert(0, box)
    del _recent[_KEPT:]
    return box


def _read(entry: Any, path: str) -> Tool:
    function = entry.get("function", entry) if isinstance(entry, Mapping) else None
    if not isinstance(function, Mapping):
        raise TypeError(
            f'{path}: expected {{"type": "function", "function": {{…}}}}, got {entry!r:.60}'
        )
    where = f"{path}.function" if "function" in entry else path
    name = function.get("name")
    if not isinstance(name, str) or not name.strip():
        raise ValueError(f"{where}.name: expected a name, got {name!r}")
    schema = function.get("parameters")
    where = f"{where}.parameters"
    if isinstance(schema, bool):
        raise ValueError(f"{where}: expected a JSON Schema object, got {schema!r}")
    check_schema({} if schema is None else schema, where)
    plain = in_own_words(schema or {})
    schema = linked(plain, where)
    if types_of(schema) not in ((), ("object",)):
        raise ValueError(f"{where}.type: expected 'object', got {schema['type']!r}")
    check = _checker(schema, plain)
    required = tuple(schema.get("required") or ())
    parameters = frozenset(schema.get("properties") or ()) | frozenset(required)
    return Tool(
        name=name,
        schema=schema,
        parameters=parameters,
        required=required,
        plain=_plain(schema),
        check=check,
    )


def _checker(
    schema: Mapping[str, Any], plain: Mapping[str, Any]
) -> Callable[[dict[str, Any]], list[Mismatch]]:
    """What lists the mismatches with a schema; the library gets it with its references."""
    if not needs_library(plain):
        return lambda arguments: list(mismatches(arguments, schema))
    validators: list[Any] = []

    def check(arguments: dict[str, Any]) -> list[Mismatch]:
        """Every mismatch: the common keywords first, the library only if those find nothing."""
        found = list(mismatches(arguments, schema))
        if found:
            return found
        if not validators:
            try:
                import jsonschema
            except ImportError:  # optional: a vendored copy may have no packages at all
                return found
            validators.append(jsonschema.Draft202012Validator(plain))
        try:
            errors = sorted(validators[0].iter_errors(arguments), key=_by_path)
        except Exception as error:  # arguments nested too deep for it; parse never raises
            why = f"the tool's schema cannot be checked: {error}"
            return [Mismatch(path=(), message=why[:200])]
        return [Mismatch(path=tuple(error.path), message=error.message[:200]) for error in errors]

    return check


def _by_path(error: Any) -> list[str]:
    return [str(step) for step in error.path]
