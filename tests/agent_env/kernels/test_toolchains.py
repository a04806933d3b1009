import pytest

from agent_env.kernels import toolchains
from agent_env.kernels.toolchains import is_performance, pair_problem, release, survey


def test_every_tool_chain_has_a_version_or_a_reason():
    found = {one.name: one for one in survey()}
    assert list(found) == ["torch", "g++", "nvcc", "triton"]
    for one in found.values():
        assert one.available == (not one.missing)
        assert one.available == bool(one.version) or one.name == "triton"
    assert found["torch"].version.startswith("2.")


def test_what_is_absent_says_so_and_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    found = toolchains.gxx()
    assert not found.available
    assert found.missing.startswith("g++ is not available here (")


def test_a_program_that_answers_nothing_is_absent(monkeypatch, tmp_path):
    (tmp_path / "g++").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "g++").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert "does not answer --version" in toolchains.gxx().missing


def test_another_program_under_the_same_name_is_asked_again(monkeypatch, tmp_path):
    versions = []
    for number, folder in enumerate((tmp_path / "a", tmp_path / "b")):
        folder.mkdir()
        (folder / "g++").write_text(f"#!/bin/sh\necho g++ 1.{number}.0\n")
        (folder / "g++").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
        versions.append(toolchains.gxx().version)
    assert versions == ["1.0.0", "1.1.0"]


@pytest.mark.parametrize(
    ("triton", "numpy", "works"),
    [
        ("3.8.0", "2.4.6", True),
        ("3.6.0", "2.3.5", True),
        ("3.6.0", "2.4.0", False),
        ("3.7.1", "2.10.0", False),
        ("3.8.0", "", False),
    ],
)
def test_pairs_of_triton_and_numpy(triton, numpy, works):
    problem = pair_problem(triton, numpy)
    assert (problem == "") is works
    if numpy and not works:
        assert triton in problem
        assert numpy in problem


@pytest.mark.parametrize(
    ("version", "numbers"), [("2.13.0+cpu", (2, 13, 0)), ("3.8.0rc1", (3, 8, 0)), ("", ())]
)
def test_versions_compare_as_numbers(version, numbers):
    assert release(version) == numbers


@pytest.mark.parametrize(
    ("language", "device", "counts"),
    [
        ("cpp", "cpu", True),
        ("torch", "cpu", True),
        ("triton", "cpu", False),
        ("cuda", "cpu", False),
        ("triton", "cuda", True),
        ("cuda", "cuda", True),
    ],
)
def test_times_of_a_shim_or_an_interpreter_do_not_count(language, device, counts):
    assert is_performance(language, device) is counts


def test_the_architecture_is_one_short_word():
    assert toolchains.architecture() == toolchains.architecture()
    assert len(toolchains.architecture().split()) == 1
