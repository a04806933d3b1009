"""The command `tasks validate`.

Place in the flow: `agent_env.__main__` hands its arguments over.

    python -m agent_env tasks validate --domain retail --count 1000 --seed 0 [--json]

Prints one line a check: how many tasks fail it, and the first of them. Exit status: 0 all tasks
pass, 1 some do not, 2 for a command line that cannot be followed.

What it does not do: no check of its own (`validate`).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from typing import TextIO

from agent_env.domain import Domain, list_adapted, list_domains, load_domain
from agent_env.evaluation.options import domain_option, pairs
from agent_env.validation.checks import CHECKS
from agent_env.validation.validate import DERIVED, Report, Validator

_NOT_HERE = "Does not apply: a referee judges here, without customer, facts and store."
_ABOUT = {DERIVED: "The task can be derived, and its id is its own."}
_FIRST_LINE_S, _LINE_S = 2.0, 5.0


def validate_command(arguments: Sequence[str]) -> int:
    """The exit status after checking the tasks that the arguments name.

    Raises:
        ValueError: No such domain, option or number of tasks.
    """
    options = _read_options(arguments)
    if options.count < 1:
        raise ValueError(f"--count is {options.count}; give 1 or more.")
    domain = load_domain(options.domain, **pairs(options.domain_option, "--domain-option"))
    if domain.task_count is not None and options.count > domain.task_count:
        raise ValueError(f"--count is {options.count}; {domain.name} has {domain.task_count}.")
    report = _validate(domain, options.count, options.seed, sys.stderr)
    if options.json:
        print(json.dumps(report.to_dict()))
    else:
        print("\n".join(lines(report)))
    return 0 if report.is_clean else 1


def lines(report: Report) -> Iterator[str]:
    """The report for people."""
    yield (
        f"{report.domain}: {report.tasks} tasks, {report.refusals} that want nothing done, "
        f"{report.swaps} pairs of changes made in the other order"
    )
    yield f"  {'check':<22}{'tasks':>7}{'failed':>8}  about"
    for check, faults in report.failed().items():
        if check in report.left_out:
            yield f"  {check:<22}{'-':>7}{'-':>8}  {_NOT_HERE}"
            continue
        about = _ABOUT.get(check) or (CHECKS[check].__doc__ or "").strip()
        yield f"  {check:<22}{report.tasks:>7}{len(faults):>8}  {about}"
        if faults:
            yield f"{'':>39}  first: {faults[0].task_id}: {faults[0].message}"
    if report.unsolved:
        yield f"No right answer is known for {report.unsolved} of {report.tasks} tasks."
    wrong = len({fault.task_id for fault in report.faults})
    yield f"{wrong} of {report.tasks} tasks fail." if wrong else "All tasks pass."


def _read_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m agent_env tasks validate",
        description="Check that tasks can be solved, and only by doing the work. "
        "Exit status: 0 all pass, 1 some do not, 2 bad arguments.",
    )
    names = ", ".join((*list_domains(), *list_adapted()))
    parser.add_argument("--domain", default="retail", help=f"one of: {names} (default retail)")
    domain_option(parser)
    parser.add_argument("--count", type=int, default=100, help="how many tasks (default 100)")
    parser.add_argument("--seed", type=int, default=0, help="of the tasks (default 0)")
    parser.add_argument("--json", action="store_true", help="the report as one JSON object")
    return parser.parse_args(arguments)


def _validate(domain: Domain, count: int, seed: int, out: TextIO) -> Report:
    validator = Validator(domain)
    due = time.monotonic() + _FIRST_LINE_S
    for index in range(count):
        validator.derive(index, seed)
        if time.monotonic() >= due:
            due = time.monotonic() + _LINE_S
            print(f"{index + 1}/{count} tasks checked", file=out, flush=True)
    return validator.report()
