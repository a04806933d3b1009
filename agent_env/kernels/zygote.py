"""A warm process that does nothing but fork: modules are loaded, and no candidate ever ran in it.

Place in the flow: `nursery` starts one with a control socket; each "fork" order makes a child that
goes on in `run` of the worker module. Orders and answers are JSON frames:

    {"op": "fork"} + [channel, log, arena]   -> {"pid"}
    {"op": "reap", "pid"}                    -> {"status"}, once the process has ended
    {"op": "sweep", "uid"}                   -> {}, when no process of that user is left

It ends when the control socket closes, and the kernel ends its children with it.

What it does not do: no computing, no threads, nothing that is worth attacking from a child.
"""

from __future__ import annotations

import gc
import importlib
import os
import shutil
import signal
import socket
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from agent_env.kernels import cage, channel, linux


def main(control_fd: int, preload: Sequence[str], root: str, worker: str) -> None:
    """Serves orders until the control socket closes.

    Args:
        control_fd: The socket, inherited.
        preload: Modules to import before the first fork.
        root: The folder of scratch folders, removed at the end: the judge may have been killed.
        worker: The module that children go on in.
    """
    control = socket.socket(fileno=control_fd)
    for name in preload:
        importlib.import_module(name)
    harness = importlib.import_module(worker)
    harness.warm_up()
    forks = _Forks(harness.run)
    # After the namespaces, for a process that is not dumpable may not write its own user map. No
    # death signal: it would come when the judge's thread ends that started us.
    linux.prctl(linux.PR_SET_DUMPABLE, 0)
    gc.collect()
    gc.freeze()  # collections in children would copy the pages of everything loaded here
    channel.send_data(control, {"ready": True})
    while True:
        try:
            order, fds = channel.receive_data(control, most_fds=3)
        except (channel.ChannelError, ConnectionError):
            shutil.rmtree(root, ignore_errors=True)
            return
        channel.send_data(control, _follow(control, order, fds, forks))


def _follow(
    control: socket.socket, order: dict[str, Any], fds: list[int], forks: _Forks
) -> dict[str, Any]:
    if order["op"] == "reap":
        return {"status": os.waitpid(order["pid"], 0)[1]}
    if order["op"] == "sweep":
        _sweep(order["uid"])
        return {}
    pid = forks.fork()
    if pid == 0:
        code = 1
        try:
            control.close()  # or its other end would not learn of the zygote's end
            code = forks.run(fds, forks.user_namespace, forks.process_namespace)
        except Exception:  # the judge is told what the log says, and nothing else can be done
            os.write(2, traceback.format_exc().encode())
        finally:  # whatever is raised, a child never goes on as a zygote
            os._exit(code)
    for fd in fds:
        os.close(fd)
    return {"pid": pid}


class _Forks:
    """Forks, each time into a new process namespace where the kernel lets us."""

    def __init__(self, run: Callable[[Sequence[int], bool, str], int]) -> None:
        self.run = run
        self.user_namespace = False
        self.process_namespace = ""
        self._own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        try:
            if os.getuid() != 0:
                cage.own_user_namespace()
                self.user_namespace = True
                linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)
        except OSError as refused:
            self.process_namespace = f"user namespace: {refused}"

    def fork(self) -> int:
        """What `os.fork` returns."""
        if self.user_namespace and not self.process_namespace:
            return self._fork_through()
        inside = False
        if not self.process_namespace:
            try:
                linux.unshare(linux.NEW_PID)
                inside = True
            except OSError as refused:
                self.process_namespace = f"process namespace: {refused}"
        pid = os.fork()
        if pid and inside:
            # The first child made the namespace; ours stays ours for the next one.
            linux.join_namespace(self._own, linux.NEW_PID)
        return pid

    def _fork_through(self) -> int:
        """What `fork` does, where nobody may return from a process namespace: another one goes.

        The one between makes the namespace, forks and ends; the child is then ours.
        """
        read, write = os.pipe()
        between = os.fork()
        if between == 0:
            try:
                linux.unshare(linux.NEW_PID)
            except OSError:
                os._exit(1)
            pid = os.fork()
            if pid == 0:
                return 0
            os.write(write, str(pid).encode())
            os._exit(0)
        os.close(write)
        os.waitpid(between, 0)
        told = os.read(read, 64)
        os.close(read)
        if told:
            return int(told)
        self.process_namespace = "process namespace: refused in a user namespace"
        return os.fork()


def _sweep(uid: int) -> None:
    """Kills every process of a user; needed only where there is no process namespace."""
    if os.getuid() != 0 or uid <= 0:
        return
    pid = os.fork()
    if pid == 0:
        try:
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
