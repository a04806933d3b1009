"""What a candidate's process may not do, enforced by the kernel.

Place in the flow: `zygote` asks `namespaces()` once and forks; the child calls `enter()` before it
reads a line of the candidate. Each layer is tried on its own: what this machine refuses is reported
as missing and the others still hold.

    network      a network namespace without devices; no sockets but AF_UNIX (seccomp)
    filesystem   Landlock: reading what Python and compilers need, writing in the scratch folder
    user         a user id of its own, or a user namespace without capabilities
    processes    a process namespace, so that nothing outside can be named; a limit on forks
    memory       RLIMIT_AS, not on a GPU; the judge weighs all processes together (`processes`)
    time         RLIMIT_CPU behind the judge's own deadline
    dumpable     no core, no debugger
    fds          every inherited file closed but the channel and the log

What it does not do: no killing (`children`), nothing about the judge's own process.
"""

from __future__ import annotations

import os
import resource
import site
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from agent_env.kernels import linux
from agent_env.kernels.limits import Limits

LAYERS = (
    "network",
    "filesystem",
    "user",
    "processes",
    "memory",
    "time",
    "dumpable",
    "fds",
)
_SYSTEM = (
    "/usr",
    "/lib",
    "/lib64",
    "/bin",
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/sys/devices/system",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/dev/urandom",
    "/dev/random",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What one child's cage is made for.

    Attributes:
        uid: The user it becomes where the zygote is root.
        scratch: The only folder in which it may write.
        keep: Open files that stay open.
        limits: Its bounds.
        gpu: Whether it needs the GPU's device files and unbounded address space.
        readable: Folders that it may read beside the system's and Python's.
        spawns: Whether it starts compilers by itself.
    """

    uid: int
    scratch: str
    keep: tuple[int, ...]
    limits: Limits
    gpu: bool = False
    readable: tuple[str, ...] = ()
    spawns: bool = True


@dataclass(slots=True)
class Report:
    """Layers in force and, for the others, what the kernel said."""

    layers: list[str]
    missing: dict[str, str]

    def attempt(self, layer: str, *steps: Callable[[], object]) -> bool:
        """Whether every step of a layer was done; if not, it is noted as missing."""
        try:
            for step in steps:
                step()
        except (OSError, ValueError) as refused:
            self.missing[layer] = str(refused)
            return False
        self.layers.append(layer)
        return True


def own_user_namespace() -> None:
    """Makes this process root of a user namespace, which lets it make the others.

    Raises:
        OSError: The kernel refused.
    """
    uid, gid = os.getuid(), os.getgid()
    linux.unshare(linux.NEW_USER)
    Path("/proc/self/setgroups").write_text("deny", encoding="utf-8")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1", encoding="utf-8")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1", encoding="utf-8")


def enter(cell: Cell, *, user_namespace: bool, process_namespace: str) -> Report:
    """Closes the cage around this process and says which layers hold.

    Args:
        cell: What it is made for.
        user_namespace: Whether the zygote lives in a user namespace of its own.
        process_namespace: Why this process has no process namespace; empty if it has one.
    """
    report = Report([], {})
    report.attempt("fds", lambda: _close_files(cell.keep))
    with suppress(OSError):
        os.setsid()
    own_proc = _own_mounts(cell, bool(process_namespace))
    os.chdir(cell.scratch)
    network = _refusal(lambda: linux.unshare(linux.NEW_NET | linux.NEW_IPC))
    _limit(cell, report)
    # Landlock and seccomp ask for this unless one is root; it also ends set-uid programs.
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    rules = _rules(cell, own_proc=own_proc)
    report.attempt("filesystem", lambda: linux.landlock(rules))
    _become(cell.uid, user_namespace, report)
    linux.prctl(linux.PR_SET_PDEATHSIG, 9)  # after the change of user, which clears it
    report.attempt("dumpable", lambda: linux.prctl(linux.PR_SET_DUMPABLE, 0))
    seccomp = _refusal(lambda: linux.filter_calls(gpu=cell.gpu, spawns=cell.spawns))
    if network and seccomp:
        report.missing["network"] = f"{network}; {seccomp}"
    else:
        report.layers.append("network")
    if process_namespace and "user" not in report.layers:
        # Without either it could name and kill what else this user runs.
        report.layers.remove("processes")
        report.missing["processes"] = process_namespace
    return report


def _refusal(step: Callable[[], object]) -> str:
    try:
        step()
    except OSError as refused:
        return str(refused)
    return ""


def _close_files(keep: Iterable[int]) -> None:
    low = 3
    for fd in sorted(keep):
        os.closerange(low, fd)
        low = fd + 1
    os.closerange(low, max(low, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def _own_mounts(cell: Cell, no_process_namespace: bool) -> bool:
    """Whether /proc now shows only this process's own namespace.

    The scratch folder becomes memory of a bounded size, which goes when the last process goes.
    """
    try:
        linux.unshare(linux.NEW_NS)
        linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)
        owner = cell.uid if os.getuid() == 0 else os.getuid()
        options = f"size={cell.limits.scratch_bytes},mode=700,uid={owner},gid={owner}"
        flags = linux.MS_NOSUID | linux.MS_NODEV
        linux.mount("scratch", cell.scratch, "tmpfs", flags, options)
    except OSError:  # the folder itself serves; RLIMIT_FSIZE bounds each file
        if os.getuid() == 0:
            os.chown(cell.scratch, cell.uid, cell.uid)
        return False
    if os.getuid() == 0:
        with suppress(OSError):
            open_way((*_python_folders(), cell.scratch, *cell.readable))
    if no_process_namespace:
        return False
    flags = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
    return not _refusal(lambda: linux.mount("proc", "/proc", "proc", flags))


def open_way(folders: Iterable[str]) -> None:
    """Lets another user reach the folders, in this mount namespace only.

    Python often lives below a home that only its owner may enter. Such a home is covered by an
    empty folder in which just the needed ones reappear.

    Raises:
        OSError: The kernel refused.
    """
    blocked: dict[Path, list[Path]] = {}
    for folder in map(Path, folders):
        above = [way for way in reversed(folder.parents) if not way.stat().st_mode & 0o001]
        if above:
            blocked.setdefault(above[0], []).append(folder)
    for closed, inside in blocked.items():
        held = [(folder, os.open(folder, os.O_PATH)) for folder in inside]
        linux.mount("way", str(closed), "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "mode=755")
        for folder, fd in held:
            folder.mkdir(parents=True, exist_ok=True)
            flags = linux.MS_BIND | linux.MS_REC
            linux.mount(f"/proc/self/fd/{fd}", str(folder), None, flags)
            os.close(fd)


def _python_folders() -> tuple[str, ...]:
    found = {sys.base_prefix, sys.prefix, sys.base_exec_prefix, *site.getsitepackages()}
    found |= {place for place in sys.path if place.endswith("-packages")}
    existing = sorted(os.path.realpath(place) for place in found if Path(place).is_dir())
    # A folder inside another one needs no rule and no mount of its own.
    return tuple(
        one for one in existing if not any(one.startswith(f"{other}/") for other in existing)
    )


def _rules(cell: Cell, *, own_proc: bool) -> list[tuple[str, int]]:
    rules = [(place, linux.FS_READ) for place in (*_SYSTEM, *_python_folders(), *cell.readable)]
    # The whole system's /proc would show the judge; where it is all there is, it stays closed.
    if own_proc:
        rules.append(("/proc", linux.FS_READ))
    rules += [("/dev/null", -1), ("/dev/zero", -1), (cell.scratch, -1)]
    if cell.gpu:
        rules += [(str(device), -1) for device in Path("/dev").glob("nvidia*")]
        rules += [("/proc", linux.FS_READ), ("/sys", linux.FS_READ), ("/dev/shm", -1)]
    return [(place, rights) for place, rights in rules if Path(place).exists()]


def _limit(cell: Cell, report: Report) -> None:
    limits = cell.limits
    cpu_s = int(limits.evaluation_s) + 1

    def lower(kind: int, value: int) -> None:
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))

    lower(resource.RLIMIT_CORE, 0)
    lower(resource.RLIMIT_NOFILE, limits.open_files)
    lower(resource.RLIMIT_FSIZE, limits.scratch_bytes)
    report.attempt("time", lambda: lower(resource.RLIMIT_CPU, cpu_s))
    if cell.gpu:
        report.missing["memory"] = "a GPU's driver reserves far more addresses than memory"
    else:
        pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0])
        most = pages * resource.getpagesize() + limits.memory_bytes
        report.attempt("memory", lambda: lower(resource.RLIMIT_AS, most))
    report.attempt("processes", lambda: lower(resource.RLIMIT_NPROC, limits.processes))


def _become(uid: int, user_namespace: bool, report: Report) -> None:
    if user_namespace:
        report.attempt("user", linux.drop_capabilities)
    elif os.getuid() == 0:
        report.attempt(
            "user",
            lambda: os.setgroups([]),
            lambda: os.setresgid(uid, uid, uid),
            lambda: os.setresuid(uid, uid, uid),
        )
    else:
        report.missing["user"] = "not root, and user namespaces are refused here"
