"""The warm start as a child process, seen from the run.

Place in the flow: ``training/session.py`` starts it first and asks for its checkpoint last.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path


class WarmStartChild:
    """A running warm start.

    Args:
        config: The run's ``config.yaml``.
        cache: Where warm starts are kept.
        say: Called with each line that it prints.
    """

    def __init__(self, config: Path, cache: Path, say: Callable[[str], None]) -> None:
        self._say = say
        self._last = ""
        self._folder: str | None = None
        self._process = subprocess.Popen(
            [sys.executable, "-m", "training.warm_start", str(config), str(cache)],
            # The oracle's own parses are not what anybody debugs.
            env={**os.environ, "DEBUG_PARSER": "0"},
            stdout=subprocess.PIPE,
            stderr=sys.stderr,
            text=True,
        )
        self._reader = threading.Thread(target=self._relay, daemon=True)
        self._reader.start()

    def checkpoint(self) -> str:
        """Folder of the warm-started model; waits until it is there.

        Raises:
            RuntimeError: The warm start failed.
        """
        status = self._process.wait()
        self._reader.join()
        if status != 0 or self._folder is None:
            said = self._last or "see the log"
            raise RuntimeError(f"the warm start ended with status {status}: {said}")
        return self._folder

    def stop(self) -> None:
        """End it if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._reader.join()

    def _relay(self) -> None:
        assert self._process.stdout is not None  # PIPE was asked for
        with self._process.stdout as lines:
            for line in lines:
                self._last = line.rstrip("\n")
                if Path(self._last).is_absolute():
                    self._folder = self._last
                    continue
                # A terminal that is gone must not stop this thread: it also drains the pipe.
                with contextlib.suppress(OSError):
                    self._say(self._last)
