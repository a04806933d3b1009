"""The Linux calls that the cage is built from and that Python does not offer.

Place in the flow: `cage` decides what to use; these functions only ask the kernel. Numbers are
those of linux/sched.h, linux/mount.h, linux/prctl.h, linux/landlock.h (6.12) and linux/seccomp.h.

What it does not do: no decisions, no fallbacks; a refused call raises `OSError`.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from collections.abc import Iterable

NEW_NS, NEW_UTS, NEW_IPC = 0x00020000, 0x04000000, 0x08000000
NEW_USER, NEW_PID, NEW_NET = 0x10000000, 0x20000000, 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND = 1, 2, 4, 8, 4096
MS_REC, MS_PRIVATE = 16384, 1 << 18

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP = 1, 4, 22
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 36, 38

_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT, _CAPSET, _PIDFD_SIGNAL = (
    444,
    445,
    446,
    {"x86_64": 126, "aarch64": 91}.get(platform.machine(), 126),
    424,
)
FS_READ = (1 << 0) | (1 << 2) | (1 << 3)
"""Landlock: execute, read a file, read a folder."""
FS_ALL_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}
"""Landlock: every right over files that an ABI knows; none that matter here came after 3."""
FS_OF_A_FILE = (1 << 0) | (1 << 1) | (1 << 2) | (1 << 14)
"""Landlock: the rights that a rule on a file, not a folder, may name."""
SCOPE_ALL = 3
"""Landlock, ABI 6: no abstract sockets of, and no signals to, processes outside."""

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    """Gives this process namespaces of its own.

    Raises:
        OSError: The kernel refused.
    """
    _checked(_libc.unshare(flags), "unshare")


def join_namespace(fd: int, kind: int) -> None:
    """Enters the namespace behind an open file of /proc/<pid>/ns.

    Raises:
        OSError: The kernel refused.
    """
    _checked(_libc.setns(fd, kind), "setns")


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """Mounts.

    Raises:
        OSError: The kernel refused.
    """
    done = _libc.mount(
        source.encode(),
        target.encode(),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        options.encode() or None,
    )
    _checked(done, f"mount {target}")


def prctl(option: int, value: int, argument: object = 0) -> None:
    """Sets a property of this process.

    Raises:
        OSError: The kernel refused.
    """
    third = argument if not isinstance(argument, int) else ctypes.c_ulong(argument)
    _checked(_libc.prctl(option, ctypes.c_ulong(value), third, 0, 0), f"prctl {option}")


def drop_capabilities() -> None:
    """Takes every capability from this process.

    Raises:
        OSError: The kernel refused.
    """
    header = struct.pack("Ii", 0x20080522, 0)
    _checked(_libc.syscall(_CAPSET, header, bytes(24)), "capset")


def landlock_abi() -> int:
    """The kernel's Landlock version.

    Raises:
        OSError: It has none, or it is switched off.
    """
    return _checked(_libc.syscall(_LANDLOCK_CREATE, None, 0, 1), "landlock")


def landlock(rules: Iterable[tuple[str, int]]) -> None:
    """Leaves this process only the named paths, each with the given rights; paths must exist.

    Raises:
        OSError: The kernel refused.
    """
    abi = landlock_abi()
    all_rights = FS_ALL_BY_ABI[min(abi, 3)]
    attributes = struct.pack("QQQ", all_rights, 0, SCOPE_ALL if abi >= 6 else 0)
    size = 24 if abi >= 6 else 8
    ruleset = _checked(_libc.syscall(_LANDLOCK_CREATE, attributes, size, 0), "landlock")
    try:
        for path, rights in rules:
            _allow(ruleset, path, rights & all_rights)
        _checked(_libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0), "landlock")
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not os.path.isdir(path):  # noqa: PTH112 - no pathlib in a process that forks often
            rights &= FS_OF_A_FILE
        rule = struct.pack("=Qi", rights, fd)
        _checked(_libc.syscall(_LANDLOCK_ADD, ruleset, 1, rule, 0), f"landlock {path}")
    finally:
        os.close(fd)


# What a candidate may never ask of the kernel, whatever else is in force: sockets beyond
# AF_UNIX, looking into other processes, choosing its own cores, and the calls through which most
# of the kernel is reached. Numbers by machine: x86_64, aarch64.
_ARCHES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_SOCKET = (41, 198)
_REFUSED = (
    (101, 117),  # ptrace
    (310, 270),  # process_vm_readv
    (311, 271),  # process_vm_writev
    (438, 438),  # pidfd_getfd
    (203, 122),  # sched_setaffinity
    (144, 119),  # sched_setscheduler
    (314, 274),  # sched_setattr
    (425, 425),  # io_uring_setup, which can make sockets
    (321, 280),  # bpf
    (323, 282),  # userfaultfd
    (298, 241),  # perf_event_open
    (248, 217),  # add_key
    (249, 218),  # request_key
    (250, 219),  # keyctl
    (165, 40),  # mount
    (272, 97),  # unshare
    (308, 268),  # setns
    (155, 41),  # pivot_root
    (304, 265),  # open_by_handle_at
)
_WAKES = (
    (222, 107),  # timer_create
    (244, 184),  # mq_notify
)
"""What can send a stopped process the signal that lets it go on."""
_UNWEIGHED = (
    (319, 279),  # memfd_create
    (447, 447),  # memfd_secret
    (29, 194),  # shmget
)
"""Memory that no process maps is held by none, and would be found on no scales."""
_LOAD, _JUMP_EQUAL, _JUMP_ABOVE, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _EPERM, _ENOSYS, _END = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000
_CLONE, _CLONE3, _VFORK = (56, 220), (435, 435), (58, -1)
_SHARES_MEMORY, _PARENT_WAITS, _IS_THREAD = 0x100, 0x4000, 0x10000


def filter_calls(*, gpu: bool = False, spawns: bool = True) -> None:
    """Refuses, with EPERM, the system calls listed above for the rest of this process's life.

    Args:
        gpu: Whether to leave what a GPU's driver may need.
        spawns: Whether to leave starting other programs the usual way, by a process that shares the
            memory while its parent waits. One that shares it beside its parent is never left: it
            would not be stopped with the parent.

    Raises:
        OSError: The kernel refused, or this machine's numbers are not known here.
    """
    if platform.machine() not in _ARCHES:
        raise OSError(f"seccomp: no table for {platform.machine()}")
    refused = _REFUSED if gpu else _REFUSED + _UNWEIGHED + _WAKES
    code = _filter_program(*_ARCHES[platform.machine()], refused, spawns=spawns)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    prctl(PR_SET_SECCOMP, 2, program)


def _filter_program(
    arch: int, column: int, refused: Iterable[tuple[int, int]], *, spawns: bool
) -> bytes:
    lines: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, 4),  # the architecture
        (_JUMP_EQUAL, 1, 0, arch),
        (_RETURN, 0, 0, _END),  # a 32-bit call would go by other numbers
        (_LOAD, 0, 0, 0),  # the call's number
    ]
    if column == 0:  # x32 calls carry this bit and would go by other numbers too
        lines += [(_JUMP_ABOVE, 0, 1, 0x40000000), (_RETURN, 0, 0, _EPERM)]
    for numbers in refused:
        lines += [(_JUMP_EQUAL, 0, 1, numbers[column]), (_RETURN, 0, 0, _EPERM)]
    if not spawns and _VFORK[column] >= 0:
        lines += [(_JUMP_EQUAL, 0, 1, _VFORK[column]), (_RETURN, 0, 0, _EPERM)]
    lines += [
        (_JUMP_EQUAL, 0, 1, _CLONE3[column]),  # its flags lie in memory; C libraries do without
        (_RETURN, 0, 0, _ENOSYS),
        (_JUMP_EQUAL, 0, 5, _CLONE[column]),
        (_LOAD, 0, 0, 16),  # its first argument, the flags
        (_JUMP_SET, 0, 2, _SHARES_MEMORY),
        (_JUMP_SET, 1, 0, _IS_THREAD | (_PARENT_WAITS if spawns else 0)),
        (_RETURN, 0, 0, _EPERM),
        (_RETURN, 0, 0, _ALLOW),
        (_JUMP_EQUAL, 0, 3, _SOCKET[column]),
        (_LOAD, 0, 0, 16),  # its first argument, the family
        (_JUMP_EQUAL, 1, 0, 1),
        (_RETURN, 0, 0, _EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("HBBI", *line) for line in lines)


def signal_by_fd(pidfd: int, number: int) -> None:
    """Sends a signal to the process behind a pidfd, which cannot be another one by now.

    Raises:
        OSError: It is gone.
    """
    _checked(_libc.syscall(_PIDFD_SIGNAL, pidfd, number, None, 0), "pidfd_send_signal")


def cpu_seconds(pid: int) -> float:
    """CPU time of all threads of a process, as the kernel counts it.

    Raises:
        OSError: There is no such process.
    """
    # clock_getcpuclockid(3): the clock's number is made from the pid's complement.
    clock = (~pid << 3) | 2
    return _clock(clock)


class _TimeSpec(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


def _clock(clock: int) -> float:
    spec = _TimeSpec()
    _checked(_libc.clock_gettime(clock, ctypes.byref(spec)), "clock_gettime")
    return float(spec.seconds) + float(spec.nanoseconds) / 1e9


def set_malloc_poison(byte: int) -> bool:
    """Whether malloc now fills what it gives and takes back; `byte` 0 switches it off.

    Memory that is given is filled with the byte's complement: 1 makes floats of -1.7e38.
    """
    mallopt = getattr(_libc, "mallopt", None)  # glibc only
    return mallopt is not None and mallopt(-6, byte) == 1
