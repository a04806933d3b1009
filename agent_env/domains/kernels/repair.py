"""An agent that repairs its program over turns: the double for proving feedback and rewards.

Place in the flow: where tests and trials need an agent without a model. `drafts` makes of a right
program one that does not compile and one whose result is not right; `RepairingAgent` answers with
one after the other, as long as it is told that there is something to mend, and ends when it is told
that its program is right.

It keeps no state: where it stands follows from the conversation, so one object serves any number.

What it does not do: it reads no compiler's message and finds no repair of its own.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

import prompts
from agent_env.domains.kernels.reward import Kind
from agent_env.kernels.sources import find_sources
from agent_env.types import Message

_ENTRY = re.compile(r"^(class ModelNew\b.*):[ \t]*$", re.MULTILINE)


def drafts(program: str) -> tuple[str, str, str]:
    """The program with a fault that compilers see, with a wrong result, and as it is.

    Args:
        program: A right one, whose `ModelNew.forward` returns something that 1 can be added to, or
            a tuple of such.

    Raises:
        SyntaxError: It is no Python.
        ValueError: There is no ModelNew with a forward that returns something.
    """
    return uncompilable(program), wrong(program), program


def uncompilable(program: str) -> str:
    """The program without the last semicolon of its first C++ or CUDA source.

    Without any such source it is the colon behind `class ModelNew` that is missing.

    Raises:
        SyntaxError: The program is no Python.
        ValueError: It nests too deeply to be read.
    """
    for source in find_sources(program):
        head, semicolon, tail = source.text.rpartition(";")
        if semicolon and source.text in program:
            return program.replace(source.text, head + tail, 1)
    return _ENTRY.sub(r"\1", program, count=1)


def wrong(program: str) -> str:
    """The program with 1 added to the first thing that `ModelNew.forward` returns at its end.

    Raises:
        SyntaxError: The program is no Python.
        ValueError: There is no ModelNew with a forward that returns something.
    """
    returns = [
        node
        for entry in ast.walk(ast.parse(program))
        if isinstance(entry, ast.ClassDef) and entry.name == "ModelNew"
        for method in entry.body
        if isinstance(method, ast.FunctionDef) and method.name == "forward"
        for node in ast.walk(method)
        if isinstance(node, ast.Return) and node.value is not None
    ]
    if not returns:
        raise ValueError("The program has no ModelNew whose forward returns something; give one.")
    last = max(returns, key=lambda node: node.lineno)
    value = last.value
    spoilt = value.elts[0] if isinstance(value, ast.Tuple) else value
    assert spoilt is not None
    assert spoilt.end_lineno is not None
    assert spoilt.end_col_offset is not None
    lines = program.encode().splitlines(keepends=True)
    # Offsets count bytes; the end goes first, so that the beginning stays where it is.
    for row, column, text in (
        (spoilt.end_lineno - 1, spoilt.end_col_offset, b") + 1"),
        (spoilt.lineno - 1, spoilt.col_offset, b"("),
    ):
        lines[row] = lines[row][:column] + text + lines[row][column:]
    return b"".join(lines).decode()


def fenced(program: str) -> str:
    """The program as an answer holds it."""
    return f"```python\n{program.strip()}\n```"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairingAgent:
    """An agent with drafts.

    Attributes:
        answers: What it answers while it is told to mend something; the last one again when nothing
            is left.
        closing: What it says when its program is right.
    """

    answers: tuple[str, ...]
    closing: str

    def write(self, messages: Sequence[Message]) -> str:
        """What it writes next.

        Args:
            messages: The conversation so far, as `ToolEnv.messages` holds it.
        """
        told = messages[-1]["content"]
        if any(told.startswith(opening) for opening in _right_openings()):
            return self.closing
        written = sum(message["role"] == "assistant" for message in messages)
        return self.answers[min(written, len(self.answers) - 1)]


def _right_openings() -> tuple[str, ...]:
    """How each message opens that says that a program is right."""
    return tuple(
        prompts.load("turn", f"kernel_{kind.value}").bodies[0].partition("{{")[0].strip()
        for kind in Kind
        if kind.is_right
    )
