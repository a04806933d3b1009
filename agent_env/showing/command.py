"""`python -m agent_env show FILE`: one recorded trajectory, for people.

Place in the flow: `__main__` hands over the arguments after the command's name; this finds the
record in what `evaluate` or a training run wrote (rollouts.jsonl), and prints its page.

Exit status: 0 shown, 1 shown while lines of the file could not be read (each is named on standard
error), 2 when there is nothing to show or the arguments cannot be followed.

What it does not do: the file is not changed, and no domain is loaded.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from agent_env.evaluation.ledger import read_records
from agent_env.evaluation.shape import SHOWN, check
from agent_env.feedback import encodable
from agent_env.showing.page import Look, page, trajectory_of

_WIDTH = 100
_NARROWEST = 20
Record = dict[str, Any]


def show_command(arguments: Sequence[str]) -> int:
    """The exit status after showing a trajectory.

    Raises:
        ValueError: There is nothing to show; the message says why.
    """
    options = _options(arguments)
    broken: list[str] = []
    try:
        found = _find(Path(options.file), options, broken.append)
    except OSError as error:
        raise ValueError(f"{options.file}: {error.strerror or error}.") from error
    for sentence in broken:
        print(encodable(sentence), file=sys.stderr)
    if found is None:
        raise ValueError(_nothing(options, len(broken)))
    number, record = found
    for line in page(record, f"{options.file}, line {number}", _look(options, sys.stdout)):
        print(encodable(line))
    return 1 if broken else 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m agent_env show",
        description="Print one trajectory of a file that `evaluate` or a training run wrote.",
        epilog="Exit status: 0 shown, 1 shown though lines could not be read, 2 nothing to show.",
    )
    parser.add_argument("file", metavar="FILE", help="JSON lines, such as rollouts.jsonl")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--number", type=int, help="of the line, from 1 (default: the first)")
    which.add_argument("--best", action="store_true", help="the first of the highest reward")
    which.add_argument("--worst", action="store_true", help="the first of the lowest reward")
    parser.add_argument("--full", action="store_true", help="the whole system prompt")
    parser.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", help="default auto"
    )
    options = parser.parse_args(arguments)
    if options.number is not None and options.number < 1:
        parser.error(f"--number {options.number}: lines are counted from 1")
    return options


def _find(
    path: Path, options: argparse.Namespace, broken: Callable[[str], None]
) -> tuple[int, Record] | None:
    """The line's number and its record; None without one."""
    best: tuple[int, Record] | None = None
    for number, record in read_records(path, _checked, broken):
        if not (options.best or options.worst):
            if options.number in (None, number):
                return number, record
            if number > options.number:
                return None
        elif best is None or _is_better(record, best[1], options.best):
            best = number, record
    return best


def _checked(record: Record) -> Record:
    """The record, if it can be shown.

    Raises:
        ValueError: It cannot.
    """
    check(record, {})
    check(trajectory_of(record), SHOWN)
    return record


def _is_better(record: Record, than: Record, highest: bool) -> bool:
    """Whether the record goes before; one that the environment failed goes behind all others."""
    ours, theirs = trajectory_of(record), trajectory_of(than)
    if bool(ours.get("infra_error")) is not bool(theirs.get("infra_error")):
        return not ours.get("infra_error")
    return _reward(ours) > _reward(theirs) if highest else _reward(ours) < _reward(theirs)


def _reward(trajectory: Mapping[str, Any]) -> float:
    return float(trajectory["reward"])


def _nothing(options: argparse.Namespace, broken: int) -> str:
    """Why nothing is shown."""
    if options.number is not None:
        return (
            f"{options.file} has no trajectory in line {options.number}; "
            "leave --number away for the first that there is."
        )
    said = f", but {broken} lines that could not be read" if broken else ""
    return (
        f"{options.file} holds no trajectory{said}; give a file of `evaluate --out` or a run's "
        "rollouts.jsonl."
    )


def _look(options: argparse.Namespace, out: TextIO) -> Look:
    """Colours on a terminal alone, and not where NO_COLOR or a dumb one asks for none."""
    is_terminal = out.isatty()
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    width = shutil.get_terminal_size((_WIDTH, 24)).columns if is_terminal else _WIDTH
    return Look(
        width=max(_NARROWEST, width),
        is_coloured=options.color == "always"
        or (options.color == "auto" and is_terminal and not plain),
        is_full=options.full,
    )
