import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent_env.kernels.cache import Cache, key_of

ROOT = Path(__file__).resolve().parents[3]

WRITER = """
import sys
from pathlib import Path
from agent_env.kernels.cache import Cache, key_of
cache = Cache(Path(sys.argv[1]), max_bytes=int(sys.argv[2]))
print("ready", flush=True)
turn = 0
while True:
    key = key_of(turn=turn % 7)
    entry = cache.get(key)
    if entry is None:
        cache.put(key, {"turn": turn % 7}, {"library.so": bytes([turn % 7]) * 40_000})
    else:
        assert entry.facts == {"turn": turn % 7}
    turn += 1
    if turn == int(sys.argv[3]):
        break
"""


def writer(folder, *, max_bytes=1 << 30, turns=-1):
    arguments = [sys.executable, "-c", WRITER, str(folder), str(max_bytes), str(turns)]
    return subprocess.Popen(
        arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "cache")


def test_what_is_put_is_there_for_another_cache_over_the_same_folder(cache):
    key = key_of(source="a", flags=["-O3"])
    assert cache.get(key) is None
    cache.put(key, {"log": "ü"}, {"library.so": b"code", "kernel.cubin": b"gpu"})
    entry = Cache(cache.folder).get(key)
    assert entry.facts == {"log": "ü"}
    assert {name: path.read_bytes() for name, path in entry.files.items()} == {
        "library.so": b"code",
        "kernel.cubin": b"gpu",
    }


def test_an_error_is_an_entry_without_files(cache):
    cache.put(key_of(source="bad"), {"status": "error"}, {})
    assert cache.get(key_of(source="bad")).facts == {"status": "error"}


def test_every_part_of_a_key_counts():
    parts = {"source": "a", "flags": ["-O3"], "tool": "12.2.0", "architecture": "x86_64-1"}
    keys = {key_of(**parts)}
    keys |= {key_of(**{**parts, name: "other"}) for name in parts}
    assert len(keys) == 5


def test_files_can_be_read_by_the_user_that_a_candidate_runs_as(cache):
    entry = cache.put(key_of(a=1), {}, {"library.so": b"code"})
    assert entry.files["library.so"].stat().st_mode & 0o555 == 0o555


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "library.so").write_bytes(b"CODE"),
        lambda folder: (folder / "library.so").write_bytes(b""),
        lambda folder: (folder / "library.so").unlink(),
        lambda folder: (folder / "entry.json").write_text("{"),
        lambda folder: (folder / "entry.json").write_text("[]"),
        lambda folder: (folder / "entry.json").write_text('{"facts": {}, "files": {"../x": "0"}}'),
        lambda folder: (folder / "entry.json").unlink(),
        lambda folder: (folder / "entry.json").write_bytes(b"\xff\xfe"),
    ],
)
def test_a_damaged_entry_is_absent_and_can_be_put_again(cache, damage):
    key = key_of(a=1)
    path = cache.put(key, {}, {"library.so": b"code"}).files["library.so"]
    damage(path.parent)
    assert cache.get(key) is None
    assert not path.parent.exists()
    cache.put(key, {"new": True}, {"library.so": b"code"})
    assert cache.get(key).facts == {"new": True}


def test_a_damaged_entry_does_not_stand_in_the_way_of_put(cache):
    key = key_of(a=1)
    entry = cache.put(key, {}, {"library.so": b"code"})
    entry.files["library.so"].write_bytes(b"")
    assert cache.put(key, {"new": True}, {"library.so": b"code"}).facts == {"new": True}


def test_who_comes_second_gets_what_is_there(cache):
    key = key_of(a=1)
    cache.put(key, {"by": "first"}, {"library.so": b"1"})
    held = cache.put(key, {"by": "second"}, {"library.so": b"2"})
    assert held.facts == {"by": "first"}
    assert held.files["library.so"].read_bytes() == b"1"
    assert list((cache.folder / "scratch").iterdir()) == []


def test_the_oldest_go_first_and_use_makes_young(tmp_path):
    cache = Cache(tmp_path, max_bytes=35_000)
    keys = [key_of(number=number) for number in range(4)]
    for age, key in enumerate(keys[:3]):
        folder = cache.put(key, {}, {"library.so": bytes(10_000)}).files["library.so"].parent
        os.utime(folder, (1_000 + age, 1_000 + age))
    cache.get(keys[0])
    cache.put(keys[3], {}, {"library.so": bytes(10_000)})
    assert [cache.get(key) is not None for key in keys] == [True, False, True, True]
    assert cache.size_bytes() <= 35_000


def test_what_was_just_put_stays_however_large(tmp_path):
    cache = Cache(tmp_path, max_bytes=10)
    cache.put(key_of(a=1), {}, {"library.so": bytes(1_000)})
    assert cache.get(key_of(a=1)) is not None


def test_scratch_of_the_dead_is_cleared_and_that_of_the_living_is_not(cache):
    scratch = cache.folder / "scratch"
    old, new = scratch / "1000-aa", scratch / f"{time.time():.0f}-bb"
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "library.so").write_bytes(b"half")
    cache.put(key_of(a=1), {}, {})
    assert not old.exists()
    assert new.exists()


def test_a_size_without_room_is_refused(tmp_path):
    with pytest.raises(ValueError, match="max_bytes is 0"):
        Cache(tmp_path, max_bytes=0)


def test_many_processes_put_and_evict_at_once(tmp_path):
    # Room for three of seven entries: all the time something goes that another one reads.
    writers = [writer(tmp_path, max_bytes=130_000, turns=60) for _ in range(4)]
    for process in writers:
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, "")
    assert Cache(tmp_path).size_bytes() < 180_000


def test_a_kill_at_any_moment_leaves_no_entry_that_lies(tmp_path):
    for wait_s in (0.0, 0.003, 0.01, 0.03):
        process = writer(tmp_path, max_bytes=130_000)
        process.stdout.readline()
        time.sleep(wait_s)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=10)
        for path in tmp_path.glob("entries/??/*/entry.json"):
            turn = json.loads(path.read_text())["facts"]["turn"]
            assert (path.parent / "library.so").read_bytes() == bytes([turn]) * 40_000
    alone = writer(tmp_path, max_bytes=130_000, turns=20)
    _, errors = alone.communicate(timeout=30)
    assert (alone.returncode, errors) == (0, "")
