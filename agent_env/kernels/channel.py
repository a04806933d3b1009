"""How the judge talks with a process: frames on a socket, and memory that both see.

Place in the flow: `children` holds the judge's ends, `zygote` and `worker` the others. Inputs and
outputs go through the `Arena`; the socket carries only words such as "go" and "done".

What it does not do: nothing that comes from a candidate's process is believed here or unpickled;
the judge decides by the bytes in the arena.
"""

from __future__ import annotations

import fcntl
import json
import mmap
import os
import socket
import struct
from collections.abc import Sequence
from typing import Any

LONGEST_FRAME = 1 << 18
"""Longest frame that the judge reads from a candidate's process, in bytes."""
_HEADER = struct.Struct("<I")
_SEALS = 0x0001 | 0x0002 | 0x0004
"""F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW: a shrunk file would end the judge by SIGBUS."""
_ADD_SEALS = 1033


class ChannelError(Exception):
    """The other side closed the channel or sent what is no frame."""


def send(sock: socket.socket, frame: bytes, fds: Sequence[int] = ()) -> None:
    """Sends one frame, with open files that the other side gets copies of."""
    data = _HEADER.pack(len(frame)) + frame
    if fds:
        # The files ride on the first byte; a stream socket may take the rest in pieces.
        sent = socket.send_fds(sock, [data], list(fds))
        data = data[sent:]
    sock.sendall(data)


def receive(sock: socket.socket, most_fds: int = 0) -> tuple[bytes, list[int]]:
    """The next frame and the files that came with it; for the trusted side of a socket.

    Raises:
        ChannelError: The other side is gone.
    """
    fds: list[int] = []
    if most_fds:
        head, fds, _, _ = socket.recv_fds(sock, _HEADER.size, most_fds)
    else:
        head = sock.recv(_HEADER.size)
    head += read_exactly(sock, _HEADER.size - len(head)) if head else b""
    if not head:
        raise ChannelError("The other side closed the channel.")
    return read_exactly(sock, _HEADER.unpack(head)[0]), fds


def read_exactly(sock: socket.socket, count: int) -> bytes:
    """That many bytes.

    Raises:
        ChannelError: The other side is gone before it sent them.
    """
    parts: list[bytes] = []
    while count:
        part = sock.recv(min(count, 1 << 20))
        if not part:
            raise ChannelError("The other side closed the channel in the middle of a frame.")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def send_data(sock: socket.socket, data: dict[str, Any], fds: Sequence[int] = ()) -> None:
    """Sends JSON data as one frame."""
    send(sock, json.dumps(data).encode(), fds)


def receive_data(sock: socket.socket, most_fds: int = 0) -> tuple[dict[str, Any], list[int]]:
    """JSON data that came as one frame, from a trusted side.

    Raises:
        ChannelError: The other side is gone.
    """
    frame, fds = receive(sock, most_fds)
    return json.loads(frame), fds


class FrameReader:
    """Frames out of bytes from a side that is not trusted, as they come in."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> None:
        """Takes the bytes that came in."""
        self._buffer += data

    def empty(self) -> bool:
        """Whether nothing waits, not even a part of a frame."""
        return not self._buffer

    def next(self) -> bytes | None:
        """The next whole frame, or None until more comes in.

        Raises:
            ChannelError: The length is beyond what any honest worker sends.
        """
        if len(self._buffer) < _HEADER.size:
            return None
        (length,) = _HEADER.unpack_from(self._buffer)
        if length > LONGEST_FRAME:
            raise ChannelError(f"A frame of {length} bytes was announced on the channel.")
        end = _HEADER.size + length
        if len(self._buffer) < end:
            return None
        frame, self._buffer = self._buffer[_HEADER.size : end], self._buffer[end:]
        return frame


class Arena:
    """Memory that the judge makes and one other process maps; it cannot be resized.

    Attributes:
        fd: The file behind it.
        memory: The mapping, writable.
    """

    __slots__ = ("fd", "memory")

    def __init__(self, size_bytes: int) -> None:
        """Makes memory of at least that size.

        Args:
            size_bytes: How much is needed; rounded up to whole pages.
        """
        size = max(1, -(-size_bytes // mmap.PAGESIZE)) * mmap.PAGESIZE
        self.fd = os.memfd_create("arena", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(self.fd, size)
        fcntl.fcntl(self.fd, _ADD_SEALS, _SEALS)
        self.memory = mmap.mmap(self.fd, size)

    def close(self) -> None:
        """Gives the file back; the mapping goes with the last tensor that shows it."""
        os.close(self.fd)
