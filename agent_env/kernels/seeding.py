"""Random numbers that depend on a seed alone, in a process that judges in several threads.

Place in the flow: baselines are built and foreign `get_inputs()` run inside `seeded(seed)`, as
KernelBench does it: torch's global generator is what they draw from.

What it does not do: nothing for NumPy; and generators of a GPU are left alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

import torch

_ONE_AT_A_TIME = RLock()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Lets the block draw from generators of that seed, then puts the old ones back.

    Blocks of several threads run one after the other, for the generators are the process's.
    """
    with _ONE_AT_A_TIME, torch.random.fork_rng(devices=[]):
        before = random.getstate()
        torch.manual_seed(seed)
        random.seed(seed)
        try:
            yield
        finally:
            random.setstate(before)
