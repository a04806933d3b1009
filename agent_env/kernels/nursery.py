"""Where children come from: a warm process per kind of start, and the orders to fork.

Place in the flow: `judge` holds one nursery; `fork` gives a `Child` in its cage, which has read the
candidate or the baseline but not run it yet.

What it does not do: no judging. It holds no state of a candidate beyond the life of its child.
"""

from __future__ import annotations

import itertools
import json
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent_env.errors import EnvError
from agent_env.kernels import channel
from agent_env.kernels.children import Child
from agent_env.kernels.limits import Limits

START_S = 120.0
"""How long importing torch may take on a loaded machine."""
_KEPT = ("PATH", "LD_LIBRARY_PATH", "CUDA_HOME", "CUDA_PATH", "CUDA_VISIBLE_DEVICES")
"""What of our own environment a candidate may see."""
_POOLS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_MAX_THREADS")
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[3]); "
    "from agent_env.kernels.zygote import main; "
    "main(int(sys.argv[1]), json.loads(sys.argv[2]), *sys.argv[4:])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flavour:
    """What a zygote is started with.

    Attributes:
        name: What it is known by.
        environment: Variables beside the usual ones, such as TRITON_INTERPRET.
        preload: Modules that it imports before the first fork.
        worker: The module with `warm_up` and `run`: what a child does.
    """

    name: str = "torch"
    environment: Mapping[str, str] = field(default_factory=dict)
    preload: tuple[str, ...] = ()
    worker: str = "agent_env.kernels.worker"


class Zygote:
    """The judge's end of a zygote process."""

    def __init__(self, flavour: Flavour, root: str) -> None:
        """Starts the process and waits until it is warm.

        Args:
            flavour: What it is started with.
            root: The folder that it removes when the judge is gone.

        Raises:
            EnvError: It did not come up; the message holds what it said.
        """
        self._lock = threading.Lock()
        ours, theirs = socket.socketpair()
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        environment |= dict.fromkeys(_POOLS, "1")
        environment |= {"OMP_WAIT_POLICY": "PASSIVE", "LANG": "C.UTF-8"}
        environment |= {"PYTHONDONTWRITEBYTECODE": "1", **flavour.environment}
        arguments = [str(theirs.fileno()), json.dumps(flavour.preload)]
        arguments += [json.dumps(sys.path), root, flavour.worker]
        with tempfile.TemporaryFile() as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-s", "-c", _START, *arguments],
                env=environment,
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )
            theirs.close()
            self._control = ours
            ours.settimeout(START_S)
            try:
                channel.receive_data(ours)
            except (OSError, channel.ChannelError):
                self.close()
                errors.seek(0)
                said = errors.read().decode("utf-8", "replace").strip().splitlines()[-1:]
                raise EnvError(
                    "ZygoteError", f"The process for candidates did not start: {said}", True
                ) from None

    def ask(self, order: dict[str, Any], fds: tuple[int, ...] = ()) -> dict[str, Any]:
        """The answer to one order.

        Raises:
            EnvError: The process is gone.
        """
        with self._lock:
            try:
                channel.send_data(self._control, order, fds)
                return channel.receive_data(self._control)[0]
            except (OSError, channel.ChannelError) as error:
                raise EnvError("ZygoteError", f"The zygote is gone: {error}", True) from error

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """Ends the process, and with it whatever it forked."""
        self._control.close()
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()


class Nursery:
    """Zygotes by flavour, started when they are first needed and again when they are gone."""

    def __init__(self, limits: Limits, device: str) -> None:
        """Starts nothing yet.

        Args:
            limits: Bounds of every child.
            device: "cpu" or "cuda".
        """
        self._limits = limits
        self._device = device
        self._lock = threading.Lock()
        self._zygotes: dict[str, Zygote] = {}
        self._numbers = itertools.count()
        self._root = ""

    def zygote(self, flavour: Flavour) -> Zygote:
        """The running zygote of a flavour.

        Raises:
            EnvError: It does not come up.
        """
        with self._lock:
            if not self._root:
                self._root = tempfile.mkdtemp(prefix="callforge-bench-")
                Path(self._root).chmod(0o711)  # other users pass through to their own folder
            known = self._zygotes.get(flavour.name)
            if known is None or not known.alive():
                if known is not None:
                    known.close()
                known = self._zygotes[flavour.name] = Zygote(flavour, self._root)
            return known

    def fork(self, order: Mapping[str, Any], arena: channel.Arena, flavour: Flavour) -> Child:
        """A child that has its order and closes its cage.

        Args:
            order: "role", "seed" and what that role needs: "code", "init", "artefacts", or
                "problem".
            arena: Memory for its inputs and outputs; the child closes it.
            flavour: Which zygote forks it.

        Raises:
            EnvError: The zygote is gone; the next call starts another.
        """
        zygote = self.zygote(flavour)
        uid = 1_000_000 + (os.getpid() % 100_000) * 10_000 + next(self._numbers) % 10_000
        scratch = tempfile.mkdtemp(dir=self._root)
        ours, theirs = socket.socketpair()
        log_read, log_write = os.pipe()
        try:
            pid = zygote.ask({"op": "fork"}, (theirs.fileno(), log_write, arena.fd))["pid"]
        except EnvError:
            ours.close()
            os.close(log_read)
            os.rmdir(scratch)  # noqa: PTH106 - beside os.close
            raise
        finally:
            theirs.close()
            os.close(log_write)

        def reap(ended: int) -> int:
            status = int(zygote.ask({"op": "reap", "pid": ended})["status"])
            zygote.ask({"op": "sweep", "uid": uid})
            return status

        child = Child(
            pid=pid,
            sock=ours,
            log_fd=log_read,
            log_bytes=self._limits.log_bytes,
            arena=arena,
            memory_bytes=self._limits.memory_bytes,
            scratch=scratch,
            reap=reap,
        )
        cell = {
            "uid": uid,
            "scratch": scratch,
            "limits": self._limits,
            "gpu": self._device == "cuda",
        }
        whole = {
            "init": [],
            "artefacts": {},
            "device": self._device,
            "cell": cell,
            **order,
            "environment": {**_scratch_variables(scratch), **order.get("environment", {})},
        }
        child.send_first(pickle.dumps(whole))
        return child

    def close(self) -> None:
        """Ends every zygote."""
        with self._lock:
            for zygote in self._zygotes.values():
                zygote.close()
            self._zygotes.clear()
            if self._root:
                shutil.rmtree(self._root, ignore_errors=True)
            self._root = ""


def _scratch_variables(scratch: str) -> dict[str, str]:
    names = ("HOME", "TMPDIR", "TORCH_EXTENSIONS_DIR", "TRITON_CACHE_DIR", "XDG_CACHE_HOME")
    return dict.fromkeys(names, scratch)
