"""What the tests of playing share: a session in which the lines come from a list."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from agent_env.__main__ import main

Played = Callable[..., str]


@pytest.fixture
def played(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Played:
    """What `play` prints when these lines come through a pipe."""

    def play(*lines: str, options: str = "", status: int = 0) -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        given: list[Any] = ["play", "--domain", "retail_mini", *options.split()]
        assert main(given) == status
        return capsys.readouterr().out

    return play
