"""JSON-lines files that survive a killed writer.

Place in the flow: under metrics, rollouts and resuming. A line counts when its newline is there;
half a line at the end is what a killed process leaves and is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def append(path: Path, row: Mapping[str, Any]) -> None:
    """Add one row."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def read(path: Path) -> list[dict[str, Any]]:
    """All whole rows, none when there is no file.

    Raises:
        ValueError: A whole line is no JSON; the message names file and line.
    """
    if not path.exists():
        return []
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n")[:-1], start=1):
        try:
            rows.append(json.loads(line))
        except ValueError as error:
            raise ValueError(f"{path}, line {number} is no JSON: {error}") from error
    return rows


def keep_until(path: Path, step: int) -> None:
    """Cut the file back to the rows up to this ``step``; written whole or not at all."""
    if not path.exists():
        return
    rows = [row for row in read(path) if row["step"] <= step]
    replace(path, "".join(json.dumps(row) + "\n" for row in rows))


def replace(path: Path, text: str) -> None:
    """Write the file whole or leave the old one."""
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
