"""Which tests are told and which pay, and how many of the told ones are run.

Place in the flow: a domain splits a task's tests once, by `split_tests`, and slices the feedback
side by `slice_tests` before it runs it.

Everything goes by statements as Python's own parser sees them: an assert over five lines is one
test, two on a line are two. Statements that are no test (an import, a table of inputs) are set-up;
they count as none and stay before the tests that they stand before.

What it does not do: it runs nothing, and never cuts a text by lines.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

FEEDBACK_SHARE = 3
"""One test of so many is told, the others pay; at least one each."""
_EXPECTED = 'give a whole number (n first, -n last; 0 is all), null or "all"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A task's tests in two parts.

    Attributes:
        feedback: What the model may be told of.
        reward: What pays; never told where the two are kept apart.
    """

    feedback: tuple[str, ...]
    reward: tuple[str, ...]


def check_slice(wanted: object) -> int | None:
    """The slice as a number, None for all.

    Raises:
        ValueError: It is no slice.
    """
    if wanted is None or wanted == "all":
        return None
    if isinstance(wanted, bool) or not isinstance(wanted, int):
        raise ValueError(f"external.sandbox_slice is {wanted!r}; {_EXPECTED}.")
    return wanted or None


def statements(source: str) -> tuple[str, ...]:
    """The statements of a text at its outermost level, each as it is written.

    Raises:
        ValueError: The text is no Python.
    """
    return tuple(text for text, _ in _read(source))


def list_tests(source: str) -> tuple[str, ...]:
    """The statements that test something: asserts, and blocks that hold some.

    Raises:
        ValueError: The text is no Python.
    """
    return tuple(text for text, is_test in _read(source) if is_test)


def slice_tests(source: str, wanted: object) -> str:
    """The tests of a slice, with the set-up that stands before the last of them.

    A slice that asks for more tests than there are gets all of them.

    Args:
        source: Tests as Python statements.
        wanted: See `ExternalSettings.sandbox_slice`.

    Raises:
        ValueError: No slice, no Python, or not one test.
    """
    count = check_slice(wanted)
    read = _read(source)
    places = [place for place, (_, is_test) in enumerate(read) if is_test]
    if not places:
        raise ValueError(
            f"The tests hold {len(read)} statements and no assert; give at least one assert."
        )
    kept = set(choose(places, count))
    last = max(kept)
    return "\n".join(
        text
        for place, (text, is_test) in enumerate(read)
        if place in kept or (not is_test and place < last)
    )


def choose(tests: Sequence[int], count: int | None) -> Sequence[int]:
    """The first `count` of them, the last for a negative count, all for None."""
    if count is None:
        return tests
    return tests[:count] if count > 0 else tests[count:]


def split_tests(tests: Sequence[str], task: str, *, disjoint: bool = True) -> Split:
    """The tests that are told and those that pay, in their order, the same for the same task.

    Tests that are equal but for their layout count as one, so that none is on both sides.

    Args:
        tests: One statement each.
        task: The task's name; settles which are told.
        disjoint: False puts every test on both sides.

    Raises:
        ValueError: There are too few of them.
    """
    different: dict[str, str] = {}
    for text in tests:
        different.setdefault(ast.unparse(ast.parse(text)), text)
    kept = list(different.values())
    if not kept:
        raise ValueError(f"Task {task} has 0 tests; at least 1 is needed.")
    if not disjoint:
        return Split(feedback=tuple(kept), reward=tuple(kept))
    if len(kept) < 2:
        raise ValueError(
            f"Task {task} has {len(tests)} tests, {len(kept)} of them different; feedback and "
            "reward need at least 1 each. Add tests, or let both use the same one on purpose "
            "with external.disjoint=false."
        )
    told_count = max(1, len(kept) // FEEDBACK_SHARE)
    told = set(Random(f"external/{task}").sample(range(len(kept)), told_count))
    return Split(
        feedback=tuple(text for place, text in enumerate(kept) if place in told),
        reward=tuple(text for place, text in enumerate(kept) if place not in told),
    )


def _read(source: str) -> list[tuple[str, bool]]:
    """Statements, and whether each is a test."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"The tests are no Python: {error}; give asserts.") from None
    return [(_text_of(node, source), _is_test(node)) for node in tree.body]


def _text_of(node: ast.stmt, source: str) -> str:
    segment = ast.get_source_segment(source, node) or ""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    above = [f"@{ast.get_source_segment(source, one)}" for one in decorators]
    return "\n".join([*above, segment])


def _is_test(node: ast.stmt) -> bool:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return False  # an assert in a helper tests nothing until it is called
    return any(isinstance(one, ast.Assert) for one in ast.walk(node))
