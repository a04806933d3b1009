"""The judge's end of one child: say "go", look at the clock, stop it, end it.

Place in the flow: `nursery` forks children; `check` and `timing` call them. A child is stopped by
SIGSTOP whenever nobody waits for it, so that nothing goes on behind a "done".

What it does not do: it believes nothing that a child says; what is said only decides where the
judge looks next.
"""

from __future__ import annotations

import json
import math
import os
import select
import shutil
import signal
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from agent_env.errors import EnvError
from agent_env.kernels import channel, linux
from agent_env.kernels.child_log import Log
from agent_env.kernels.child_memory import ChildMemory
from agent_env.kernels.processes import LOOK_S, Family, Scales

if TYPE_CHECKING:
    from torch import Tensor

_KILL_WAIT_S = 5.0
_FIRST_SEND_S = 30.0


class ChildEndedError(Exception):
    """The process is gone; `status` is its wait status as `os.waitstatus_to_exitcode` gives it."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class ChildTimeoutError(Exception):
    """The process said nothing until its deadline."""


class TamperingError(Exception):
    """The process said what no honest worker says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back from one order.

    Attributes:
        data: The frame, read; {"kind": "done"} as a rule, with "addresses" after a call.
        wall_ns: From letting the process run until it stands still after its answer, by the judge's
            clock.
        cpu_s: What it computed meanwhile, by the kernel's account.
    """

    data: dict[str, Any]
    wall_ns: int
    cpu_s: float


class Child:
    """One forked process."""

    def __init__(
        self,
        *,
        pid: int,
        sock: socket.socket,
        log_fd: int,
        log_bytes: int,
        arena: channel.Arena,
        memory_bytes: int,
        scratch: str,
        reap: Callable[[int], int],
    ) -> None:
        """Takes what the nursery made; `reap` gives the wait status of an ended process."""
        self.pid = pid
        self.log = Log(log_bytes)
        self.stray_cpu_s = 0.0
        """What it computed while it was to stand still."""
        self.lost = False
        """Whether it ended because its zygote was gone."""
        self.deadline = math.inf
        """`time.monotonic()` beyond which nothing is waited for."""
        self.family = Family(pid)
        """What it started."""
        self._arena = arena
        self._sock = sock
        self._log_fd = log_fd
        self._scratch = scratch
        self._reap = reap
        self._pidfd = os.pidfd_open(pid)
        self._frames = channel.FrameReader()
        self._memory: ChildMemory | None = None
        self._greeted = False
        self._status: int | None = None
        self._stopped = False
        self._scales = Scales(pid, memory_bytes, len(arena.memory))
        self._cpu_s = 0.0
        self._poll = select.poll()
        for fd in (sock.fileno(), log_fd, self._pidfd):
            self._poll.register(fd, select.POLLIN)
        self._state = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
        os.set_blocking(log_fd, False)
        sock.setblocking(False)  # waiting is done in poll

    @cached_property
    def arena(self) -> Tensor:
        """The memory that both see, as bytes; only who asks for it needs torch."""
        import torch

        return torch.frombuffer(self._arena.memory, dtype=torch.uint8)

    def order(self, data: bytes | dict[str, Any], timeout_s: float) -> Reply:
        """Sends one order to the stopped process, lets it run, and stops it when it answers.

        Raises:
            ChildEndedError: It is gone.
            ChildTimeoutError: It said nothing in time; it is stopped.
            TamperingError: It had answered before it was asked, or said what is no answer.
            MemoryLimitError: It holds too much, with all that it started.
        """
        self.stop()
        if self._early():
            raise TamperingError("It answered before it was asked.")
        frame = data if isinstance(data, bytes) else json.dumps(data).encode()
        try:
            channel.send(self._sock, frame)
        except OSError:
            self._raise_if_ended(1.0)
            raise TamperingError("It closed the channel.") from None
        cpu_s = self.cpu_s()
        self.stray_cpu_s += max(0.0, cpu_s - self._cpu_s)
        # The order waits in the socket; not one instruction runs before the clock does.
        begin = time.perf_counter_ns()
        self._signal(signal.SIGCONT)
        self._stopped = False
        answer = self._receive(timeout_s)
        # What another thread or process of it does before it stands still is its own time too.
        self.stop()
        wall_ns = time.perf_counter_ns() - begin
        return Reply(data=answer, wall_ns=wall_ns, cpu_s=self._cpu_s - cpu_s)

    def bind(self, spec: dict[str, Any], timeout_s: float) -> None:
        """Tells the process where its arguments lie; raises as `order` does.

        Args:
            spec: As `layout` has it.
            timeout_s: How long to wait for its answer.
        """
        self.order(spec, timeout_s)
        if self._memory is not None:
            self._memory.places = spec["outputs"]

    def call(self, timeout_s: float) -> Reply:
        """One call, its outputs in the arena; raises as `order` does."""
        reply = self.order(b"go", timeout_s)
        if reply.data["kind"] == "done" and self._memory is not None:
            fault = self._memory.fetch(reply.data.get("addresses", ()))
            if fault:
                raise TamperingError(fault)
        return reply

    def send_first(self, frame: bytes) -> None:
        """Sends what the process reads before it runs anything of a candidate's."""
        self._sock.settimeout(_FIRST_SEND_S)
        channel.send(self._sock, frame)
        self._sock.setblocking(False)

    def receive(self, timeout_s: float) -> dict[str, Any]:
        """The next answer of the running process.

        Raises:
            ChildEndedError: It is gone.
            ChildTimeoutError: It said nothing in time.
            TamperingError: What it said is no answer.
        """
        return self._receive(timeout_s)

    def _early(self) -> bool:
        try:
            data = self._sock.recv(1 << 16)
        except OSError:
            data = b""
        self._frames.feed(data)
        return not self._frames.empty()

    def _receive(self, timeout_s: float) -> dict[str, Any]:
        timeout_s = max(0.0, min(timeout_s, self.deadline - time.monotonic()))
        deadline = time.perf_counter_ns() + int(timeout_s * 1e9)
        waiting = self._next_frame()
        if waiting is not None:
            return waiting
        while True:
            left_ms = (deadline - time.perf_counter_ns()) / 1e6
            ready = dict(self._poll.poll(max(0.0, min(left_ms, LOOK_S * 1e3))))
            now = time.perf_counter_ns()
            if self._log_fd in ready:
                self._drain()
            if self._sock.fileno() in ready:
                answer = self._read_frame()
                if answer is not None:
                    return answer
            if self._pidfd in ready:
                raise ChildEndedError(self.end())
            self._scales.look()
            if now >= deadline:
                self.stop()
                raise ChildTimeoutError

    def _read_frame(self) -> dict[str, Any] | None:
        try:
            data = self._sock.recv(1 << 16) if self._greeted else self._first_bytes()
        except OSError:
            return None
        if not data:
            self._raise_if_ended(1.0)
            raise TamperingError("It closed the channel.")
        self._frames.feed(data)
        return self._next_frame()

    def _first_bytes(self) -> bytes:
        """What comes first; it is said before any line of a candidate, and its memory with it."""
        flags = socket.MSG_CMSG_CLOEXEC
        data, files, _, _ = socket.recv_fds(self._sock, 1 << 16, 1, flags)
        for fd in files:
            self._memory = ChildMemory(fd, self._arena.memory)
        self._greeted = True
        return data

    def _next_frame(self) -> dict[str, Any] | None:
        try:
            frame = self._frames.next()
            if frame is None:
                return None
            answer = _done(frame) if frame[:4] == b"done" else json.loads(frame)
            if not isinstance(answer, dict) or not isinstance(answer.get("kind"), str):
                raise ValueError("no answer")
            if answer["kind"] == "done" and frame[:4] != b"done":  # its addresses may be anything
                raise ValueError("it is done in other words than the harness has")
        except (channel.ChannelError, ValueError, RecursionError, struct.error) as error:
            raise TamperingError(f"It wrote on the judge's channel: {error}") from None
        return answer

    def _raise_if_ended(self, wait_s: float) -> None:
        if select.select([self._pidfd], [], [], wait_s)[0]:
            raise ChildEndedError(self.end())

    def _drain(self) -> bool:
        try:
            data = os.read(self._log_fd, 1 << 16)
        except OSError:
            return False
        self.log.feed(data)
        if not data:
            with suppress(KeyError):
                self._poll.unregister(self._log_fd)
        return bool(data)

    def stop(self) -> None:
        """Stops all threads of the process and waits until it stands still.

        Where no stop reaches it, it may wait for another process that works for it.
        """
        if self._stopped or self._status is not None:
            return
        self._signal(signal.SIGSTOP)
        deadline = time.monotonic() + 1.0
        while time.monotonic() < deadline:
            if os.pread(self._state, 512, 0).rpartition(b")")[2][1:2] in b"TtZX":
                break
            os.sched_yield()  # where both share a core, it needs that core to stop
        self._stopped = True
        with suppress(OSError):
            self._cpu_s = self.cpu_s()

    def go_on(self) -> None:
        """Lets the process run without asking anything of it."""
        self._stopped = False
        self._signal(signal.SIGCONT)

    def cpu_s(self) -> float:
        """CPU time of all its threads so far."""
        try:
            return linux.cpu_seconds(self.pid)
        except OSError:
            return self._cpu_s

    def says_more(self, wait_s: float) -> bool:
        """Whether it answers once more although it was asked but once."""
        self.go_on()
        answer = self._sock.fileno()
        ready = select.select([answer, self._pidfd], [], [], wait_s)[0]
        self.stop()
        return answer in ready and self._early()

    def descendants(self) -> int:
        """How many other processes there are of its making; see `Family.size`."""
        return self.family.size()

    def _signal(self, number: int) -> None:
        with suppress(OSError):
            linux.signal_by_fd(self._pidfd, number)

    def end(self) -> int:
        """Kills the process with all it started; its exit status, negative for a signal."""
        if self._status is None:
            self._signal(signal.SIGKILL)
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
            select.select([self._pidfd], [], [], _KILL_WAIT_S)
            try:
                self._status = os.waitstatus_to_exitcode(self._reap(self.pid))
            except EnvError:  # without its zygote it could not live
                self._status, self.lost = -signal.SIGKILL, True
            for _ in range(1 << 8):  # what a full pipe still holds, and no more
                if not self._drain():
                    break
            for fd in (self._pidfd, self._log_fd, self._state):
                os.close(fd)
            self._sock.close()
            if self._memory is not None:
                self._memory.close()
            self._arena.close()
            shutil.rmtree(self._scratch, ignore_errors=True)
        return self._status


def _done(frame: bytes) -> dict[str, Any]:
    """The answer that all is done, with the addresses that follow the word, 8 bytes each."""
    return {"kind": "done", "addresses": [one for (one,) in struct.iter_unpack("<Q", frame[4:])]}
