"""Tasks of the run's domain as the JSON lines that SkyRL reads.

Place in the flow: domain -> dataset file -> SkyRL's PromptDataset -> ``CallforgeEnv``. What a row
holds is settled by ``agent_env/exporting/export.py``, which also writes files for other runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent_env import Domain, Limits, load_domain
from agent_env.exporting import export
from training.config import RunConfig

ENV_ID = export.ENV_CLASS
"""Name under which SkyRL knows the environment; every row carries it."""


def domain_options(config: RunConfig) -> dict[str, Any]:
    """Arguments of ``load_domain`` for this run."""
    domain = config.domain
    return {
        "name": domain.name,
        "seed": domain.seed,
        "orders": domain.orders,
        "prompt": domain.prompt,
        "kinds": list(domain.kinds),
    }


def load_run_domain(config: RunConfig) -> Domain:
    """The domain that the run's settings describe."""
    return load_domain(**domain_options(config))


def write_dataset(config: RunConfig, path: Path) -> int:
    """Writes one row per task of the run, whole or not at all, and returns how many."""
    domain = load_run_domain(config)
    tasks = domain.tasks(config.steps * config.rl.prompts, seed=config.seed)
    limits = Limits(max_turns=config.tree.turns or config.domain.max_turns)
    return export.write_rows(path, export.rows(domain, tasks, limits))
