"""Ray for one run: started on this machine alone, and ended with the run.

Place in the flow: ``training/session.py`` opens it after everything is registered with SkyRL. The
one place that starts or stops Ray.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import ray
from skyrl.backends.skyrl_train.utils.ppo_utils import sync_registries
from skyrl.train.config import SkyRLTrainConfig
from skyrl.train.utils.utils import prepare_runtime_environment

from training.compat import SETUP_HOOK, process_environment

OBJECT_STORE_BYTES = 256 * 1024 * 1024
"""Batches of the tiny model take megabytes; Ray would reserve a third of the memory."""


@contextmanager
def ray_runtime(cfg: SkyRLTrainConfig, *, cpu: bool, log_file: str) -> Iterator[None]:
    """Ray is up inside the block.

    Args:
        cfg: SkyRL adds its own environment variables from it.
        cpu: True starts a small private cluster on the loopback address, so that no network is
        needed
            and no other cluster is joined; False uses Ray's defaults, RAY_ADDRESS included.
        log_file: Where the workers' output goes.
    """
    env = (
        prepare_runtime_environment(cfg)
        | process_environment(cpu=cpu)
        | {"SKYRL_LOG_FILE": log_file}
    )
    env |= {
        key: value
        for key, value in os.environ.items()
        if key.startswith(("WANDB_", "DEBUG_PARSER"))
    }
    options: dict[str, object] = {
        "runtime_env": {
            "env_vars": env,
            "worker_process_setup_hook": SETUP_HOOK,
            # Ray hands this to a shell as it is: without quotes a path with a blank starts nothing.
            "py_executable": shlex.quote(sys.executable),
        },
        "log_to_driver": False,
    }
    if cpu:
        options |= {
            "address": "local",
            "_node_ip_address": "127.0.0.1",
            "num_cpus": 1,  # actors ask for none; Ray keeps one idle process for each that it has
            "num_gpus": 0,
            "include_dashboard": False,
            "object_store_memory": OBJECT_STORE_BYTES,
        }
    ray.init(**options)
    try:
        sync_registries()
        yield
    finally:
        ray.shutdown()
