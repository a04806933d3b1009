"""The judge's end of a child: what counts as its time, and what it may say."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from agent_env.kernels.children import Child, TamperingError
from agent_env.kernels.judge import Judge
from agent_env.kernels.nursery import Flavour

PLAIN = """
from torch import nn
class ModelNew(nn.Module):
    def forward(self, x):
        return x
"""


@pytest.fixture
def child(judge: Judge) -> Iterator[Child]:
    one = judge._fork({"role": "candidate", "code": PLAIN, "seed": 0}, 1, Flavour())
    try:
        assert one.receive(60)["kind"] == "caged"
        assert one.receive(60)["kind"] == "ready"
        yield one
    finally:
        one.end()


def test_time_until_it_stands_still_is_its_own(
    child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    child.stop()
    usual = Child.stop

    def late(self: Child) -> None:
        """Another of its threads has the core first."""
        if not self._stopped:
            time.sleep(0.05)
        usual(self)

    monkeypatch.setattr(Child, "stop", late)
    assert child.order(b"nop", 10).wall_ns >= 50_000_000


@pytest.mark.parametrize("addresses", [5, "here", ["here"], [1.5], None, {}])
def test_a_child_is_done_in_the_harness_own_words(child: Child, addresses: Any) -> None:
    frame = json.dumps({"kind": "done", "addresses": addresses}).encode()
    child.stop()
    child._frames.feed(len(frame).to_bytes(4, "little") + frame)
    with pytest.raises(TamperingError, match="other words"):
        child._next_frame()
