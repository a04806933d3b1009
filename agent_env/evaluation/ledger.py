"""The file of an evaluation: one JSON line a trajectory, appended as episodes finish.

Place in the flow: `command` opens a `Ledger`, which reads back what an earlier run of the same
settings left; `run` gives it records. A line is written whole, so a process may be killed at any
time. A line that cannot be read is named and left out; the episode is then played again.

What it does not do: no figures; records of failed episodes stay in the file, but count as not
played.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from agent_env.evaluation.run import Pair
from agent_env.evaluation.settings import Settings, differences
from agent_env.evaluation.shape import RECORD, check
from agent_env.feedback import encodable

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A record without its conversation: what the figures are made of.

    Attributes:
        pair: The numbers of task and trial.
        task_id: The task's id.
        success: Whether the goal was reached.
        infra_error: Why the episode does not count; None if it does.
        counts: As in `ToolEnv.metrics()`, those that are 0 left out.
        requests: One for each turn, without its reasoning.
        wall_s: How long the episode took.
        rescued: Whether a call that the server left in the text was run.
        context_full: Whether the conversation outgrew the model.
    """

    pair: Pair
    task_id: str
    success: bool
    infra_error: str | None
    counts: Mapping[str, float]
    requests: tuple[Mapping[str, Any], ...]
    wall_s: float
    rescued: bool = False
    context_full: bool = False


def digest(record: Mapping[str, Any]) -> Digest:
    """The digest of a record.

    Raises:
        ValueError: This is no record of an evaluation.
    """
    check(record, RECORD)
    trajectory = record["trajectory"]
    error = trajectory.get("infra_error")
    turns = len(trajectory["turns"])
    if len(record["requests"]) > turns:
        raise ValueError(f"it has {len(record['requests'])} requests for {turns} turns")
    requests = tuple(
        {key: value for key, value in one.items() if key != "reasoning"}
        for one in record["requests"]
    )
    rescues = [number for number, one in enumerate(requests) if one.get("is_rescue")]
    return Digest(
        pair=(record["task_number"], record["trial"]),
        # What the tables print may hold lone surrogates.
        task_id=encodable(trajectory["task"]["id"]),
        success=trajectory["success"] and error is None,
        infra_error=None if error is None else encodable(f"{error['kind']}: {error['message']}"),
        counts={key: float(value) for key, value in record["counts"].items()},
        requests=requests,
        wall_s=float(record["wall_s"]),
        rescued=any(trajectory["turns"][number]["calls"] for number in rescues),
        context_full="context_full" in trajectory,
    )


def read_records(
    path: Path, use: Callable[[dict[str, Any]], T], broken: Callable[[str], None]
) -> Iterator[tuple[int, T]]:
    """What `use` makes of every record, with the number of its line, from 1.

    Args:
        path: The file.
        use: Given a line's JSON data; a line on which it fails is left out.
        broken: Told, in a sentence, of each line that is left out.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                used = use(json.loads(line))
            except (
                Exception
            ) as error:  # A line may hold anything; the others are read all the same.
                cut = "" if line.endswith(b"\n") else " (the file ends inside it)"
                broken(f"{path}, line {number} is left out{cut}: {_reason(error)}.")
            else:
                yield number, used


def _reason(error: Exception) -> str:
    """Why a line is left out, in one line and without its end mark."""
    said = " ".join(str(error).split()).rstrip(".")[:300]
    return said if isinstance(error, ValueError) and said else f"{type(error).__name__}: {said}"


def _of_file(record: dict[str, Any]) -> tuple[dict[str, Any], str | None, Digest]:
    """A record's settings, commit and digest."""
    one = digest(record)
    return record["settings"], record.get("commit"), one


@dataclass(slots=True, kw_only=True)
class Ledger:
    """The episodes of one evaluation, in memory and, if there is a path, in its file.

    Attributes:
        settings: What all of them share.
        path: None keeps nothing on disk.
        broken: Told of each line that cannot be read.
        digests: The last record of each pair, failed ones included.
        commits: By which versions of this code the records in the file were made.
    """

    settings: Settings
    path: Path | None
    broken: Callable[[str], None]
    digests: dict[Pair, Digest] = field(default_factory=dict)
    commits: set[str | None] = field(default_factory=set)
    _file: io.BufferedWriter | None = None

    def __enter__(self) -> Self:
        """Reads the file back and opens it for appending.

        Raises:
            ValueError: Its records were made with other settings, or another run is writing to it.
            OSError: It can be neither read nor made.
        """
        if self.path is None:
            return self
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("ab")
        try:
            self._lock()
            ours = self.settings.to_dict()
            for number, (settings, commit, one) in read_records(self.path, _of_file, self.broken):
                if other := differences(ours, settings):
                    raise ValueError(
                        f"{self.path} holds an evaluation with other settings (line {number}: "
                        f"{'; '.join(other)}). Give another --out, or the same settings."
                    )
                self._take(one)
                self.commits.add(commit)
            self._end_line()
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()

    def keep(self, record: dict[str, Any]) -> None:
        """Adds a record, on disk before it returns."""
        if self._file is not None:
            # As ASCII: what a model wrote may hold lone surrogates, which no encoding takes.
            self._file.write(json.dumps(record, separators=(",", ":")).encode("ascii") + b"\n")
            self._file.flush()
        self._take(digest(record))

    def is_played(self, pair: Pair) -> bool:
        """Whether there is a record of the pair that counts."""
        known = self.digests.get(pair)
        return known is not None and known.infra_error is None

    def _take(self, one: Digest) -> None:
        # What counts is never displaced by a later failure.
        if one.infra_error is None or not self.is_played(one.pair):
            self.digests[one.pair] = one

    def _lock(self) -> None:
        import fcntl

        assert self._file is not None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ValueError(
                f"{self.path} is being written by another run; wait for it, or give another --out."
            ) from error

    def _end_line(self) -> None:
        """A process that was killed may have left half a line; the next record gets its own."""
        assert self._file is not None
        assert self.path is not None
        with self.path.open("rb") as written:
            size = written.seek(0, io.SEEK_END)
            if size:
                written.seek(size - 1)
                if written.read(1) != b"\n":
                    self._file.write(b"\n")
                    self._file.flush()
