"""Tasks as the rows that SkyRL trains on.

Place in the flow: domain -> file -> SkyRL's PromptDataset -> the environment of `training`, which
plays the episode that a row describes. The prompt is a list of messages, never text: SkyRL takes
text as well, and then masks the wrong tokens.

What it does not do: no training, no splits. pyarrow, which Parquet needs, is imported only when
a file of that kind is written; it comes with the extra `trainer`.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

from agent_env.domain import Domain
from agent_env.env import ToolEnv
from agent_env.errors import EnvError
from agent_env.rewards import RewardWeights
from agent_env.store import thaw
from agent_env.types import Limits, Task

ENV_CLASS = "callforge"
"""Name under which SkyRL knows the environment; every row carries it."""
_BATCH = 512
"""Rows of a Parquet row group: a prompt is some ten thousand characters."""


def rows(
    domain: Domain,
    tasks: Iterable[Task],
    limits: Limits | None = None,
    weights: RewardWeights | None = None,
    reasoning: str = "auto",
) -> Iterator[dict[str, Any]]:
    """One row a task.

    Row: `prompt` (messages), `env_class`, `task` and `episode` (JSON as text: the dataset library
    would otherwise merge the fields of all rows and fill the gaps with nulls).

    Args:
        domain: From which the tasks were derived.
        tasks: In the order of the rows.
        limits: None is the domain's own.
        weights: None is `RewardWeights()`.
        reasoning: See `ToolEnv`.

    Raises:
        EnvError: A customer has no opening.
    """
    limits, weights = limits or domain.limits, weights or RewardWeights()
    episode = {
        "domain": {"name": domain.name, **thaw(domain.options)},
        "limits": asdict(limits),
        "weights": asdict(weights),
        "reasoning": reasoning,
    }
    described = json.dumps(episode)
    for task in tasks:
        env = ToolEnv(domain, task, limits=limits, weights=weights, reasoning=reasoning)
        prompt = env.reset()
        if env.infra_error is not None:
            raise EnvError(str(env.infra_error["kind"]), f"{task.id}: {env.infra_error['message']}")
        yield {
            "prompt": prompt,
            "env_class": ENV_CLASS,
            "task": json.dumps(task.to_dict()),
            "episode": described,
        }


def check_path(path: Path) -> None:
    """Returns if a file of that name can be written here.

    Raises:
        ValueError: The name says no kind of file that there is, or Parquet without pyarrow.
    """
    if path.suffix not in _WRITERS:
        raise ValueError(f"{str(path)!r} ends in neither of {', '.join(_WRITERS)}; choose one.")
    if path.suffix == ".parquet":
        try:
            import_module("pyarrow.parquet")
        except ImportError:
            raise ValueError(
                "Parquet needs pyarrow, which is not installed here: `pip install pyarrow` (the "
                "extra `trainer` has it), or write .jsonl."
            ) from None


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Writes the file whole or leaves the old one, and returns how many rows it has.

    Args:
        path: Ends in ".jsonl" or ".parquet"; its folder is made.
        rows: As `rows` makes them.

    Raises:
        ValueError: As `check_path`.
        OSError: The file cannot be written.
    """
    check_path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        count = _WRITERS[path.suffix](part, rows)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return count


def _write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row) + "\n")
            count += 1
    return count


def _write_parquet(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    import pyarrow as arrow
    from pyarrow import parquet

    message = arrow.struct([("role", arrow.string()), ("content", arrow.string())])
    texts = [(name, arrow.string()) for name in ("env_class", "task", "episode")]
    schema = arrow.schema([("prompt", arrow.list_(message)), *texts])
    count, waiting = 0, iter(rows)
    with parquet.ParquetWriter(path, schema) as file:
        while batch := list(itertools.islice(waiting, _BATCH)):
            file.write_table(arrow.Table.from_pylist(batch, schema=schema))
            count += len(batch)
    return count


_WRITERS = {".jsonl": _write_lines, ".parquet": _write_parquet}
