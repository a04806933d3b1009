"""KernelBench's problems, run from a checkout of ScalingIntelligence/KernelBench.

Place in the flow: `list_problems()` names what the checkout holds, `load_problem(1, 19)` gives a
problem for the judge, with `shrink=True` one that a CPU can check; `unfit` says why a problem
should not be used. Files are read where they lie: `KernelBench/level1/19_ReLU.py` and so on.

What it does not do: nothing of the checkout's own evaluation is imported, none of its files is
kept. Problems of level 4 load weights from the network when they are imported, so they are named
but not loaded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agent_env.adapters.checkout import CheckoutError, find_checkout
from agent_env.errors import UnknownNameError

if TYPE_CHECKING:
    from agent_env.kernels.reference_file import FileProblem
    from agent_env.kernels.shrink import Budget

PROJECT = "KernelBench (github.com/ScalingIntelligence/KernelBench)"
VARIABLE = "KERNELBENCH_PATH"
LEVELS = (1, 2, 3, 4)
"""Levels and the names of files are those of the checkout at 423217d."""
_FILE = re.compile(r"(\d+)_(.+)\.py")
_PRETRAINED = "from_pretrained"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One problem of the checkout.

    Attributes:
        level: From 1.
        id: Its number in the level.
        name: Its name, such as "ReLU".
        path: The file.
    """

    level: int
    id: int
    name: str
    path: Path


def list_problems(path: str | None = None, level: int | None = None) -> tuple[Entry, ...]:
    """The problems of the checkout, by level and number.

    Args:
        path: The checkout; None takes the environment variable KERNELBENCH_PATH.
        level: Only those of one level.

    Raises:
        CheckoutError: No checkout of KernelBench is there.
        UnknownNameError: No such level.
    """
    if level is not None and level not in LEVELS:
        raise UnknownNameError("KernelBench level", level, map(str, LEVELS))
    folder = find_checkout(PROJECT, path, VARIABLE, ("KernelBench/level1",))
    found = []
    for number in LEVELS if level is None else (level,):
        for file in (folder / "KernelBench" / f"level{number}").glob("*.py"):
            if match := _FILE.fullmatch(file.name):
                found.append(
                    Entry(level=number, id=int(match[1]), name=match[2].strip("_"), path=file)
                )
    return tuple(sorted(found, key=lambda entry: (entry.level, entry.id)))


def load_problem(
    level: int,
    problem_id: int,
    path: str | None = None,
    *,
    shrink: bool = False,
    budget: Budget | None = None,
) -> FileProblem:
    """One problem, as it is or shrunk.

    Args:
        level: From 1.
        problem_id: Its number in the level.
        path: The checkout; None takes the environment variable KERNELBENCH_PATH.
        shrink: Whether sizes are made smaller, which makes its times meaningless.
        budget: How small; None is `Budget()`.

    Raises:
        CheckoutError: No checkout of KernelBench is there, or the problem needs the network.
        UnknownNameError: No such level or problem.
        ReferenceFileError: The file cannot be run here.
        ShrinkError: The problem does not fit the budget.
    """
    entries = {str(entry.id): entry for entry in list_problems(path, level)}
    entry = entries.get(str(problem_id))
    if entry is None:
        raise UnknownNameError(f"problem of KernelBench level {level}", problem_id, entries)
    if _PRETRAINED in entry.path.read_text(encoding="utf-8"):
        raise CheckoutError(
            f"KernelBench {level}/{entry.id} ({entry.name}) loads pretrained weights from the "
            "network when it is imported; take a problem of levels 1 to 3."
        )
    from agent_env.kernels.reference_file import load_reference
    from agent_env.kernels.shrink import Budget
    from agent_env.kernels.shrink import shrink as shrunk

    problem = load_reference(entry.path)
    return shrunk(problem, budget or Budget()) if shrink else problem
