"""The whole numbers at the top of a program, and the program with others in their place.

Place in the flow: KernelBench's files keep their sizes in module constants (`batch_size = 128`,
`input_shape = (3, 224 * 2)`); `shrink` gives them smaller ones. The text around them stays as it
is.

What it does not do: it runs nothing, and does not know what a constant means.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """One whole number of at least 1.

    Attributes:
        name: The variable, with a place in brackets inside a tuple: "input_shape[0]".
        value: The number; products such as `1024 * 2` are one number.
        start: Where its text begins, in bytes of the source.
        end: Where its text ends.
    """

    name: str
    value: int
    start: int
    end: int


def find_constants(source: str) -> tuple[Constant, ...]:
    """The constants of a program, in order.

    Raises:
        SyntaxError: The program is none.
    """
    lines = source.encode().splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    found = []
    for statement in ast.parse(source).body:
        for name, node in _assigned(statement):
            for place, number in _numbers(node, name):
                value = _value(number)
                if value is not None and value >= 1:
                    found.append(
                        Constant(
                            name=place,
                            value=value,
                            start=starts[number.lineno - 1] + number.col_offset,
                            end=starts[(number.end_lineno or 1) - 1] + (number.end_col_offset or 0),
                        )
                    )
    return tuple(found)


def rewrite(source: str, values: Mapping[str, int]) -> str:
    """The program with other numbers for the constants that are named.

    Raises:
        KeyError: There is no constant of that name.
    """
    known = {constant.name: constant for constant in find_constants(source)}
    text = source.encode()
    for constant in sorted((known[name] for name in values), key=lambda one: -one.start):
        number = str(values[constant.name]).encode()
        text = text[: constant.start] + number + text[constant.end :]
    return text.decode()


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[-1], ast.Name):
        yield statement.targets[-1].id, statement.value
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        yield ast.unparse(statement.target), statement.value


def _numbers(node: ast.expr, name: str) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Tuple | ast.List):
        for place, element in enumerate(node.elts):
            yield from _numbers(element, f"{name}[{place}]")
    else:
        yield name, node


def _value(node: ast.expr) -> int | None:
    """The number that a node is: a literal, or a product, sum, difference or power of such."""
    if isinstance(node, ast.Constant):
        return node.value if type(node.value) is int else None
    if not isinstance(node, ast.BinOp):
        return None
    left, right = _value(node.left), _value(node.right)
    if left is None or right is None:
        return None
    match node.op:
        case ast.Mult():
            return left * right
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.FloorDiv():
            return left // right if right else None
        case ast.Pow():
            return int(left**right) if 0 <= right < 64 else None
    return None
