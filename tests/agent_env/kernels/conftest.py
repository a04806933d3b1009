"""A judge that the tests of a session share: the zygote takes seconds to start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agent_env.kernels.judge import Judge
from agent_env.kernels.limits import Limits


@pytest.fixture(scope="session")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    limits = Limits(load_s=5.0, call_s=2.0, evaluation_s=20.0)
    folder = tmp_path_factory.mktemp("kernel_cache")
    # What the static rules refuse must be harmless when it runs.
    with Judge(folder, limits=limits, static_rules=False) as shared:
        yield shared
