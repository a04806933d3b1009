"""install.sh and run.sh when the machine is not as it should be. Nothing is installed here."""

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BASE = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
TOOLS = ("bash", "cat", "dirname", "env", "rm", "tail")


@pytest.fixture
def machine(tmp_path):
    """A copy of the repository's frame in a path with a space, and an empty PATH beside it."""
    top = tmp_path / "a clone"
    left_out = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(ROOT / "training", top / "training", ignore=left_out)
    shutil.copy(ROOT / "pyproject.toml", top)
    programs = tmp_path / "bin"
    programs.mkdir()
    for tool in TOOLS:
        (programs / tool).symlink_to(shutil.which(tool))
    return Machine(top, programs)


class Machine:
    """Runs scripts of a copied repository with only the programs that were put on PATH."""

    def __init__(self, top, programs):
        self.top, self.programs = top, programs

    def program(self, name, body):
        path = self.programs / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!{shutil.which('bash')}\n{body}\n")
        path.chmod(0o755)
        return path

    def good_python(self, name="python3.11"):
        self.program(name, f'exec "{BASE}" "$@"')

    def fake_venv(self, pip="exit 0"):
        """A .venv whose Python runs and whose pip does as told; the log of pip's calls."""
        python = self.top / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        log = self.top / "pip.log"
        note = f'printf "%s\\n" "$*" >>"{log}"'
        python.write_text(
            f"#!{shutil.which('bash')}\n"
            f'if [ "$1 $2" = "-m pip" ]; then {note}; {pip}; fi\n'
            f'exec "{sys.executable}" "$@"\n'
        )
        python.chmod(0o755)
        return log

    def run(self, script, *arguments, cwd=None, **environment):
        # Nothing of ours is in the environment: no HOME, no PYTHON, no PYTHONPATH.
        return subprocess.run(
            ["bash", self.top / "training" / script, *arguments],
            cwd=cwd or self.top.parent,
            env={"PATH": str(self.programs)} | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


def one_sentence(done):
    assert done.returncode != 0
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_without_any_python_it_says_what_is_needed(machine):
    said = one_sentence(machine.run("install.sh", "cpu"))
    assert "needs Python 3.11 or 3.12, but found none on PATH" in said


def test_a_python_that_is_too_old_is_named_with_its_version(machine):
    # The stand-in answers the version question as Python 3.9 would.
    machine.program("python3", "echo 'is Python 3.9' >&2; exit 1")
    said = one_sentence(machine.run("install.sh", "cpu"))
    assert "bin/python3 is Python 3.9" in said


def test_a_stand_in_that_does_not_run_is_passed_over(machine):
    machine.program("python3.11", "echo 'version manager: command not found' >&2; exit 127")
    machine.good_python("python3.12")
    done = machine.run("install.sh", "--python")
    assert (done.returncode, Path(done.stdout.strip()).exists()) == (0, True)


def test_every_python_that_was_refused_is_named(machine):
    machine.program("python3.11", "exit 127")
    machine.program("python3", "echo 'is Python 3.14' >&2; exit 1")
    said = one_sentence(machine.run("install.sh", "cpu"))
    assert "python3.11 does not run" in said
    assert "python3 is Python 3.14" in said


def test_the_chosen_python_is_not_replaced_by_another(machine):
    machine.good_python()
    said = one_sentence(machine.run("install.sh", "--python", PYTHON="/no/such python"))
    assert "needs Python" in said


def test_a_missing_compiler_is_said_before_anything_is_built(machine):
    machine.good_python()
    machine.program("cc", "exit 1")
    said = one_sentence(machine.run("install.sh", "cpu"))
    assert "needs a C compiler, but none of cc, gcc and clang runs" in said
    assert not (machine.top / ".venv").exists()


@pytest.mark.parametrize("arguments", [(), ("dev",), ("cpu", "gpu"), ("cpu", "everything")])
def test_an_unclear_order_is_refused(machine, arguments):
    assert "expected" in one_sentence(machine.run("install.sh", *arguments))


@pytest.mark.parametrize(
    ("argument", "words"),
    [("sed=1", "did you mean 'seed'?"), ("steps=x", "whole number"), ("--fast", "unknown flag")],
)
def test_a_wrong_key_is_answered_before_anything_is_installed(machine, argument, words):
    machine.good_python()
    done = machine.run("run.sh", argument)
    assert done.returncode == 2
    assert words in one_sentence(done)
    assert not (machine.top / ".venv").exists()


def test_help_needs_no_installation(machine):
    machine.good_python()
    done = machine.run("run.sh", "seed=1", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "rl.lr=" in done.stdout
    assert not (machine.top / ".venv").exists()


def test_a_config_path_is_meant_from_where_the_caller_stands(machine, tmp_path):
    machine.good_python()
    (tmp_path / "mine.yaml").write_text("steps: 3\n")
    # It goes on to the compiler check, so the file was found.
    assert "C compiler" in one_sentence(machine.run("run.sh", "--config", "mine.yaml"))
    done = machine.run("run.sh", "--config", "mine.yaml", cwd=machine.top)
    assert "there is no file 'mine.yaml'" in done.stderr


def ready_machine(machine, pip="exit 0"):
    machine.good_python()
    machine.program("cc", "exit 0")
    return machine.fake_venv(pip)


def test_packages_come_from_pyproject_and_a_second_call_does_nothing(machine):
    log = ready_machine(machine)
    assert machine.run("install.sh", "cpu", "dev").returncode == 0
    calls = log.read_text().splitlines()
    assert calls[0].endswith("--no-input torch==2.13.0")
    assert calls[1].endswith("--no-deps skyrl==0.3.0 skyrl-gym==0.4.0")
    assert all(name in calls[2] for name in ("ray[default]==2.56.0", "pytest~=", "openai"))
    began = time.monotonic()
    again = machine.run("install.sh", "cpu", "dev")
    assert time.monotonic() - began < 2  # 0.05 s on an idle machine
    assert (again.returncode, again.stderr) == (0, "")
    assert machine.run("install.sh", "cpu").stderr == ""
    assert len(log.read_text().splitlines()) == 3


def test_a_changed_list_is_installed_anew(machine):
    log = ready_machine(machine)
    machine.run("install.sh", "cpu")
    pyproject = machine.top / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("torch==2.13.0", "torch==2.13.1"))
    assert machine.run("install.sh", "cpu").returncode == 0
    assert "torch==2.13.1" in log.read_text()


def test_a_failing_pip_is_explained_and_leaves_no_stamp(machine):
    ready_machine(machine, pip='echo "no matching distribution"; exit 1')
    done = machine.run("install.sh", "cpu")
    assert done.returncode == 1
    assert "no matching distribution" in done.stderr
    assert "start again: it goes on from here" in done.stderr
    assert not list((machine.top / ".venv").glob("installed-*"))


def test_packages_that_a_killed_pip_left_half_written_are_forgotten(machine):
    ready_machine(machine)
    site = machine.top / ".venv" / "lib" / "python3.11" / "site-packages"
    for name, files in (("whole", ("INSTALLER", "RECORD")), ("half", ("METADATA",))):
        (site / f"{name}-1.dist-info").mkdir(parents=True)
        for file in files:
            (site / f"{name}-1.dist-info" / file).touch()
    assert machine.run("install.sh", "cpu").returncode == 0
    assert [path.name for path in site.iterdir()] == ["whole-1.dist-info"]


def test_two_at_once_take_turns_and_the_second_finds_the_work_done(machine):
    log = ready_machine(machine, pip="read -r -t 0.4 <> <(:); exit 0")
    results = []
    both = [
        threading.Thread(target=lambda: results.append(machine.run("install.sh", "cpu")))
        for _ in range(2)
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert [done.returncode for done in results] == [0, 0]
    assert len(log.read_text().splitlines()) == 3
    assert sum("waiting for it" in done.stderr for done in results) == 1


def test_a_killed_installation_frees_the_lock_and_the_next_goes_on(machine):
    log = ready_machine(machine, pip="read -r -t 1 <> <(:); exit 0")
    first = subprocess.Popen(
        ["bash", machine.top / "training" / "install.sh", "cpu"],
        env={"PATH": str(machine.programs)},
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while not log.exists():
        time.sleep(0.02)
    os.killpg(first.pid, 9)
    first.wait()
    assert machine.run("install.sh", "cpu").returncode == 0
    assert len(log.read_text().splitlines()) == 4
