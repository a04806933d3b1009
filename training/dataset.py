"""Tasks of the run's domain as the JSON lines that SkyRL reads.

Place in the flow: domain -> dataset file -> SkyRL's PromptDataset -> ``CallforgeEnv``. The prompt
is a list of messages, never text: SkyRL takes text as well, and then masks the wrong tokens.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from agent_env import Domain, Limits, RewardWeights, ToolEnv, load_domain
from training import jsonl
from training.config import RunConfig

ENV_ID = "callforge"
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
    """Writes one row per task of the run, whole or not at all, and returns how many.

    Row: ``prompt`` (messages), ``env_class``, ``task`` and ``episode`` (JSON as text: the dataset
    library would otherwise merge the fields of all rows and fill the gaps with nulls).
    """
    domain = load_run_domain(config)
    limits, weights = Limits(max_turns=config.domain.max_turns), RewardWeights()
    episode = {
        "domain": domain_options(config),
        "limits": asdict(limits),
        "weights": asdict(weights),
        "reasoning": "auto",
    }
    tasks = domain.tasks(config.steps * config.rl.prompts, seed=config.seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = (
        {
            "prompt": ToolEnv(domain, task, limits=limits, weights=weights).reset(),
            "env_class": ENV_ID,
            "task": json.dumps(task.to_dict()),
            "episode": json.dumps(episode),
        }
        for task in tasks
    )
    jsonl.replace(path, "".join(json.dumps(row) + "\n" for row in rows))
    return len(tasks)
