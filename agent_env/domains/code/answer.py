"""The program in a model's answer to a `code` task.

Place in the flow: `judge` reads the answer with this. Fenced blocks outside of thoughts come first,
by the same rules as in the kernel bench; without any, the whole answer may be the program.

What it does not do: it repairs nothing and runs nothing.
"""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections.abc import Sequence

from agent_env.kernels.fences import Blocks, find_blocks
from agent_env.kernels.joining import Part, joined

MAX_CHARS = 1 << 16
"""Characters of a program."""
_MAX_READ = 8


def find_program(answer: str, entry: str, reasoning: str = "auto") -> str:
    """The program, or "" when there is none.

    Of several blocks it is the last that reads as Python and defines the function, else the last
    that seems to define it, else the last that is not empty. The others that define what it names
    and not the function stand before it.

    Args:
        answer: What the model wrote, thoughts included.
        entry: The function that is asked for.
        reasoning: As of `parsers.parse`.
    """
    found = find_blocks(answer, reasoning)
    texts = [
        textwrap.dedent(answer[block.start : block.end])
        if block.margin
        else answer[block.start : block.end]
        for block in found.blocks
    ]
    texts = [text.removeprefix("\ufeff").strip("\r\n") for text in texts if text.strip()]
    if not texts:
        return _unfenced(answer, found, entry)
    texts = [text for text in texts if len(text) <= MAX_CHARS][-_MAX_READ:]
    if not texts:
        return ""
    numbers = sorted(range(len(texts)), key=lambda n: _rank(texts[n], entry))  # the last wins a tie
    return _with_helpers(texts, numbers[-1], entry)


def seems_to_define(text: str, entry: str) -> bool:
    """Whether a line of the text begins the function, readable or not."""
    return _definition(entry).search(text) is not None


def syntax_fault(text: str) -> str:
    """What Python says is wrong with the text; "" for a program."""
    try:
        _read(text)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _read(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of escapes in strings
        return ast.parse(text)


def _with_helpers(texts: Sequence[str], best: int, entry: str) -> str:
    """The program with the blocks whose names it uses."""
    program = texts[best]
    if _rank(program, entry) < 2:
        return program
    parts = [
        Part(text=text, tree=_read(text), number=number)
        for number, text in enumerate(texts)
        if number == best or not (seems_to_define(text, entry) or syntax_fault(text))
    ]
    [own] = [part for part in parts if part.number == best]
    code, _ = joined(own, [part for part in parts if part is not own])
    return code


def _rank(text: str, entry: str) -> int:
    if not seems_to_define(text, entry):
        return 0
    return 1 if syntax_fault(text) else 2


def _unfenced(answer: str, found: Blocks, entry: str) -> str:
    start, end = found.visible
    text = answer[start:end].strip("\ufeff\r\n")
    begin = _definition(entry).search(text)
    if begin is None or len(text) > MAX_CHARS:
        return ""
    # Imports and helpers may stand before it, prose may too.
    return text if not syntax_fault(text) else text[begin.start() :]


def _definition(entry: str) -> re.Pattern[str]:
    return re.compile(
        rf"^(?:async[ \t]+)?def[ \t]+{re.escape(entry)}\b|^{re.escape(entry)}\s*=", re.M
    )
