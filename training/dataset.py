"""Tasks of the run's domain as the JSON lines that SkyRL reads.

Place in the flow: domain -> dataset file -> SkyRL's PromptDataset -> ``CallforgeEnv``. What a row
holds is settled by ``agent_env/exporting/export.py``, which also writes files for other runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent_env import Domain, Limits, RewardWeights, load_domain
from agent_env.domain import option_names
from agent_env.exporting import export
from training.config import RunConfig
from training.worlds import options_of, turns_of

ENV_ID = export.ENV_CLASS
"""Name under which SkyRL knows the environment; every row carries it."""


def domain_options(config: RunConfig) -> dict[str, Any]:
    """Arguments of ``load_domain`` for this run.

    Raises:
        ConfigError: A setting was changed that means nothing to the domain.
        UnknownNameError: There is no such domain.
    """
    name = config.domain.name
    return {"name": name, **options_of(config, option_names(name))}


def load_run_domain(config: RunConfig) -> Domain:
    """The domain that the run's settings describe."""
    return load_domain(**domain_options(config))


def write_dataset(config: RunConfig, path: Path) -> int:
    """Writes one row per task of the run, whole or not at all, and returns how many."""
    domain = load_run_domain(config)
    tasks = domain.tasks(config.steps * config.rl.prompts, seed=config.seed)
    limits = Limits(max_turns=turns_of(config))
    return export.write_rows(path, export.rows(domain, tasks, limits))


def turn_reward_range(domain: Domain) -> tuple[float, float]:
    """The least and the most that one turn earns in this domain, what fraud forfeits aside.

    With that counted, a threshold would pass that every honest turn is above.
    """
    weights, (least, most) = RewardWeights(), domain.reward_range
    if domain.referee is not None:
        return weights.outcome * least, weights.outcome * most
    shaping = weights.lookup + weights.progress
    return weights.outcome * least + weights.parse, weights.outcome * most + shaping
