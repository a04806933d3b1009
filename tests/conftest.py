"""What every test may use: golden files, and markers of tests whose needs not all machines meet."""

import os
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from agent_env.kernels import toolchains
from training.config import hardware_for

GOLDEN = Path(__file__).parent / "golden"

# What a marker needs, and how to tell that it is here. pyproject.toml says the same in words.
NEEDS: dict[str, Callable[[], bool]] = {
    "gpu": lambda: hardware_for({}) != "cpu",
    "nvcc": lambda: shutil.which("nvcc") is not None,
    "tau2": lambda: bool(os.environ.get("TAU2_PATH")),
    "tau_bench": lambda: bool(os.environ.get("TAU_BENCH_PATH")),
    "triton": lambda: not toolchains.triton().missing,
    "vllm": lambda: find_spec("vllm") is not None,
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden", action="store_true", help="rewrite golden files (make golden)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves tests out, and says how many, whose marker names what this machine has not."""
    missing = {marker for marker, is_here in NEEDS.items() if not is_here()}
    left_out = [item for item in items if any(map(item.get_closest_marker, missing))]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares a text with a file of tests/golden; with --golden it writes the file first."""

    def check(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return check
