"""The command `tasks export`.

Place in the flow: `agent_env.__main__` hands its arguments over.

    python -m agent_env tasks export --domain retail --count 1000 --seed 0 --out tasks.parquet

Exit status: 0 written, 2 for arguments that cannot be followed; the file is then as it was.

What it does not do: no rows of its own (`export`).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from agent_env.domain import list_adapted, list_domains, load_domain
from agent_env.evaluation.options import check_counts, domain_option, pairs
from agent_env.exporting.export import check_path, rows, write_rows


def export_command(arguments: Sequence[str]) -> int:
    """The exit status after writing the file.

    Raises:
        ValueError: Something was given that cannot be used; the message says what.
    """
    options = _read_options(arguments)
    check_counts(options, count=1, max_turns=1)
    path = Path(options.out)
    check_path(path)
    domain = load_domain(options.domain, **pairs(options.domain_option, "--domain-option"))
    limits = replace(domain.limits, max_turns=options.max_turns or domain.limits.max_turns)
    if domain.task_count is not None and options.count > domain.task_count:
        raise ValueError(f"--count is {options.count}; {domain.name} has {domain.task_count}.")
    tasks = (domain.derive(index, options.seed) for index in range(options.count))
    try:
        count = write_rows(path, rows(domain, tasks, limits))
    except OSError as error:
        raise ValueError(f"{path} cannot be written: {error.strerror or error}.") from error
    print(f"{count} tasks of {domain.name} are in {path}.", file=sys.stderr)
    return 0


def _read_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m agent_env tasks export",
        description="Write tasks as the rows that SkyRL trains on.",
    )
    names = ", ".join((*list_domains(), *list_adapted()))
    parser.add_argument("--domain", default="retail", help=f"one of: {names} (default retail)")
    domain_option(parser)
    parser.add_argument("--count", type=int, default=1000, help="how many tasks (default 1000)")
    parser.add_argument("--seed", type=int, default=0, help="of the tasks (default 0)")
    parser.add_argument("--max-turns", type=int, help="of an episode (the domain's own number)")
    parser.add_argument("--out", required=True, help="ends in .jsonl or .parquet")
    return parser.parse_args(arguments)
