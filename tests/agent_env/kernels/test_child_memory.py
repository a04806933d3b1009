"""Outputs read where a process says that they lie; here the process is this one."""

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Iterator

import pytest

from agent_env.kernels.child_memory import PATH, ChildMemory
from agent_env.kernels.judge import Judge
from agent_env.kernels.tasks import load_task
from agent_env.kernels.verdict import Status

PLACES = [{"offset": 0, "bytes": 4096}, {"offset": 8192, "bytes": 16}]


@pytest.fixture
def arena() -> mmap.mmap:
    return mmap.mmap(-1, 16384)


@pytest.fixture
def memory(arena: mmap.mmap) -> Iterator[ChildMemory]:
    own = ChildMemory(os.open(PATH, os.O_RDONLY), arena)
    own.places = PLACES
    yield own
    own.close()


def test_outputs_come_into_their_places(memory: ChildMemory, arena: mmap.mmap) -> None:
    first, second = os.urandom(4096), os.urandom(16)
    held = [ctypes.create_string_buffer(data, len(data)) for data in (first, second)]
    assert memory.fetch([ctypes.addressof(one) for one in held]) == ""
    assert (arena[:4096], arena[8192:8208]) == (first, second)
    assert arena[4096:8192] == bytes(4096)


def test_what_the_process_put_there_itself_stays(memory: ChildMemory, arena: mmap.mmap) -> None:
    arena[:5] = b"there"
    assert memory.fetch([0, 0]) == ""
    assert arena[:5] == b"there"


@pytest.mark.parametrize("address", [8, 1 << 47, (1 << 63) - 1, 1 << 63, (1 << 64) - 1])
def test_an_address_without_memory_is_said(memory: ChildMemory, address: int) -> None:
    assert memory.fetch([0, address]) == "It told of output 1 where the program has no memory."


@pytest.mark.parametrize("addresses", [[], [0], [0, 0, 0]])
def test_another_number_of_outputs_is_said(memory: ChildMemory, addresses: list[int]) -> None:
    assert memory.fetch(addresses) == f"It told of {len(addresses)} outputs where 2 were expected."


def test_memory_that_ends_in_the_middle_is_said(memory: ChildMemory) -> None:
    two = mmap.mmap(-1, 2 * mmap.PAGESIZE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(two))
    libc = ctypes.CDLL(None)
    assert libc.munmap(ctypes.c_void_p(address + mmap.PAGESIZE), mmap.PAGESIZE) == 0
    last = address + mmap.PAGESIZE - 8
    assert memory.fetch([0, last]) == "It told of output 1 where the program has no memory."


VIEWS = {
    "transposed": "y.t().contiguous().t()",
    "in steps": "y.repeat_interleave(2, dim=1)[:, ::2]",
    "negative": "torch._neg_view(-y)",
    "inside another": "torch.cat([y, y])[len(y) :]",
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_an_output_of_any_layout_is_read_right(judge: Judge, view: str) -> None:
    code = (
        "import torch\nfrom torch import nn\nclass ModelNew(nn.Module):\n"
        "    def forward(self, x):\n        y = x.cumsum(dim=1)\n"
        f"        return {view}\n"
    )
    # Only a timed call is read out of the program.
    got = judge.evaluate(code, load_task("cumsum_rows"))
    assert (got.status, got.hacks) == (Status.CORRECT, ())
    assert got.timing is not None
