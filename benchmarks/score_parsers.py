"""What `parsers.parse` makes of a folder of recorded turns: calls, messages, malformed, unsafe.

Takes every `*.jsonl` of the folder whose rows have an `expect`. A row is
{"id", "text", "toolset", "reasoning", "format", "expect": {"status", "calls", "content"?,
"fault_kinds"?, "must_not_call"?, "also_acceptable"?}}; `toolset` is a key of `toolsets.json` in the
same folder, `also_acceptable` lists other right readings, arguments of "*" may be anything.
Calls, messages and malformed turns are counted apart, because a parser that finds nothing is right
about every message. The data is nobody's but the folder's: nothing of it is kept.

    python benchmarks/score_parsers.py FOLDER
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from parsers import ParsedMessage, parse

STATUSES = ("calls", "message", "malformed")


@dataclass(slots=True, kw_only=True)
class Share:
    """How many of how many."""

    right: int = 0
    rows: int = 0

    def count(self, right: bool) -> None:
        """Adds one row."""
        self.right += right
        self.rows += 1

    def __str__(self) -> str:
        if not self.rows:
            return "-"
        return f"{self.right}/{self.rows} ({100 * self.right / self.rows:.1f} %)"


@dataclass(slots=True, kw_only=True)
class Score:
    """The counts of one file.

    Attributes:
        by_status: Rows read exactly (status, names, arguments with their JSON types), by what was
            expected.
        content: Content right but for blanks at its ends, of exact rows that state it.
        faults: All expected kinds of faults named, of rows that state them.
        unsafe: Rows where something would run that must not.
        wrong: A line for every row that is not exact.
    """

    by_status: dict[str, Share] = field(
        default_factory=lambda: {status: Share() for status in STATUSES}
    )
    by_format: dict[str, Share] = field(default_factory=dict)
    content: Share = field(default_factory=Share)
    faults: Share = field(default_factory=Share)
    unsafe: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def all(self) -> Share:
        """All rows, whatever was expected."""
        shares = self.by_status.values()
        return Share(right=sum(s.right for s in shares), rows=sum(s.rows for s in shares))


def same_json(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON, so that 1, 1.0, "1" and true all differ."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def is_exact(turn: ParsedMessage, expected: Mapping[str, Any]) -> bool:
    """Whether a turn has this status and exactly these calls."""
    calls = expected.get("calls") or []
    if turn.status.value != expected["status"] or len(turn.calls) != len(calls):
        return False
    return all(
        call.name == right["name"]
        and (right["arguments"] == "*" or same_json(call.arguments, right["arguments"]))
        for call, right in zip(turn.calls, calls, strict=True)
    )


def score_row(score: Score, row: Mapping[str, Any], toolsets: Mapping[str, Any]) -> None:
    """Adds one row to the counts.

    Raises:
        KeyError: the row lacks a field, or names a toolset that is not there.
    """
    expected = row["expect"]
    tools = toolsets[row["toolset"]] if row.get("toolset") else None
    turn = parse(row["text"], tools, row.get("reasoning") or "auto")
    right = [expected, *(expected.get("also_acceptable") or ())]
    exact = any(is_exact(turn, reading) for reading in right)
    score.by_status[expected["status"]].count(exact)
    score.by_format.setdefault(row.get("format") or "?", Share()).count(exact)
    forbidden = set(expected.get("must_not_call") or ())
    runs = bool(turn.calls) and not exact and expected["status"] != "calls"
    if runs or any(call.name in forbidden for call in turn.calls):
        score.unsafe.append(row["id"])
    if exact and expected.get("content") is not None:
        score.content.count(turn.content.strip() == expected["content"].strip())
    if expected.get("fault_kinds"):
        score.faults.count(
            set(expected["fault_kinds"]) <= {fault.kind.value for fault in turn.faults}
        )
    if not exact:
        got = [call.name for call in turn.calls] or [fault.kind.value for fault in turn.faults]
        score.wrong.append(
            f"{row['id']} ({row.get('format') or '?'}): expected {expected['status']} "
            f"{[call['name'] for call in expected.get('calls') or []]}, got {turn.status.value} "
            f"{got}"
        )


def scored(folder: Path) -> Iterator[tuple[str, Score]]:
    """The name and the score of every file of the folder that has expectations.

    Raises:
        ValueError: a line is no JSON object, or a row lacks a field; the message has its place.
    """
    listed = folder / "toolsets.json"
    toolsets = json.loads(listed.read_text("utf-8")) if listed.is_file() else {}
    for path in sorted(folder.glob("*.jsonl")):
        score = Score()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                if "expect" in row:
                    score_row(score, row, toolsets)
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path.name}:{number}: no row to score: {error!r}") from error
        if score.all.rows:
            yield path.name, score


def report(name: str, score: Score, most: int) -> str:
    """The counts of one file in words.

    Args:
        name: The file's name.
        score: Its counts.
        most: Rows listed at most.
    """
    lines = [f"== {name}: exact {score.all}"]
    lines += [f"   {status:10}{score.by_status[status]}" for status in STATUSES]
    lines += [f"   {'content':10}{score.content}", f"   {'faults':10}{score.faults}"]
    lines.append(f"   {'unsafe':10}{len(score.unsafe)} {' '.join(score.unsafe[:most])}".rstrip())
    lines += [f"   {name:28}{share}" for name, share in sorted(score.by_format.items())]
    lines += [f"   not exact: {line}" for line in score.wrong[:most]]
    if len(score.wrong) > most:
        lines.append(
            f"   … and {len(score.wrong) - most} more; --list {len(score.wrong)} shows all"
        )
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """0 when the folder was scored (or none was given), 2 for a folder that cannot be."""
    parser = argparse.ArgumentParser(description="Scores parsers.parse on a folder of turns.")
    parser.add_argument("folder", nargs="?", default=os.environ.get("CORPORA"))
    parser.add_argument("--list", type=int, default=20, help="rows listed for each file")
    given = parser.parse_args(argv)
    if not given.folder:
        print("no folder of turns was given, so nothing is scored; give one, or set CORPORA")
        return 0
    folder = Path(given.folder)
    if not folder.is_dir():
        print(f"{folder} is no folder; give one that holds *.jsonl files", file=sys.stderr)
        return 2
    seen = False
    try:
        for name, score in scored(folder):
            print(report(name, score, given.list))
            seen = True
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if not seen:
        print(f'{folder} holds no *.jsonl row with an "expect"', file=sys.stderr)
    return 0 if seen else 2


if __name__ == "__main__":
    sys.exit(main())
