"""Built things kept by what they were built from.

Place in the flow: `compile` asks for a key (source, flags, tool chain, architecture, hashed) and
builds only what is not there. Errors that a compiler will give again are entries like any other.

An entry is a folder that appears by one rename and is never changed, so there are no locks: two
processes may build the same thing, the first one in is kept, and a kill at any moment leaves at
worst a scratch folder that a later `put` clears away. Every read checks sizes and digests; an entry
that does not hold is thrown away and counts as absent. The oldest go when the whole is too large.

What it does not do: it starts no tool and knows nothing of what its files are.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_BYTES = 2 << 30
STALE_S = 3600.0
"""Age at which a scratch folder belongs to a process that is gone."""
_META = "entry.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that was built.

    Attributes:
        facts: What was stored about it; JSON data.
        files: Its files by name.
    """

    facts: Mapping[str, Any]
    files: Mapping[str, Path]


def key_of(**parts: object) -> str:
    """A key from everything that the result depends on, each part JSON data."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


class Cache:
    """A folder of entries; any number of processes may use it at once."""

    def __init__(self, folder: Path, *, max_bytes: int = MAX_BYTES) -> None:
        """Remembers the folder, which is made when the first entry is put.

        Args:
            folder: Where entries lie; nothing else may be kept there.
            max_bytes: Size of all entries together above which the oldest go.

        Raises:
            ValueError: A size that leaves no room.
        """
        if max_bytes < 1:
            raise ValueError(f"max_bytes is {max_bytes}; give at least 1.")
        self.folder = folder.absolute()
        self.max_bytes = max_bytes

    def get(self, key: str) -> Entry | None:
        """The entry of that key, now the youngest; None when there is none that holds."""
        folder = self._place(key)
        try:
            meta = json.loads((folder / _META).read_bytes())
            files = {name: folder / name for name in meta["files"]}
            for name, path in files.items():
                if _digest(path.read_bytes()) != meta["files"][name]:
                    raise ValueError(name)
            os.utime(folder)
            return Entry(facts=meta["facts"], files=files)
        except FileNotFoundError:
            # Never there, or just evicted; a folder without its files is damaged like the rest.
            if folder.exists():
                self._drop(folder)
        except (ValueError, KeyError, TypeError, OSError):
            self._drop(folder)
        return None

    def put(self, key: str, facts: Mapping[str, Any], files: Mapping[str, bytes]) -> Entry:
        """The stored entry; the one that was there first when another process was faster.

        Raises:
            OSError: The folder cannot be written.
        """
        scratch = self.folder / "scratch" / f"{time.time():.0f}-{secrets.token_hex(8)}"
        scratch.mkdir(parents=True)
        meta = {"facts": facts, "files": {name: _digest(data) for name, data in files.items()}}
        for name, data in files.items():
            (scratch / name).write_bytes(data)
            (scratch / name).chmod(0o755)
        (scratch / _META).write_text(json.dumps(meta), encoding="utf-8")
        place = self._place(key)
        place.parent.mkdir(parents=True, exist_ok=True)
        while True:
            try:
                scratch.rename(place)
                break
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
            # Somebody was faster. If what stands there does not hold, `get` has thrown it out.
            if (held := self.get(key)) is not None:
                shutil.rmtree(scratch, ignore_errors=True)
                return held
        self._tidy(keep=place)
        return Entry(facts=facts, files={name: place / name for name in files})

    def size_bytes(self) -> int:
        """Bytes of all entries together."""
        return sum(size for _, size, _ in self._entries())

    def _place(self, key: str) -> Path:
        return self.folder / "entries" / key[:2] / key

    def _entries(self) -> list[tuple[float, int, Path]]:
        """When each entry was last used, its bytes and its folder, oldest first."""
        found = []
        for folder in self.folder.glob("entries/??/*"):
            # An entry may go while it is looked at.
            with contextlib.suppress(OSError):
                size = sum(path.stat().st_size for path in folder.iterdir())
                found.append((folder.stat().st_mtime, size, folder))
        return sorted(found)

    def _tidy(self, keep: Path) -> None:
        """Throws out the oldest entries while all are too large, and scratch of the dead."""
        entries = self._entries()
        excess = sum(size for _, size, _ in entries) - self.max_bytes
        for _, size, folder in entries:
            if excess <= 0:
                break
            if folder != keep:
                self._drop(folder)
                excess -= size
        for scratch in self.folder.glob("scratch/*"):
            made = scratch.name.partition("-")[0]
            if not made.isdigit() or time.time() - int(made) > STALE_S:
                shutil.rmtree(scratch, ignore_errors=True)

    def _drop(self, folder: Path) -> None:
        # Moved away first: a folder that is half deleted must not be found under its key.
        doomed = self.folder / "scratch" / f"{time.time():.0f}-{secrets.token_hex(8)}"
        doomed.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(OSError):
            folder.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
