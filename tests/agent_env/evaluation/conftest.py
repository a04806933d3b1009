"""What the tests of evaluation share: a server that plays the oracle, and the command."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from agent_env import load_domain
from agent_env.__main__ import main
from agent_env.endpoints.endpoint import Retries
from agent_env.endpoints.scripted_model import Script
from agent_env.endpoints.scripted_server import Answering, Failing, ScriptedServer, answer_from
from agent_env.evaluation import command

TASKS = 10


@pytest.fixture
def oracle() -> Callable[..., Answering]:
    """What a server says that plays the oracle, some tasks failed."""

    def make(fail: tuple[int, ...] = (), wire_format: str = "hermes") -> Answering:
        domain = load_domain("retail_mini")
        return answer_from(Script.of_domain(domain, domain.tasks(TASKS), fail), wire_format)

    return make


@pytest.fixture
def serve() -> Callable[..., Any]:
    """A server that does not hang for long."""

    @contextmanager
    def make(
        answer: Answering, faults: Failing = lambda number, body: None
    ) -> Iterator[ScriptedServer]:
        with ScriptedServer(answer, faults, hang_s=1.0) as server:
            yield server

    return make


@pytest.fixture
def evaluate(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, Any, str]]:
    """The command: exit status, the figures, and what was said on the way."""

    def run(server: ScriptedServer | str, *arguments: str) -> tuple[int, Any, str]:
        url = server if isinstance(server, str) else server.url
        common = ("--base-url", url, "--model", "scripted", "--domain", "retail_mini")
        small = ("--tasks", str(TASKS), "--max-turns", "8", "--json")
        status = main(["evaluate", *common, *small, *arguments])
        said = capsys.readouterr()
        return status, json.loads(said.out) if said.out else None, said.err

    return run


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same retries without the waits between them."""
    monkeypatch.setattr(command, "Retries", lambda count: Retries(count=count, first_wait_s=0.001))
