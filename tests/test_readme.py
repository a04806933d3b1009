"""The documents: their commands exist, their Python runs, and what they point at is there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("*/README.md"))]


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", path.read_text("utf-8"), re.M | re.S)


def commands() -> list[str]:
    """Every command line of every document, comments left out."""
    lines = [
        line for path in DOCUMENTS for block in blocks(path, "bash") for line in block.split("\n")
    ]
    return [line.split("  #")[0].strip() for line in lines if line.strip() and line[0] != "#"]


def test_the_set_up_is_two_commands():
    first = blocks(ROOT / "README.md", "bash")[0]
    assert [line.split("  #")[0].strip() for line in first.strip().split("\n")] == [
        "DEBUG_PARSER=1 bash training/run.sh",
        "make test",
    ]


@pytest.mark.parametrize("command", sorted(set(commands())))
def test_a_command_names_what_exists(command):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    if made := re.search(r"\bmake (\w+)", command):
        assert made[1] in targets
    for script in re.findall(r"\bbash (\S+)", command):
        assert (ROOT / script).is_file()
    for module in re.findall(r"-m (parsers|agent_env|training)(?:\s|$)", command):
        assert (ROOT / module / "__main__.py").is_file()


def test_the_keys_in_commands_are_settings():
    shown = [
        word
        for command in commands()
        if "training/run.sh" in command
        for word in command.split("training/run.sh")[1].split()
    ]
    assert shown
    checked = [sys.executable, "-m", "training.config", "check", *shown]
    assert subprocess.run(checked, cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_python_in_a_document_runs(path):
    for block in blocks(path, "python"):
        subprocess.run([sys.executable, "-c", block], cwd=ROOT, capture_output=True, check=True)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_link_to_a_file_leads_somewhere(path):
    prose = re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.M | re.S)
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", prose)
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_files_that_architecture_names_exist():
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    named = re.findall(r"`((?:parsers|agent_env|prompts|training|tests)/[\w/.]+)`", text)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
