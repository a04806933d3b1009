"""Programs that an answer spreads over several blocks.

Place in the flow: `extract`, and the `code` domain's `answer`, choose a program and have `joined`
put the blocks before it whose names it uses, and those that these use in turn.

What it does not do: it reads no answer, and no block that is no Python.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_NAMES = frozenset(dir(builtins)) | {"__file__", "__name__"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A block that reads as Python.

    Attributes:
        text: As it is written.
        tree: What was read.
        number: Its place among the answer's blocks.
    """

    text: str
    tree: ast.Module
    number: int


def joined(program: Part, others: Iterable[Part]) -> tuple[str, tuple[int, ...]]:
    """The program with the blocks that it needs, and the numbers of those, ascending.

    Of several blocks that give what is missing it is the one that gives most, then the nearest. A
    program that takes all names of some module may have them from there, and stays alone.
    """
    left, used = list(others), [program]
    while not any(is_star(node) for part in used for node in part.tree.body):
        trees = [part.tree for part in used]
        missing = loaded(trees) - bound(trees) - _NAMES
        ranked = [
            (len(missing & bound([part.tree])), -abs(program.number - part.number), place)
            for place, part in enumerate(left)
        ]
        count, _, place = max(ranked, default=(0, 0, 0))
        if not count:
            break
        used.append(left.pop(place))
    needed = sorted(used[1:], key=lambda part: part.number)
    return _text(program, needed), tuple(part.number for part in needed)


def loaded(nodes: Iterable[ast.AST]) -> set[str]:
    """Names that are used anywhere in the nodes."""
    return {
        one.id
        for node in nodes
        for one in ast.walk(node)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)
    }


def bound(nodes: Iterable[ast.AST]) -> set[str]:
    """Names that are given anywhere in the nodes."""
    names = set()
    for node in nodes:
        for one in ast.walk(node):
            match one:
                case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                    names.add(name)
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                    names.add(name)
                case ast.alias(name=name, asname=asname):
                    names.add(asname or name.split(".")[0])
                case ast.ExceptHandler(name=str(name)):
                    names.add(name)
    return names


def is_star(node: ast.stmt) -> bool:
    """Whether the statement takes all names of a module."""
    return isinstance(node, ast.ImportFrom) and any(one.name == "*" for one in node.names)


def _text(program: Part, needed: Sequence[Part]) -> str:
    texts = [part.text for part in needed]
    is_first = any(_future(node) for node in program.tree.body)  # it must stay first
    return "\n".join([program.text, *texts] if is_first else [*texts, program.text])


def _future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"
