import os
import time
from pathlib import Path

import pytest

from agent_env.kernels import toolchains
from agent_env.kernels.cache import Cache
from agent_env.kernels.compile import FLAGS, BuildStatus, compile_candidate, stage
from agent_env.kernels.compile_log import first_error, trim
from agent_env.kernels.tool_cage import layers, read_output, run_tool

IMPORT = "from agent_env.kernels.api import cpp\n"
GOOD = 'extern "C" void f(float* x) { x[0] = 1; }\n'


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "cache")


def build(source, cache, timeout_s=30.0):
    return compile_candidate(f"{IMPORT}lib = cpp({source!r})\n", cache, timeout_s)


def test_a_good_source_is_built_and_its_functions_known(cache, tmp_path):
    built = build(GOOD, cache)
    assert built.ok, built
    [(name, path)] = built.artefacts.items()
    assert path.read_bytes().startswith(b"\x7fELF")
    assert [row["name"] for row in built.facts[name]["functions"]] == ["f"]
    assert built.languages == ("cpp",)
    stage(built, tmp_path)
    assert (tmp_path / f"{name}.so").read_bytes() == path.read_bytes()
    assert (tmp_path / f"{name}.json").stat().st_mode & 0o444 == 0o444


def test_a_library_that_somebody_has_loaded_is_replaced_and_not_written_over(cache, tmp_path):
    built = build(GOOD, cache)
    stage(built, tmp_path)
    [loaded] = tmp_path.glob("*.so")
    with loaded.open("rb") as mapped:  # as a process holds it that has loaded it
        stage(built, tmp_path)
        assert os.fstat(mapped.fileno()).st_nlink == 0
        assert mapped.read() == loaded.read_bytes()


def test_a_candidate_without_kernels_builds_nothing(cache):
    built = compile_candidate("import torch\n", cache)
    assert built.ok
    assert built.artefacts == {}
    assert not cache.folder.exists()


def test_an_error_names_the_candidates_line_and_no_folder_of_ours(cache):
    built = build(
        '#include <vector>\n\nextern "C" void f() { std::vector<int> v; v.psh(1); }', cache
    )
    assert built.status is BuildStatus.ERROR
    assert built.reason.startswith("g++: candidate.cpp:3:")
    assert "psh" in built.log
    assert "/tmp" not in built.log
    assert "/usr" not in built.log


def test_what_is_not_defined_anywhere_is_an_error_of_the_build(cache):
    built = build('extern "C" void g();\nextern "C" void f() { g(); }', cache)
    assert built.status is BuildStatus.ERROR
    assert "undefined reference to `g'" in built.log


def test_results_and_errors_come_from_the_cache_the_second_time(cache, monkeypatch):
    first = [build(GOOD, cache), build("int x = y;", cache)]
    monkeypatch.setattr("agent_env.kernels.compile.run_tool", None)
    assert [build(GOOD, cache), build("int x = y;", cache)] == first


def test_another_compiler_or_processor_builds_anew(cache, monkeypatch):
    build(GOOD, cache)
    before = len(list(cache.folder.glob("entries/??/*")))
    monkeypatch.setattr(toolchains, "architecture", lambda: "another")
    build(GOOD, cache)
    assert len(list(cache.folder.glob("entries/??/*"))) == before + 1


def test_a_damaged_library_is_built_again(cache):
    [path] = build(GOOD, cache).artefacts.values()
    whole = path.read_bytes()
    path.write_bytes(whole[:100])
    [again] = build(GOOD, cache).artefacts.values()
    assert len(again.read_bytes()) == len(whole)


def test_a_compiler_that_does_not_end_is_stopped_and_not_remembered(cache):
    endless = (
        "constexpr long f() { long s = 0; for (int i = 0; i < 200000; ++i) "
        "for (int j = 0; j < 200000; ++j) s += j; return s; }\nstatic_assert(f() > 0);"
    )
    begin = time.monotonic()
    built = build(endless, cache, timeout_s=1.0)
    assert built.status is BuildStatus.TIMEOUT
    assert "1 s" in built.reason
    assert time.monotonic() - begin < 5.0
    assert not cache.folder.exists()


def test_output_without_end_is_bounded(cache):
    built = build("int a[50 << 20] = {1};", cache)
    assert built.status is BuildStatus.ERROR


def test_a_log_without_end_is_cut(cache):
    built = build("\n".join(f"int a{number} = b{number};" for number in range(5_000)), cache)
    assert built.status is BuildStatus.ERROR
    assert len(built.log) < 5_000


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('#include "/etc/passwd"', "only headers of the system"),
        ("x" * 300_000, "at most"),
        ("int a;\0", "NUL"),
    ],
)
def test_what_no_compiler_sees(cache, source, said):
    built = build(source, cache)
    assert built.status is BuildStatus.REFUSED
    assert said in built.reason


def test_a_flag_that_is_not_on_the_list_is_refused(cache):
    code = f"{IMPORT}lib = cpp({GOOD!r}, flags=['-fplugin=/tmp/x.so'])"
    built = compile_candidate(code, cache)
    assert built.status is BuildStatus.REFUSED
    assert all(flag in built.reason for flag in FLAGS)


def test_a_flag_that_is_on_the_list_is_used(cache):
    source = 'extern "C" int f() {\n#ifdef __FAST_MATH__\nreturn 1;\n#else\n#error slow\n#endif\n}'
    assert build(source, cache).status is BuildStatus.ERROR
    assert compile_candidate(f"{IMPORT}lib = cpp({source!r}, flags=['-ffast-math'])", cache).ok


@pytest.mark.parametrize(
    "source",
    [
        '#define S(x) #x\n#define C(a, b) S(.a##b)\nasm(C(inc, bin) " \\"PATH\\"");\n' + GOOD,
        "#if __has_include(<PATH>)\n#error leaked\n#endif\n#define P <PATH>\nint x = y;",
    ],
)
def test_the_cage_holds_where_the_text_says_nothing(cache, tmp_path, source):
    secret = tmp_path / "secret.h"
    secret.write_text("SECRET_WORD\n")
    built = build(source.replace("PATH", str(secret)), cache)
    assert built.status is BuildStatus.ERROR or "filesystem" not in layers()
    assert "SECRET_WORD" not in built.log


def test_a_machine_without_a_compiler_is_no_fault_of_the_candidate(cache, monkeypatch):
    monkeypatch.setenv("PATH", str(cache.folder))
    built = build(GOOD, cache)
    assert built.status is BuildStatus.UNAVAILABLE
    assert "g++ is not available here" in built.reason
    assert not cache.folder.exists()


def test_a_tool_may_write_in_its_folder_and_read_nothing_of_others(tmp_path):
    home, other = tmp_path / "own", tmp_path / "other"
    home.mkdir()
    other.mkdir()
    (other / "secret").write_text("SECRET_WORD")
    script = f"echo in > mine; cat {other}/secret; echo out > {other}/mine; id -u"
    run = run_tool(["/bin/sh", "-c", script], home, timeout_s=10)
    assert read_output(home / "mine") == b"in\n"
    held = layers()
    assert ("SECRET_WORD" in run.log) is ("filesystem" not in held)
    assert (other / "mine").exists() is ("filesystem" not in held)
    assert (run.log.splitlines()[-1] == "65534") is ("user" in held)


def test_a_tool_has_no_network(tmp_path):
    run = run_tool(["/bin/cat", "/proc/net/dev"], tmp_path, timeout_s=10, readable=["/proc"])
    devices = [line.partition(":")[0].strip() for line in run.log.splitlines() if ":" in line]
    assert devices == ["lo"] or "network" not in layers()


def test_output_that_is_no_plain_file_is_none(tmp_path):
    (tmp_path / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")
    names = ("link", "pipe", "absent", ".")
    assert [read_output(tmp_path / name) for name in names] == [None] * 4


def test_messages_about_others_are_left_out_when_there_are_own():
    log = (
        "In file included from /usr/include/c++/12/vector:1,\n"
        "                 from candidate.cpp:1:\n"
        "/usr/include/c++/12/bits/x.h:5:1: error: deep inside\n"
        "    5 | deep code\n"
        "candidate.cpp: In function 'void f()':\n"
        "/tmp/abc/candidate.cpp:3:2: error: wrong\n"
        "    3 | v.psh();\n"
    )
    text = trim(log, folder=Path("/tmp/abc"), own="candidate.cpp")
    assert text.splitlines() == [
        "candidate.cpp: In function 'void f()':",
        "candidate.cpp:3:2: error: wrong",
        "    3 | v.psh();",
    ]
    assert first_error(text) == "candidate.cpp:3:2: error: wrong"


def test_messages_about_others_stay_when_there_are_no_own():
    log = "/usr/bin/ld: x.o: in function `f':\nx.c:(.text+0x1): undefined reference to `g'\n"
    assert "undefined reference" in trim(log, folder=Path("/tmp/abc"), own="candidate.cpp")
