"""The kernels that a candidate hands to a compiler, read from its text.

Place in the flow: `compile` builds what this finds before anything of the candidate runs; the
candidate's own call of `api.cpp(...)` then finds its library under the same hash.

A source must be known from the text alone: a string, a module constant, or such strings joined,
filled in by other constants, or stripped.

What it does not do: it runs nothing, and builds nothing.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

API = "agent_env.kernels.api"
LANGUAGES = ("cpp", "cuda")
MAX_SOURCES = 8
MAX_CHARS = 262_144


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One text for a compiler.

    Attributes:
        language: "cpp" or "cuda".
        text: The source.
        flags: What its author asked of the compiler.
        line: Where the candidate's own text asks for it.
    """

    language: str
    text: str
    flags: tuple[str, ...] = ()
    line: int = 0

    @property
    def hash(self) -> str:
        """The name under which its library is found; the same in the judge and in the child."""
        return source_hash(self.language, self.text, self.flags)


def source_hash(language: str, text: str, flags: Sequence[str] = ()) -> str:
    """The hash of a source and what was asked of its compiler."""
    whole = json.dumps([language, text, list(flags)], ensure_ascii=True)
    return hashlib.sha256(whole.encode()).hexdigest()


def find_sources(code: str) -> tuple[Source, ...]:
    """What the candidate compiles through `api`, in the order of its text, each once.

    A call whose source is not known from the text is left out; the child then says so, where it
    runs. At most `MAX_SOURCES` are taken.

    Raises:
        SyntaxError: The candidate is no Python.
        ValueError: Its text holds what no Python source may, or nests too deeply to be read.
    """
    try:
        return _find(ast.parse(code))
    except (RecursionError, MemoryError) as error:
        raise ValueError("The program nests too deeply to be read.") from error


def _find(tree: ast.Module) -> tuple[Source, ...]:
    names = _api_names(tree)
    known = _constants(tree)
    found: dict[str, Source] = {}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        language = names.get(_dotted(call.func))
        source = _source(call, language, known) if language else None
        if source is not None and len(found) < MAX_SOURCES:
            found.setdefault(source.hash, source)
    return tuple(found.values())


def _api_names(tree: ast.Module) -> Mapping[str, str]:
    """How the candidate spells each compiler: dotted name to language."""
    names: dict[str, str] = {}
    package, _, module = API.rpartition(".")
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == API:
            names |= {
                one.asname or one.name: one.name for one in node.names if one.name in LANGUAGES
            }
        elif isinstance(node, ast.ImportFrom) and node.module == package:
            prefixes = [one.asname or one.name for one in node.names if one.name == module]
            names |= {f"{prefix}.{name}": name for prefix in prefixes for name in LANGUAGES}
        elif isinstance(node, ast.Import):
            prefixes = [one.asname or one.name for one in node.names if one.name == API]
            names |= {f"{prefix}.{name}": name for prefix in prefixes for name in LANGUAGES}
    return names


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _constants(tree: ast.Module) -> Mapping[str, object]:
    """Module constants whose values the text tells; a name that is given twice tells nothing."""
    known: dict[str, object] = {}
    given: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            given[node.id] = given.get(node.id, 0) + 1
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if given[name] == 1:
                known[name] = _value(value, known)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if (
                given[name] == 1
            ):
                known[name] = _value(value, known)
    return known


def _source(call: ast.Call, language: str, known: Mapping[str, object]) -> Source | None:
    given = {word.arg: word.value for word in call.keywords}
    node = call.args[0] if call.args else given.get("source")
    text = _value(node, known) if node is not None else None
    flags = _value(given["flags"], known) if "flags" in given else ()
    if not isinstance(text, str) or not isinstance(flags, list | tuple):
        return None
    return Source(language=language, text=text, flags=tuple(map(str, flags)), line=call.lineno)


def _value(node: ast.expr, known: Mapping[str, object]) -> object:
    """What the expression is, as far as the text tells; None where it does not."""
    match node:
        case ast.Constant(value=str() | int() | float() as value):
            return value
        case ast.Name(id=name):
            return known.get(name)
        case ast.Tuple(elts=items) | ast.List(elts=items):
            return [_value(item, known) for item in items]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _joined([_value(left, known), _value(right, known)])
        case ast.JoinedStr(values=parts):
            return _joined([_piece(part, known) for part in parts])
        case ast.Call(func=ast.Attribute(value=owner, attr=method), args=args, keywords=[]):
            return _called(_value(owner, known), method, [_value(arg, known) for arg in args])
    return None


def _joined(parts: Sequence[object]) -> str | None:
    texts = [part for part in parts if isinstance(part, str)]
    if len(texts) < len(parts) or sum(map(len, texts)) > MAX_CHARS:
        return None
    return "".join(texts)


def _piece(part: ast.expr, known: Mapping[str, object]) -> str | None:
    if isinstance(part, ast.FormattedValue):
        plain = part.conversion == -1 and part.format_spec is None
        value = _value(part.value, known) if plain else None
        return str(value) if isinstance(value, str | int | float) else None
    value = _value(part, known)
    return value if isinstance(value, str) else None


def _called(owner: object, method: str, given: Sequence[object]) -> str | None:
    """What a method of a known string gives for known strings."""
    match owner, method, given:
        case str(), "strip" | "lstrip" | "rstrip", []:
            return str(getattr(owner, method)())
        case str(), "replace", [str(old), str(new)] if old:
            grown = len(owner) + owner.count(old) * (len(new) - len(old))
            return owner.replace(old, new) if grown <= MAX_CHARS else None
    return None
