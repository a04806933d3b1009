"""Two evaluations side by side: what each loses, and which tasks only one of them solves.

Place in the flow: `evaluate compare A.jsonl B.jsonl`, made for the same tasks in text mode and with
native tools; any two files can be compared.

What it does not do: no test of significance; the intervals stand beside the figures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from agent_env.evaluation.ledger import Digest, digest, read_records
from agent_env.evaluation.settings import differences
from agent_env.evaluation.summary import summarize
from agent_env.evaluation.table import side_by_side


def read(path: Path, broken: Callable[[str], None]) -> tuple[dict[str, Any], list[Digest]]:
    """The settings of a file's evaluation, and the digest of each pair.

    Raises:
        ValueError: There is no record in it.
        OSError: It cannot be read.
    """
    settings: dict[str, Any] = {}
    digests: dict[tuple[int, int], Digest] = {}
    for _, (one, found) in read_records(
        path, lambda line: (digest(line), line["settings"]), broken
    ):
        settings = found
        known = digests.get(one.pair)
        if known is None or known.infra_error is not None or one.infra_error is None:
            digests[one.pair] = one
    if not digests:
        raise ValueError(f"{path} holds no record of an evaluation.")
    return settings, list(digests.values())


def compare(paths: Sequence[Path], broken: Callable[[str], None]) -> dict[str, Any]:
    """The figures of each file over the pairs that all of them played, and how they differ.

    Raises:
        ValueError: A file without records, or files without a common pair.
        OSError: One cannot be read.
    """
    files = [read(path, broken) for path in paths]
    shared = set.intersection(
        *({one.pair for one in digests if one.infra_error is None} for _, digests in files)
    )
    if not shared:
        raise ValueError("These files have no played task and trial in common.")
    kept = [[one for one in digests if one.pair in shared] for _, digests in files]
    return {
        "files": [str(path) for path in paths],
        "settings": [settings for settings, _ in files],
        "summaries": [summarize(digests, asked=shared) for digests in kept],
        "solved_by_one": [_only(kept, number) for number in range(len(files))],
    }


def compare_lines(result: Mapping[str, Any]) -> list[str]:
    """The comparison for people."""
    first, *others = result["settings"]
    apart = [
        f"  setting {difference.replace(' in the file', '').replace(' now', '')}"
        for other in others
        for difference in differences(other, first)
    ]
    solved = [
        f"  solved only by {Path(name).name}: {len(tasks)} of the tasks{_named(tasks)}"
        for name, tasks in zip(result["files"], result["solved_by_one"], strict=True)
    ]
    titles = [Path(name).name[:24] for name in result["files"]]
    return list(side_by_side(result["summaries"], titles, [*solved, *apart]))


def _only(files: Sequence[Sequence[Digest]], number: int) -> list[str]:
    """The tasks that this file solved in some trial and no other file in any."""
    solved = [{one.task_id for one in digests if one.success} for digests in files]
    others = set().union(*(tasks for place, tasks in enumerate(solved) if place != number))
    return sorted(solved[number] - others)


def _named(tasks: Sequence[str]) -> str:
    shown = ", ".join(tasks[:5])
    return f" ({shown}{', ...' if len(tasks) > 5 else ''})" if tasks else ""
