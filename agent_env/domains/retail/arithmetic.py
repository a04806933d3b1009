"""Evaluates what a person would type into a pocket calculator, in decimal arithmetic.

Place in the flow: the tool `calculate` passes the model's expression on.

What it does not do: it runs no code: the text may hold digits, points, + - * / and parentheses
only, is read by `ast`, and anything but a number or one of four operations is refused.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from decimal import Context, Decimal, DecimalException, localcontext
from types import MappingProxyType

from agent_env.errors import ToolError

_MAX_CHARS = 200
_MAX_RESULT = Decimal(10) ** 15
_ALLOWED = re.compile(r"[0-9.+\-*/() ]*")
# The comma of "1,290.00", but not that of "1,29".
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")
_OPERATIONS: Mapping[type, Callable[[Decimal, Decimal], Decimal]] = MappingProxyType(
    {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Div: operator.truediv,
    }
)


def evaluate(expression: str) -> str:
    """The value of the expression, rounded to four decimals, without needless zeros.

    Raises:
        ToolError: The expression is too long, is none, divides by zero or has a huge result.
    """
    if len(expression) > _MAX_CHARS:
        raise ToolError(
            f"The expression has {len(expression)} characters; give at most {_MAX_CHARS}."
        )
    text = _THOUSANDS.sub("", expression.replace("$", "")).strip()
    if not _ALLOWED.fullmatch(text):
        raise ToolError("The expression may hold decimal numbers, + - * / and parentheses only.")
    try:
        with localcontext(Context(prec=40)):
            value = _value_of(ast.parse(text, mode="eval").body, text)
            if abs(value) >= _MAX_RESULT:
                raise ToolError("The result is too large; it has to stay below 10^15.")
            rounded = value.quantize(Decimal("0.0001"))
    except (SyntaxError, ValueError, MemoryError, RecursionError, DecimalException):
        raise ToolError("The expression cannot be read; write it like 3 * (19.90 + 4).") from None
    whole, _, decimals = f"{rounded + 0:f}".partition(".")
    return f"{whole}.{decimals}".rstrip("0").rstrip(".")


def _value_of(node: ast.expr, text: str) -> Decimal:
    if isinstance(node, ast.Constant):
        # The digits as they stand: as a float, 0.1 would already be another number.
        return Decimal(text[node.col_offset : node.end_col_offset])
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = _value_of(node.operand, text)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        left, right = _value_of(node.left, text), _value_of(node.right, text)
        if isinstance(node.op, ast.Div) and not right:
            raise ToolError("The expression divides by zero.")
        return _OPERATIONS[type(node.op)](left, right)
    raise ValueError(f"{type(node).__name__} is no sum")
