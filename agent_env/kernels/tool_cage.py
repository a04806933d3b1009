"""A compiler run on text that nobody trusts: bounded, offline, and able to read only its own files.

Place in the flow: `compile` and `toolchains` start g++ and nvcc through `run_tool`. This file is
its own launcher: it is started as a program by `python -I -S`, puts the limits on itself and then
becomes the tool, so that the judge's process, which has threads, never runs code between fork and
exec. A compiler needs a cage because its messages and its output can carry any file that it may
read (`#include "/etc/shadow"`, `.incbin`), and its time and memory are the source's to choose.

What it does not do: it knows no compiler and keeps no results. Where the kernel has no landlock,
or the user may not make namespaces, the run goes on without that layer; `layers` says which hold.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LOG_BYTES = 65_536
"""How much of a tool's messages is kept; the first part, where the first error is."""
NOBODY = 65_534
SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/alternatives")
"""What a tool may read beside its own folder."""

# From the kernel's headers: linux/landlock.h, linux/prctl.h and sched.h.
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_LANDLOCK_FILE_RIGHTS = 0b111  # execute, write, read a file
_LANDLOCK_READ = 0b1101  # execute, read a file, read a folder
_LANDLOCK_RIGHTS = ((1, 13), (2, 14), (3, 15))  # ABI version, number of rights it knows
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_CLONE_NEWIPC, _CLONE_NEWPID, _CLONE_NEWNET = 0x08000000, 0x20000000, 0x40000000


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRun:
    """How one run of a tool ended.

    Attributes:
        returncode: As of `subprocess`; negative is the signal that ended it.
        log: The first `LOG_BYTES` of what it printed.
        timed_out: Whether it was killed at the deadline.
    """

    returncode: int
    log: str
    timed_out: bool


def run_tool(
    command: Sequence[str],
    folder: Path,
    *,
    timeout_s: float,
    memory_bytes: int = 4 << 30,
    output_bytes: int = 64 << 20,
    readable: Sequence[str] = (),
) -> ToolRun:
    """What came of the command, run inside the folder, the one place where it may write.

    Args:
        command: Program, by absolute path, and its arguments.
        folder: The working folder; given to the unprivileged user when we are root.
        timeout_s: Wall time after which the whole group of processes is killed.
        memory_bytes: Address space of each process.
        output_bytes: Size of each file that it writes, its log included.
        readable: Folders that it may read beside the system's and its own.
    """
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
        for path in folder.iterdir():
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    limits = {
        "folder": str(folder),
        "readable": [*SYSTEM, *readable],
        "memory": memory_bytes,
        "output": output_bytes,
        "cpu": int(timeout_s) + 2,
    }
    launcher = [sys.executable, "-I", "-S", str(Path(__file__)), json.dumps(limits), *command]
    # Only "." can be reached where the folders above are closed to the unprivileged user.
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "TMPDIR": ".", "LC_ALL": "C"}
    return watch(launcher, folder, environment, timeout_s)


def watch(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    timeout_s: float,
    *,
    stdin: int = subprocess.DEVNULL,
    pass_fds: Sequence[int] = (),
) -> ToolRun:
    """What came of a program that puts its own limits on itself; only the time is ours to bound.

    Args:
        command: Program and arguments.
        folder: Its working folder.
        environment: All of its environment.
        timeout_s: Wall time after which its whole group of processes is killed.
        stdin: An open file that it reads.
        pass_fds: Open files that it keeps.
    """
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            list(command),
            cwd=folder,
            env=dict(environment),
            stdin=stdin,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=tuple(pass_fds),
        )
        timed_out = False
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            timed_out = True
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.seek(0)
        text = log.read(LOG_BYTES).decode("utf-8", "replace")
    return ToolRun(returncode=process.returncode, log=text, timed_out=timed_out)


def read_output(path: Path) -> bytes | None:
    """The bytes of a file that a tool wrote; None when there is none, or it is no plain file."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        return None
    with os.fdopen(handle, "rb") as file:
        return file.read()


def layers() -> tuple[str, ...]:
    """Names of the layers that this machine gives to a tool: limits, network, filesystem, user."""
    root = os.geteuid() == 0
    named = {"limits": True, "network": root, "filesystem": _landlock_rights() > 0, "user": root}
    return tuple(name for name, holds in named.items() if holds)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _landlock_rights() -> int:
    """How many kinds of access the kernel's landlock knows; 0 where it has none."""
    version = _libc().syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)
    return max((count for abi, count in _LANDLOCK_RIGHTS if abi <= version), default=0)


def _restrict_files(folder: str, readable: Sequence[str]) -> None:
    rights = _landlock_rights()
    if not rights:
        return
    libc, everything = _libc(), (1 << rights) - 1
    handled = ctypes.c_uint64(everything)
    rules = libc.syscall(
        _LANDLOCK_CREATE, ctypes.byref(handled), ctypes.c_size_t(ctypes.sizeof(handled)), 0
    )
    allowed = [(place, _LANDLOCK_READ) for place in readable]
    for place, access in (*allowed, ("/dev/null", _LANDLOCK_FILE_RIGHTS), (folder, everything)):
        with contextlib.suppress(FileNotFoundError):
            handle = os.open(place, os.O_PATH | os.O_CLOEXEC)
            if not stat.S_ISDIR(os.fstat(handle).st_mode):
                access &= _LANDLOCK_FILE_RIGHTS
            rule = access.to_bytes(8, "little") + handle.to_bytes(4, "little")
            libc.syscall(_LANDLOCK_ADD, rules, 1, rule, 0)
            os.close(handle)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.syscall(_LANDLOCK_RESTRICT, rules, 0)


def _become(arguments: Sequence[str]) -> None:
    """Puts the limits on this process and turns it into the tool."""
    limits, command = json.loads(arguments[0]), list(arguments[1:])
    libc = _libc()
    for kind, most in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_FSIZE, limits["output"]),
        (resource.RLIMIT_CPU, limits["cpu"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 256),
    ):
        # A machine's own hard limit may be lower, and then it stays.
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))
    libc.unshare(_CLONE_NEWNET | _CLONE_NEWIPC)
    _in_a_namespace(libc)
    _restrict_files(limits["folder"], limits["readable"])
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        resource.setrlimit(resource.RLIMIT_NPROC, (512, 512))
    # After the change of user, which would take it back.
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    os.execv(command[0], command)


def _in_a_namespace(libc: ctypes.CDLL) -> None:
    """Goes on in a process namespace whose first process ends with us, and all others with it.

    The judge may be killed while a driver such as g++ waits for its compiler: a death signal
    reaches only the driver. What called waits outside and ends as the tool ends; the first process
    inside only waits, for it may not be ended by signals of its own. Where the kernel refuses the
    namespace, nothing changes.
    """
    if libc.unshare(_CLONE_NEWPID) != 0:
        return
    read, write = os.pipe()
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    first = os.fork()
    if first == 0:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        tool = os.fork()
        if tool == 0:
            return
        os.write(write, str(os.waitpid(tool, 0)[1]).encode())
        os._exit(0)
    os.close(write)
    os.waitpid(first, 0)
    code = os.waitstatus_to_exitcode(int(os.read(read, 64) or signal.SIGKILL))
    if code < 0:
        with contextlib.suppress(OSError, ValueError):  # SIGKILL has no handler to reset
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


if __name__ == "__main__":
    _become(sys.argv[1:])
