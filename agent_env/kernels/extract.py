"""The program in a model's answer, or why there is none.

Place in the flow: the first rung. Tools and training call `extract` with what the model wrote and
hand the code to `judge`.

    fences outside of thoughts → the block that defines ModelNew, reads as Python and comes last
    → joined with the blocks that define what it names → usage at its end cut off

Without any fence the whole answer may be the program. A block that the answer's end cut off and
that does not read as Python is no program: a judge would blame the model for its last line, where
the length was the fault.

What it does not do: it repairs nothing. What it returns stands in the answer word for word, but for
the margin of an indented block.
"""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from agent_env.kernels.fences import PLAIN, PYTHON, Block, Blocks, find_blocks
from agent_env.kernels.joining import Part, bound, joined, loaded
from parsers.spans import rstripped

MAX_READ = 8
"""Blocks that are read as Python; the rest are passed over by their looks."""
MAX_CHARS = 1 << 20
_ENTRY = re.compile(r"^class[ \t]+ModelNew\b", re.MULTILINE)
_CODE_LINE = re.compile(r"^(?:import|from|class|def|@|#|\"\"\"|''')", re.MULTILINE)
_END_TOKEN = re.compile(r"(?:<\|\w{1,24}\|>|</s>)\Z")
_LONGEST_TOKEN = 28
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """What was found in an answer.

    Attributes:
        code: The program, or None.
        reason: Which block it is, or why there is none; one sentence.
        blocks: How many fenced blocks the answer has outside of its thoughts.
    """

    code: str | None
    reason: str
    blocks: int


@dataclass(slots=True)
class _Piece:
    """A block's text and what is known of it."""

    text: str
    language: str
    closed: bool
    number: int
    tree: ast.Module | None = None

    def looks(self) -> int:
        """How much it looks like the program, without reading it."""
        entry = 16 if _ENTRY.search(self.text) else 0
        kind = 4 if self.language in PYTHON else 2 if self.language in PLAIN else 0
        marks = ("def forward", "@triton.jit", "import torch", "import triton", "kernels.api")
        return entry + kind + sum(mark in self.text for mark in marks)

    def score(self) -> tuple[int, int]:
        """What the best block has most of; the last one wins a tie."""
        return self.looks() + (8 if self.tree is not None else 0), self.number


def extract(answer: str, reasoning: str = "auto") -> Extracted:
    """The program in an answer; never raises and takes linear time.

    Args:
        answer: What the model wrote, thoughts included.
        reasoning: "open" says that the prompt ended inside a thought; "auto" finds out.
    """
    if len(answer) > MAX_CHARS:
        reason = f"The answer has {len(answer)} characters; at most {MAX_CHARS} are read."
        return Extracted(code=None, reason=reason, blocks=0)
    found = find_blocks(answer, reasoning)
    pieces = [_piece(answer, block, number) for number, block in enumerate(found.blocks)]
    if not any(piece.text.strip() for piece in pieces):
        return _unfenced(answer, found)
    for piece in sorted(pieces, key=lambda one: (one.looks(), one.number))[-MAX_READ:]:
        if piece.language in PYTHON | PLAIN or _ENTRY.search(piece.text):
            piece.tree = _read(piece.text)
    best = max(pieces, key=_Piece.score)
    return _answer(best, pieces)


def _piece(answer: str, block: Block, number: int) -> _Piece:
    end = block.end if block.closed else _before_tokens(answer, block.end)
    text = answer[block.start : max(block.start, end)]
    if block.margin:
        text = textwrap.dedent(text)
    text = text.removeprefix("\ufeff")
    return _Piece(text, block.language, block.closed, number)


def _before_tokens(text: str, end: int) -> int:
    """Where the text ends without the tokens that end a turn."""
    while True:
        last = rstripped(text, end)
        token = _END_TOKEN.search(text, max(0, last - _LONGEST_TOKEN), last)
        if token is None:
            return end
        end = token.start()


def _answer(best: _Piece, pieces: Sequence[_Piece]) -> Extracted:
    count = len(pieces)
    where = f"block {best.number + 1} of {count}"
    if best.tree is None and not best.closed:
        reason = f"truncated: the answer ends inside {where}, before its program does."
        return Extracted(code=None, reason=reason, blocks=count)
    foreign = best.language not in PYTHON | PLAIN and not _ENTRY.search(best.text)
    if foreign or (best.tree is not None and not _defines_something(best.tree)):
        reason = "no code: no block of the answer is a program; give one ```python block."
        return Extracted(code=None, reason=reason, blocks=count)
    if best.tree is None:
        return Extracted(code=best.text, reason=f"{where}, which is no valid Python", blocks=count)
    code, used = joined(
        Part(text=_without_usage(best.text, best.tree), tree=best.tree, number=best.number),
        [
            Part(text=one.text, tree=one.tree, number=one.number)
            for one in pieces
            if one is not best and one.tree is not None and not _class_line(one.tree)
        ],
    )
    if used:
        named = ", ".join(str(number + 1) for number in used)
        where += f" behind block{'s' * (len(used) > 1)} {named}, whose names it uses"
    return Extracted(code=code, reason=where, blocks=count)


def _unfenced(answer: str, found: Blocks) -> Extracted:
    """The answer as a program of its own."""
    count = len(found.blocks)
    if found.unfinished:
        reason = "no code: the answer ends inside a thought, and drafts in thoughts do not count."
        return Extracted(code=None, reason=reason, blocks=count)
    start, stop = found.visible
    text = answer[start : max(start, _before_tokens(answer, stop))].lstrip("\ufeff\r\n")
    first = _CODE_LINE.search(text)
    if first is None:
        reason = "no code: the answer has no program; give one ```python block."
        return Extracted(code=None, reason=reason, blocks=count)
    text = text[first.start() :]
    tree = _read(text)
    if tree is None:
        text, tree = _before_prose(text)
    if tree is None or not _defines_something(tree):
        entry = _ENTRY.search(text)
        kind = "truncated: the program does not end" if entry else "no code: it is no Python"
        reason = f"{kind}; give one ```python block."
        return Extracted(code=None, reason=reason, blocks=count)
    return Extracted(code=_without_usage(text, tree), reason="the whole answer", blocks=count)


def _before_prose(text: str) -> tuple[str, ast.Module | None]:
    """The program up to a line of prose behind it, for an answer without fences."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        starts = _line_starts(text)
        line = (error.lineno or 1) - 1
        if 0 < line < len(starts) and text[starts[line] : starts[line] + 1].isalpha():
            kept = text[: starts[line]]
            tree = _read(kept)
            if tree is not None and _class_line(tree):
                return kept, tree
    except (ValueError, RecursionError, MemoryError):
        pass
    return text, None


def _read(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in strings
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _defines_something(tree: ast.Module) -> bool:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return any(isinstance(statement, kinds) for statement in tree.body)


def _class_line(tree: ast.Module) -> int:
    """The last line of class ModelNew, 0 without one."""
    lines = [
        statement.end_lineno or 0
        for statement in tree.body
        if isinstance(statement, ast.ClassDef) and statement.name == "ModelNew"
    ]
    return max(lines, default=0)


def _free(statement: ast.stmt) -> set[str]:
    """Names that a statement takes from the module."""
    if isinstance(statement, ast.ClassDef):
        return {name for inner in statement.body for name in _free(inner)}
    used = loaded([statement])
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return used - bound([statement])
    return used


def _without_usage(text: str, tree: ast.Module) -> str:
    """The program without statements at its end that only try it out."""
    entry = _class_line(tree)
    keep = len(tree.body)
    while keep and entry and _tries_out(tree.body[keep - 1], tree.body[: keep - 1], entry):
        keep -= 1
    tail = tree.body[keep:]
    if not tail or not loaded(tail) & {"ModelNew", "Model", "print", "get_inputs", "__name__"}:
        return text
    first = tail[0].lineno
    if first <= (tree.body[keep - 1].end_lineno or 0):  # both on one line
        return text
    return text[: _line_starts(text)[first - 1]]


def _tries_out(statement: ast.stmt, before: Sequence[ast.stmt], entry: int) -> bool:
    usage = ast.Expr | ast.If | ast.For | ast.While | ast.With | ast.Assert | ast.Try
    if isinstance(statement, ast.Assign):
        if not all(isinstance(one, ast.Name | ast.Tuple) for one in statement.targets):
            return False
    elif not isinstance(statement, usage):
        return False
    return statement.lineno > entry and not bound([statement]) & {
        name for one in before for name in _free(one)
    }


def _line_starts(text: str) -> list[int]:
    return [0, *(found.end() for found in _LINE_END.finditer(text))]
