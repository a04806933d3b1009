"""Real sessions: through a pseudo-terminal, where lines are edited, and through pipes."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PLAY = [sys.executable, "-m", "agent_env", "play", "--domain", "retail_mini"]
UP, CTRL_C, CTRL_D = "\x1b[A", "\x03", "\x04"
# Makes the terminal the one that Ctrl-C of the session comes from.
LEAD = (
    "import fcntl, os, sys, termios; os.setsid(); "
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)


class Session:
    """A command at a terminal, typed into and read like a person does."""

    def __init__(self, process: subprocess.Popen[bytes], keyboard: int) -> None:
        self.process, self._keyboard = process, keyboard
        self._unread = ""

    def type(self, keys: str) -> None:
        os.write(self._keyboard, keys.encode())

    def read_until(self, text: str) -> str:
        """What came since the last reading, up to and with the text."""
        seen, deadline = self._unread, time.monotonic() + 20
        while text not in seen:
            ready, _, _ = select.select([self._keyboard], [], [], 0.2)
            try:
                seen += os.read(self._keyboard, 65_536).decode() if ready else ""
            except OSError:  # The other end is closed.
                raise AssertionError(f"{text!r} never came, only {seen!r}") from None
            assert time.monotonic() < deadline, f"{text!r} never came, only {seen!r}"
        before, _, self._unread = seen.partition(text)
        return before + text


@contextmanager
def session(*options: str) -> Iterator[Session]:
    keyboard, screen = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", LEAD, *PLAY, *options],
        cwd=ROOT,
        stdin=screen,
        stdout=screen,
        stderr=screen,
        env={**os.environ, "TERM": "dumb", "INPUTRC": os.devnull},
    )
    os.close(screen)
    try:
        yield Session(process, keyboard)
    finally:
        process.kill()
        process.wait()
        os.close(keyboard)


def test_at_a_terminal_earlier_lines_come_back_and_ctrl_d_ends() -> None:
    with session() as person:
        person.read_until("agent> ")
        person.type("/diff\r")
        person.read_until("nothing changed\r\nagent> ")
        person.type(f"{UP}\r")
        person.read_until("nothing changed\r\nagent> ")
        person.type("Helo\x7flo.\r")  # Backspace edits.
        person.read_until("customer> ")
        person.read_until("agent> ")
        person.type("/history\r")
        assert "agent> Hello." in person.read_until("Hello.\r\ncustomer> ")
        person.read_until("agent> ")
        person.type(CTRL_D)
        person.read_until("not solved (left)")
        assert person.process.wait(10) == 0


@pytest.mark.parametrize("options", [(), ("--as", "customer")])
def test_at_a_terminal_ctrl_c_ends_with_130(options: tuple[str, ...]) -> None:
    with session(*options) as person:
        person.read_until("agent> " if not options else "customer> ")
        person.type("half a line")
        person.read_until("half a line")
        time.sleep(0.1)  # Until Python waits again; a signal before that it sees a key later.
        person.type(CTRL_C)
        assert person.process.wait(10) == 130
        with pytest.raises(AssertionError, match=r"'Traceback' never came, only '[\^C\\rn]*'"):
            person.read_until("Traceback")


def test_a_pipe_gives_a_readable_conversation() -> None:
    typed = "Hallo, gr\xfc\xdfe.\n/quit\n".encode("latin-1")  # Not what the terminal reads.
    done = subprocess.run(PLAY, cwd=ROOT, input=typed, capture_output=True, check=True)
    assert done.stderr == b""
    assert "agent> Hallo, gr\ufffd\ufffde.\n" in done.stdout.decode()
    assert done.stdout.decode().endswith("not solved (left), reward +0.00\n")


def test_a_reader_that_leaves_early_is_no_error() -> None:
    playing = subprocess.Popen(
        PLAY, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert playing.stdout is not None
    playing.stdout.close()
    _, said = playing.communicate(b"/tools\n" * 5)
    assert (playing.returncode, said) == (141, b"")
