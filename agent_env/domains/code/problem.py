"""A task of the `code` domain, read from its file, and its tests as calls and conditions.

Place in the flow: `load_problems` reads the folder `tasks`; `judge` runs the calls of a test in the
cage and asks `CodeTest.holds` whether the condition is true of what came back. So an assert is
evaluated here, on plain data, and never where the program could answer for it.

What it does not do: it runs no program of a model.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

from agent_env.external.slicing import list_tests
from agent_env.kernels.functions import Arguments

FOLDER = Path(__file__).parent / "tasks"
_OFFERED: dict[str, Any] = {
    one.__name__: one
    for one in (abs, all, any, bool, float, int, len, list, round, set, sorted, str, sum, tuple)
}
"""What a test's condition may use beside the function's own results."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeTest:
    """One assert.

    Attributes:
        text: As it is written.
        calls: What the function is called with, once for each call in it.
        condition: The assert's condition with results in place of calls.
    """

    text: str
    calls: tuple[Arguments, ...]
    condition: CodeType

    def holds(self, values: Sequence[Any]) -> bool:
        """Whether the condition is true of these results of the calls."""
        names = {f"_{number}": value for number, value in enumerate(values)}
        try:
            return bool(eval(self.condition, {"__builtins__": _OFFERED}, names))
        except Exception:  # the results are a program's, and may be of any kind and size
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One task.

    Attributes:
        name: The function that is asked for.
        signature: Its first line, without the colon.
        statement: What it should do.
        solution: A right program.
        tests: Asserts, a statement each.
    """

    name: str
    signature: str
    statement: str
    solution: str
    tests: tuple[str, ...]


@cache
def load_problems() -> dict[str, Problem]:
    """Every task by its name, sorted.

    Raises:
        ValueError: A file that is no task.
    """
    paths = sorted(path for path in FOLDER.glob("*.py") if path.stem != "__init__")
    return {path.stem: read_problem(path.stem, path.read_text(encoding="utf-8")) for path in paths}


def read_problem(name: str, source: str) -> Problem:
    """The task in the text of its file.

    Args:
        name: The file's name without `.py`, and the function's.
        source: The text.

    Raises:
        ValueError: There is no such function with a docstring, or no test of it.
    """
    tree = ast.parse(source)
    function = next(
        (one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == name), None
    )
    statement = ast.get_docstring(function) if function is not None else None
    if function is None or not statement:
        raise ValueError(f"tasks/{name}.py defines no function {name} with a docstring; give one.")
    tests = "".join(
        ast.literal_eval(one.value)
        for one in tree.body
        if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "TESTS"
    )
    texts = list_tests(tests)
    if not texts:
        raise ValueError(f"tasks/{name}.py has no asserts; give them as a text named TESTS.")
    for text in texts:
        read_test(text, name)
    imports = [
        ast.unparse(one) for one in tree.body if isinstance(one, ast.Import | ast.ImportFrom)
    ]
    returned = f" -> {ast.unparse(function.returns)}" if function.returns else ""
    body = ast.get_source_segment(source, function) or ""
    return Problem(
        name=name,
        signature=f"def {name}({ast.unparse(function.args)}){returned}",
        statement=statement,
        solution="\n".join([*imports, "", "", body] if imports else [body]) + "\n",
        tests=texts,
    )


@cache
def read_test(text: str, entry: str) -> CodeTest:
    """An assert as calls and a condition.

    Raises:
        ValueError: It is no assert of what the function returns for plain values.
    """
    tree = ast.parse(text)
    if len(tree.body) != 1 or not isinstance(tree.body[0], ast.Assert):
        raise ValueError(f"A test of {entry} is no single assert: {text[:80]!r}.")
    swap = _Calls(entry)
    condition = swap.visit(tree.body[0].test)
    if not swap.calls:
        raise ValueError(f"A test never calls {entry}: {text[:80]!r}.")
    code = compile(ast.fix_missing_locations(ast.Expression(condition)), f"<{entry}>", "eval")
    try:
        calls = tuple(_arguments(call) for call in swap.calls)
    except Exception as error:  # an argument is any expression of the task's file, such as "a" * 10
        raise ValueError(
            f"A test calls {entry} with what is no plain value ({error}): {text[:80]!r}."
        ) from None
    return CodeTest(text=text, calls=calls, condition=code)


class _Calls(ast.NodeTransformer):
    """Puts names in place of calls of one function, and keeps the calls."""

    def __init__(self, entry: str) -> None:
        self.calls: list[ast.Call] = []
        self._entry = entry

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if not (isinstance(node.func, ast.Name) and node.func.id == self._entry):
            return self.generic_visit(node)
        self.calls.append(node)
        return ast.Name(id=f"_{len(self.calls) - 1}", ctx=ast.Load())


def _arguments(call: ast.Call) -> Arguments:
    return Arguments(
        positional=tuple(map(_constant, call.args)),
        named={str(one.arg): _constant(one.value) for one in call.keywords},
    )


def _constant(node: ast.expr) -> Any:
    code = compile(ast.fix_missing_locations(ast.Expression(node)), "<argument>", "eval")
    return eval(code, {"__builtins__": {}})
