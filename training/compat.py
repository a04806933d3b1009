"""What SkyRL 0.3.0 needs to be imported where it was not meant to run; imported before SkyRL.

Place in the flow: first import of every process that touches SkyRL (the driver and each Ray
worker). It changes no behaviour of SkyRL, it only makes its imports succeed; the CPU placement
itself is in ``training/cpu``.

Source: read and run against skyrl 0.3.0 under Python 3.11 and 3.12.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import types
import typing
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SETUP_HOOK = "training.compat.prepare_process"
"""Name that Ray calls in every worker process before it runs a task or an actor."""

_ROOT = Path(__file__).resolve().parent.parent

_ANY_HARDWARE = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # Ray would otherwise hide accelerators from actors that ask for none, and warn about it.
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "TOKENIZERS_PARALLELISM": "false",
}
_CPU_ONLY = {
    # More than one thread a process is several times slower when two workers share two cores.
    "OMP_NUM_THREADS": "1",
    # One heap per thread would keep what each of them freed.
    "MALLOC_ARENA_MAX": "2",
    # The run makes its own model and must work without a network.
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "GLOO_SOCKET_IFNAME": "lo",
}


def process_environment(*, cpu: bool) -> dict[str, str]:
    """Environment variables that the driver and its workers share.

    Args:
        cpu: The run with the tiny model on this machine alone.
    """
    pythonpath = {"PYTHONPATH": _with_repository_root(os.environ.get("PYTHONPATH", ""))}
    # A run writes nothing outside of the repository; the data sets library would fill the home.
    datasets = {"HF_DATASETS_CACHE": str(_ROOT / ".cache" / "datasets")}
    return _ANY_HARDWARE | pythonpath | (_CPU_ONLY | datasets if cpu else {})


def prepare_process() -> None:
    """Make ``import skyrl`` work in this process.

    Under Python 3.11 pydantic refuses ``typing.TypedDict`` (skyrl/tinker/types.py uses it), so the
    name is pointed at the backport that pydantic accepts; 3.12 needs nothing.
    """
    if sys.version_info < (3, 12):
        backport = importlib.import_module("typing_extensions")
        typing.TypedDict = backport.TypedDict


@contextmanager
def flash_attention_stub() -> Iterator[None]:
    """Provide ``flash_attn.bert_padding`` while SkyRL's model wrapper is imported.

    The wrapper imports two names that only its padding-free path uses, and that path is off on the
    CPU. The stub is removed afterwards, because libraries probe for flash-attn by name. Where
    flash-attn is installed nothing is touched.
    """
    if importlib.util.find_spec("flash_attn") is not None:
        yield
        return
    # These two probe for flash_attn when first imported and would trip over a module without a
    # spec.
    importlib.import_module("transformers.modeling_utils")
    importlib.import_module("peft")
    package, padding = types.ModuleType("flash_attn"), types.ModuleType("flash_attn.bert_padding")
    padding.pad_input = padding.unpad_input = _absent  # type: ignore[attr-defined]
    package.bert_padding = padding  # type: ignore[attr-defined]
    sys.modules["flash_attn"], sys.modules["flash_attn.bert_padding"] = package, padding
    try:
        yield
    finally:
        sys.modules.pop("flash_attn.bert_padding")
        sys.modules.pop("flash_attn")


def _absent(*_args: object, **_kwargs: object) -> None:
    """Raises RuntimeError: padding removal needs flash-attn."""
    raise RuntimeError(
        "flash-attn is not installed, so trainer.remove_microbatch_padding must be false"
    )


def _with_repository_root(pythonpath: str) -> str:
    """``pythonpath`` with the folder that holds the ``training`` package in front."""
    parts = [part for part in pythonpath.split(os.pathsep) if part and part != str(_ROOT)]
    return os.pathsep.join([str(_ROOT), *parts])
