"""The names other people's code uses, what importing a package does, and what a wheel holds."""

import importlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# A change here is a change for everyone who imports these; CHANGELOG.md says so too.
PUBLIC = {
    "parsers": {
        "Fault",
        "FaultKind",
        "ParseStatus",
        "ParsedMessage",
        "Repair",
        "StreamEvent",
        "StreamParser",
        "ToolCall",
        "list_formats",
        "parse",
        "render",
    },
    "prompts": {"Prompt", "PromptError", "list_prompts", "load", "render"},
    "agent_env": {
        "Base",
        "Domain",
        "Endpoint",
        "EnvError",
        "Limits",
        "ModelUser",
        "RewardWeights",
        "ScriptedUser",
        "Situation",
        "StepResult",
        "StopReason",
        "Store",
        "Task",
        "ToolEnv",
        "ToolError",
        "UnknownNameError",
        "User",
        "UserReply",
        "episode_keys",
        "list_adapted",
        "list_domains",
        "load_domain",
        "pool",
    },
}

HEAVY = {"torch", "skyrl", "ray", "wandb", "transformers", "openai", "jsonschema", "yaml"}

# Imports a package and prints what that did: modules loaded, output, files, environment, threads.
PROBE = """
import os, sys, threading
environment = dict(os.environ)
importlib = __import__("importlib")
importlib.import_module(sys.argv[1])
heavy = sorted({name.split(".")[0] for name in sys.modules} & set(sys.argv[2:]))
print(heavy, os.listdir(), environment == dict(os.environ), threading.active_count())
"""


@pytest.mark.parametrize("package", PUBLIC)
def test_the_public_names_are_these_and_they_exist(package):
    module = importlib.import_module(package)
    assert set(module.__all__) == PUBLIC[package]
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


@pytest.mark.parametrize("package", [*PUBLIC, "training", "training.config"])
def test_importing_a_package_only_imports_it(package, tmp_path):
    done = subprocess.run(
        [sys.executable, "-B", "-c", PROBE, package, *HEAVY],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[] [] True 1\n"
    assert done.stderr == ""


def test_a_wheel_holds_the_packages_with_their_data_and_no_tests(tmp_path):
    for package in [*PUBLIC, "training", "tests"]:
        shutil.copytree(ROOT / package, tmp_path / package)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    code = "from setuptools import build_meta; print(build_meta.build_wheel('.'))"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=True)
    (wheel,) = tmp_path.glob("callforge-*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        path.relative_to(ROOT).as_posix()
        for package in [*PUBLIC, "training"]
        for pattern in ("*.py", "*.sh", "*.yaml")
        for path in (ROOT / package).rglob(pattern)
    }
    wanted |= {path.relative_to(ROOT).as_posix() for path in (ROOT / "prompts").rglob("*.md")}
    assert wanted - held == set()
    folders = {name.split("/")[0] for name in held}
    assert {name for name in folders if not name.startswith("callforge-")} == {*PUBLIC, "training"}
