"""What ends a generation on a GPU, and what is said about settings that bend it.

Place in the flow: settings -> here -> SkyRL's sampling parameters -> vLLM. Stopping leaves the
sampled tokens what the policy sampled; a penalty does not, so nothing here bends by default. The
CPU's sampler knows the end token alone.
What this module does not do: look at what was generated (``training/hygiene.py``); standard library
and ``parsers`` only.
"""

from __future__ import annotations

import importlib.metadata
import re
from typing import Any

from parsers.cleaning import STOP_STRINGS
from training.groups import SamplingConfig

REPETITION_SINCE = (0, 17)
"""vLLM's first version with ``repetition_detection``; it then ends with the reason "repetition".
Source: https://docs.vllm.ai/en/latest/api/vllm/sampling_params/, read 2026-11-21."""
REPETITION = {"max_pattern_size": 128, "min_pattern_size": 8, "min_count": 32}
"""In tokens. vLLM asks for the same count of every pattern size; with these it ends nothing that
``parsers.degeneration`` would let pass, down to patterns of one token (8 x 32 copies)."""


def stop_strings(config: SamplingConfig) -> list[str] | None:
    """What ends a turn when it is written; None for nothing but the end token."""
    return list(STOP_STRINGS) if config.stop_strings else None


def vllm_arguments(config: SamplingConfig, version: str | None) -> dict[str, Any]:
    """What vLLM is told besides what SkyRL tells it.

    Args:
        config: The run's settings.
        version: vLLM's, such as "0.23.0"; None where it is not installed.
    """
    # What the model writes must reach the parser with its tags.
    arguments: dict[str, Any] = {"skip_special_tokens": False}
    if config.stop_repetition and version is not None and _release(version) >= REPETITION_SINCE:
        arguments["repetition_detection"] = dict(REPETITION)
    if config.repetition_penalty > 1:
        arguments["repetition_penalty"] = config.repetition_penalty
    return arguments


def installed_vllm() -> str | None:
    """The version of vLLM on this machine; None without one."""
    try:
        return importlib.metadata.version("vllm")
    except importlib.metadata.PackageNotFoundError:
        return None


def warnings(config: SamplingConfig) -> list[str]:
    """One sentence for each setting that makes the samples other than the policy's."""
    if config.repetition_penalty <= 1:
        return []
    return [
        f"sampling.repetition_penalty={config.repetition_penalty:g} samples from another "
        "distribution than the one that is trained: log-probabilities are biased, and legal code "
        "and JSON, which repeat themselves, become unlikely; it is meant for evaluation"
    ]


def _release(version: str) -> tuple[int, ...]:
    """Major and minor number; (0, 0) where there are none."""
    found = re.match(r"v?(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else (0, 0)
