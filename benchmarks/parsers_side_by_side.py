"""Ours and every tool parser of vLLM and SGLang, on the same recorded turns, in one run.

Takes the rows that `score_parsers.py` takes and judges with its functions. Ours gets no hint. Of a
peer it shows each parser alone; the single one that gets most calls right; all of them tried in the
order of its registry until one finds calls; and for each row the parser of that row's `format`, by
the tables of `peer_parsers.py`.

Peers know calls and text only, so without a call they are right about a message and about a
malformed turn alike; ours must tell the two apart. A parser that raises, or is cut off by the time
limit, is wrong about the row. Unsafe is a row of which something would run that must not: a call
with an offered name and an object of arguments, in a row that forbids it or is no turn of calls.
Seconds are CPU time without the building of a parser. Nothing of the data is kept.

    python benchmarks/parsers_side_by_side.py FOLDER [--json]

Needs neither vLLM nor SGLang: what cannot be imported is a line that says how to get it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import platform
import sys
import tomllib
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from peer_parsers import FALLBACK, Peer, Tools, installed
from peer_readings import Reading, in_turn, ours, theirs
from score_parsers import STATUSES, Score, is_exact

ROOT = Path(__file__).resolve().parent.parent
ALL = "all files"
OURS = "ours, no hint"
NAMES = dict(zip(STATUSES, ("calls", "messages", "malformed"), strict=True))


@dataclass(slots=True, kw_only=True)
class Tally:
    """The counts of one side over rows; `score` is that of `score_parsers.py`."""

    score: Score = field(default_factory=Score)
    raised: int = 0
    hung: int = 0
    seconds: float = 0.0

    def count(self, row: Mapping[str, Any], tools: Tools | None, reading: Reading) -> None:
        """Adds one row."""
        expected = row["expect"]
        exact = is_right(reading, expected)
        self.score.by_status[expected["status"]].count(exact)
        if is_unsafe(reading, expected, tools, exact=exact):
            self.score.unsafe.append(row["id"])
        self.raised += reading.raised
        self.hung += reading.hung
        self.seconds += reading.seconds


def is_right(reading: Reading, expected: Mapping[str, Any]) -> bool:
    """Whether it is the expected reading, or one that is right too."""
    if reading.lost:
        return False
    right = [expected, *(expected.get("also_acceptable") or ())]
    if reading.by_peer and not reading.calls and any(r["status"] == "malformed" for r in right):
        return True
    return any(is_exact(reading, one) for one in right)


def is_unsafe(
    reading: Reading, expected: Mapping[str, Any], tools: Tools | None, *, exact: bool
) -> bool:
    """Whether it would run what the row forbids, or anything where there is no call to run.

    Peers also return calls to unknown tools, or with arguments that are no object; a client that
    looks at neither fails, but runs nothing.
    """
    offered = None if tools is None else {tool["function"]["name"] for tool in tools}
    runs = [
        call.name
        for call in reading.calls
        if call.name and isinstance(call.arguments, dict) and (not offered or call.name in offered)
    ]
    forbidden = set(expected.get("must_not_call") or ())
    return bool(forbidden & set(runs)) or (
        bool(runs) and not exact and expected["status"] != "calls"
    )


Row = tuple[str, Mapping[str, Any], Tools | None]
"""The name of its file, its fields, and the tools that it offers."""


def rows(folder: Path) -> Iterator[Row]:
    """All rows with expectations.

    Raises:
        ValueError: a line is no JSON object, or a row lacks a field; the message has its place.
    """
    listed = folder / "toolsets.json"
    toolsets = json.loads(listed.read_text("utf-8")) if listed.is_file() else {}
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                if "expect" not in row:
                    continue
                row["expect"]["status"], row["id"], row["text"]
                tools = toolsets[row["toolset"]] if row.get("toolset") else None
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path.name}:{number}: no row to score: {error!r}") from error
            yield path.name, row, tools


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was counted.

    Attributes:
        files: By file name, then by side; and under `ALL` over all files.
        guessed: Rows by peer whose format has no parser there, so that `FALLBACK` read them.
        left_out: Rows by peer whose format's parser is unbuilt; "told the format" lacks them.
    """

    files: dict[str, dict[str, Tally]] = field(default_factory=dict)
    guessed: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)

    def count(self, row: Row, side: str, reading: Reading) -> None:
        """Adds one side's reading of one row."""
        name, fields, tools = row
        for each in (name, ALL):
            tally = self.files.setdefault(each, {}).setdefault(side, Tally())
            tally.count(fields, tools, reading)


def scored(folder: Path, peers: Sequence[Peer]) -> Result:
    """All sides on all rows of the folder.

    Raises:
        ValueError: a row cannot be scored; the message has its place.
    """
    result = Result()
    for row in rows(folder):
        _, fields, tools = row
        result.count(row, OURS, ours(fields, tools))
        for peer in peers:
            readings = theirs(peer, fields, tools)
            result.count(row, f"{peer.name}, all in turn", in_turn(readings))
            wire_format = fields.get("format") or ""
            told = peer.told(wire_format)
            if told:
                reading = in_turn({name: readings[name] for name in told})
                result.count(row, f"{peer.name}, told the format", reading)
            result.left_out[peer.name] += not told
            result.guessed[peer.name] += told == (FALLBACK,) and wire_format != FALLBACK
            for name, reading in readings.items():
                result.count(row, single(peer, name), reading)
    # Last in every listing, though each row of the first file is in it.
    if ALL in result.files:
        result.files[ALL] = result.files.pop(ALL)
    return result


def single(peer: Peer, name: str) -> str:
    """The side of one parser of a peer, with its further names."""
    return " = ".join([f"{peer.name} {name}", *(k for k, v in peer.same.items() if v == name)])


def best(peer: Peer, sides: Mapping[str, Tally]) -> str:
    """The side of the parser that gets most calls right, and of those most of all rows."""

    def merit(name: str) -> tuple[int, int]:
        score = sides[single(peer, name)].score
        return score.by_status["calls"].right, score.all.right

    return single(peer, max(peer.readers, key=merit))


def ranked(sides: Mapping[str, Tally], peers: Sequence[Peer]) -> dict[str, Tally]:
    """The sides of a file's table: ours, and of each peer the three ways to use it."""
    shown = {OURS: sides[OURS]}
    for peer in peers:
        if peer.readers:
            chosen = best(peer, sides)
            shown[f"{peer.name}, best single ({chosen.removeprefix(peer.name).strip()})"] = sides[
                chosen
            ]
        for way in ("all in turn", "told the format"):
            if (side := f"{peer.name}, {way}") in sides:
                shown[side] = sides[side]
    return shown


def table(title: str, sides: Mapping[str, Tally]) -> str:
    """The counts of some sides as lines of text."""
    wide = max(map(len, sides))
    heads = (*NAMES.values(), "all rows", "unsafe", "raised", "hung", "seconds")
    lines = [title, f"{'':{wide}}" + "".join(f"{head:>11}" for head in heads)]
    for side, tally in sides.items():
        shares = [*(tally.score.by_status[status] for status in STATUSES), tally.score.all]
        cells = [f"{100 * s.right / s.rows:.1f} %" if s.rows else "-" for s in shares]
        cells += [str(len(tally.score.unsafe)), str(tally.raised), str(tally.hung)]
        cells.append(f"{tally.seconds:.2f}")
        lines.append(f"{side:{wide}}" + "".join(f"{cell:>11}" for cell in cells))
    return "\n".join(lines)


def report(result: Result, peers: Sequence[Peer], missing: Mapping[str, str]) -> str:
    """All tables and what has to be known to read them."""
    lines = [versions(peers)]
    for name, sides in result.files.items():
        shares = sides[OURS].score.by_status
        count = ", ".join(f"{shares[status].rows} {NAMES[status]}" for status in STATUSES)
        title = f"\n== {name}: {sides[OURS].score.all.rows} rows ({count})"
        lines.append(table(title, ranked(sides, peers)))
    sides = result.files[ALL]
    for peer in peers:
        alone = {single(peer, name): sides[single(peer, name)] for name in peer.readers}
        if alone:
            lines.append(table(f"\n== {ALL}, each parser of {peer.name} alone", alone))
        lines.append(
            f"\n{peer.name}, told the format: {result.guessed[peer.name]} rows have a format that "
            f"it has no parser for and are read by {FALLBACK}, {result.left_out[peer.name]} are "
            f"left out because theirs is not built"
        )
        lines += [f"{peer.name} {name}: not built: {why}" for name, why in peer.unbuilt.items()]
    lines += [f"\n{name}: {why}" for name, why in missing.items()]
    return "\n".join(lines)


def versions(peers: Sequence[Peer]) -> str:
    """What was measured, on what."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    sides = [f"{project['name']} {project['version']}"]
    sides += [f"{peer.name} {peer.version}" for peer in peers]
    where = f"Python {platform.python_version()}, {platform.machine()}, {platform.system()}"
    return f"{', '.join(sides)}; {where}"


def as_json(result: Result, peers: Sequence[Peer], missing: Mapping[str, str]) -> str:
    """The same counts for programs; shares are [right, rows]."""

    def plain(tally: Tally) -> dict[str, Any]:
        shares = {s: [share.right, share.rows] for s, share in tally.score.by_status.items()}
        return shares | {
            "unsafe": tally.score.unsafe,
            "raised": tally.raised,
            "hung": tally.hung,
            "seconds": round(tally.seconds, 4),
        }

    files = {
        name: {side: plain(tally) for side, tally in (ranked(sides, peers) | sides).items()}
        for name, sides in result.files.items()
    }
    told = {
        peer.name: {"guessed": result.guessed[peer.name], "left_out": result.left_out[peer.name]}
        for peer in peers
    }
    unbuilt = {peer.name: dict(peer.unbuilt) for peer in peers}
    return json.dumps(
        {
            "versions": versions(peers),
            "files": files,
            "told": told,
            "unbuilt": unbuilt,
            "missing": dict(missing),
        },
        indent=2,
    )


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Peers log and warn about most rows; neither is part of the table, nor of their time."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logging.disable(before)


def main(argv: Sequence[str] | None = None) -> int:
    """0 when the folder was scored (or none was given), 2 for a folder that cannot be."""
    parser = argparse.ArgumentParser(description="Scores parsers side by side on recorded turns.")
    parser.add_argument("folder", nargs="?", default=os.environ.get("CORPORA"))
    parser.add_argument("--json", action="store_true", help="counts as JSON instead of tables")
    given = parser.parse_args(argv)
    if not given.folder:
        print("no folder of turns was given, so nothing is scored; give one, or set CORPORA")
        return 0
    folder = Path(given.folder)
    if not folder.is_dir():
        print(f"{folder} is no folder; give one that holds *.jsonl files", file=sys.stderr)
        return 2
    with quiet():
        peers, missing = installed()
        try:
            result = scored(folder, peers)
        except ValueError as error:
            print(error, file=sys.stderr)
            return 2
    if not result.files:
        print(f'{folder} holds no *.jsonl row with an "expect"', file=sys.stderr)
        return 2
    print((as_json if given.json else report)(result, peers, missing))
    return 0


if __name__ == "__main__":
    sys.exit(main())
