"""What the tiny model learns first, one file a domain; the folder is the registry.

A file ``<domain>.py`` has ``material(config, domain)``, which writes the dialogues. Without one a
domain can be trained in from a model that exists (``model.path``), not from the one made here.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from training.settings import ConfigError
from training.warm_start.corpus import Dialogue

if TYPE_CHECKING:
    from agent_env import Domain
    from training.config import RunConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a warm start is made of.

    Attributes:
        learned: Dialogues to learn from, each with the values that must be copied right in it.
        held_out: Dialogues in the right format, of tasks drawn apart, for the gate; may be empty.
        about: What was written, in a few words.
    """

    learned: list[tuple[Dialogue, Mapping[str, str]]]
    held_out: list[tuple[Dialogue, Mapping[str, str]]]
    about: str


def list_corpora() -> tuple[str, ...]:
    """The domains that the tiny model can begin in, sorted."""
    return tuple(sorted(found.name for found in pkgutil.iter_modules(__path__)))


def check(config: RunConfig) -> None:
    """Raises ConfigError when the run must make its model and has nothing to teach it."""
    if not config.model.path and config.domain.name not in list_corpora():
        raise ConfigError(
            f"domain={config.domain.name}: the tiny model can begin in "
            f"{', '.join(list_corpora())}; for another domain name a model that exists "
            "(model.path)."
        )


def material_for(config: RunConfig, domain: Domain) -> Material:
    """The material of this run's domain; the agent's words are the same for the same settings."""
    module = importlib.import_module(f"{__name__}.{domain.name}")
    found: Material = module.material(config, domain)
    return found
