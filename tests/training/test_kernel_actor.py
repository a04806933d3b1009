"""The kernel bench behind a real Ray actor, on a private cluster of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import ray

from training.kernel_actor import start_actors

RIGHT = """
from torch import nn
class ModelNew(nn.Module):
    def forward(self, x): return x.cumsum(-1)
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    ray.init(
        address="local",
        _node_ip_address="127.0.0.1",
        num_cpus=1,
        num_gpus=0,
        include_dashboard=False,
        object_store_memory=128 << 20,
        log_to_driver=False,
    )
    try:
        yield
    finally:
        ray.shutdown()


@pytest.mark.slow  # Ray and the actor's own worker take half a minute to start on a busy machine
def test_an_actor_gives_verdicts_as_plain_data(cluster: None, tmp_path: Path) -> None:
    (actor,) = start_actors(1, workers=1, cache_dir=str(tmp_path))
    asked = [
        actor.evaluate.remote(code, "cumsum_rows", timed=False)
        for code in (RIGHT, RIGHT.replace("x.cumsum(-1)", "x"), "")
    ]
    verdicts = ray.get(asked, timeout=120)
    assert [one["status"] for one in verdicts] == ["correct", "wrong", "no_code"]
    with pytest.raises(ValueError, match="cumsum_rows"):
        ray.get(actor.evaluate.remote(RIGHT, "cumsum_row"), timeout=60)
    ray.get(actor.close.remote(), timeout=60)
    with pytest.raises(RuntimeError, match="closed"):
        ray.get(actor.evaluate.remote(RIGHT, "cumsum_rows"), timeout=60)


def test_there_must_be_a_machine() -> None:
    with pytest.raises(ValueError, match="give at least 1"):
        start_actors(0)
