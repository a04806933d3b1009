"""What the environment's tests share: a small domain, and an agent that follows the oracle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from agent_env import Domain, Task, ToolEnv, load_domain
from agent_env.store import Store
from parsers import render


@pytest.fixture(scope="session")
def domain() -> Domain:
    return load_domain("retail_mini", seed=0, orders=16, prompt="retail_mini_compact")


@pytest.fixture(scope="session")
def full_domain() -> Domain:
    return load_domain("retail_mini")


@pytest.fixture
def task_of(domain: Domain) -> Callable[[str], Task]:
    """The first task of a kind."""
    return lambda kind: next(task for task in domain.tasks(12, 0) if task.kind == kind)


@pytest.fixture
def script() -> Callable[[Domain, Task], list[str]]:
    """What the oracle writes, a text a turn."""

    def write(domain: Domain, task: Task) -> list[str]:
        return [
            action if isinstance(action, str) else render([action])
            for action in domain.oracle(task)
        ]

    return write


@pytest.fixture
def call() -> Callable[..., str]:
    """The text of one call."""
    return lambda name, **arguments: render([(name, arguments)])


@pytest.fixture
def with_tool() -> Callable[..., Domain]:
    """The domain with the function of one tool swapped."""

    def swap(domain: Domain, name: str, function: Callable[..., object]) -> Domain:
        tools = tuple(
            replace(spec, function=function) if spec.name == name else spec for spec in domain.tools
        )
        return replace(domain, tools=tools)

    return swap


@pytest.fixture
def start() -> Callable[..., ToolEnv]:
    """An episode that has been reset."""

    def make(domain: Domain, task: Task, **options: object) -> ToolEnv:
        env = ToolEnv(domain, task, **options)  # type: ignore[arg-type]
        env.reset()
        return env

    return make


@pytest.fixture
def store(domain: Domain) -> Store:
    return Store(domain.base)
