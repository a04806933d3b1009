"""What a candidate may not do by its text, and what makes it suspicious.

Place in the flow: `judge` asks `check_source` before anything is compiled. A REFUSE ends the
evaluation with a sentence that says what to do instead; a FLAG is only named in the verdict, for
the program is judged by running it.

    Forbidden names    `rules.FORBIDDEN`, a table: what is referred to, and why it may not be
    Forbidden acts     `rules.ACTS`, a function each: patching a library, a tensor subclass, ...
    Suspicions         `suspicions.SUSPICIONS`, a function each: fallbacks, decoys, keyed caches

The rules read Python's syntax tree and never the characters. They are a courtesy to honest models
and a hint to people; whoever hides from them runs in the cage, under a clock and checks that are
not his.

What it does not do: it reads no C++; what that does is judged by running it.
"""

from __future__ import annotations

import ast
import warnings

from agent_env.kernels.findings import Finding, Severity
from agent_env.kernels.program import Program
from agent_env.kernels.rules import ACTS, forbidden_names
from agent_env.kernels.suspicions import SUSPICIONS, no_custom_kernel

__all__ = ["WANTED", "Finding", "Severity", "check_source", "language_of"]

WANTED = ("cpp", "cuda", "triton", "any")
"""What may be demanded: a kernel in one language, or in any of them."""


def check_source(code: str, *, wanted: str = "") -> tuple[Finding, ...]:
    """What the static rules say of a program, in the order of its lines; never raises.

    Text that is no Python gives nothing: the compile rung says so.

    Args:
        code: The candidate's text.
        wanted: What the program must have a kernel in, one of WANTED; empty for no such demand.
    """
    program = _program(code)
    if program is None:
        return ()
    found = list(forbidden_names(program))
    for rule in (*ACTS, *SUSPICIONS):
        found += rule(program)
    if wanted:
        found += no_custom_kernel(program, wanted)
    once = {(one.rule, one.line): one for one in reversed(found)}
    return tuple(sorted(once.values(), key=lambda one: (one.line, one.rule)))


def language_of(code: str) -> str:
    """The language of a candidate's kernels: "triton", "cuda", "cpp", or "torch" for none."""
    program = _program(code)
    if program is None:
        return "torch"
    languages = {language for language, _ in program.compilations()}
    if program.jit_functions():
        languages.add("triton")
    return next((one for one in ("triton", "cuda", "cpp") if one in languages), "torch")


def _program(code: str) -> Program | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in strings
            return Program(ast.parse(code))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
