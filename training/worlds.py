"""Settings of the worlds that an agent is trained in, and the options that a domain takes of them.

Place in the flow: ``training/config.py`` lists the groups, ``training/dataset.py`` loads the domain
with ``options_of``. A setting that nobody changed is not handed over: the domain then uses its own
default. One that was changed and means nothing to the chosen domain is refused.
What this module does not do: load anything; it needs the standard library alone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from training.settings import ConfigError, setting

if TYPE_CHECKING:
    from training.config import RunConfig

SHORT_PROMPTS = {
    "retail_mini": "retail_mini_compact",
    "kernels": "kernels_compact",
    "code": "code_compact",
}
"""The system prompt that the tiny model reads, which has few tokens to spare."""

LANGUAGES = ("cpp", "cuda", "triton", "torch")


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainConfig:
    """The world that the agent is trained in; `domain=NAME` is short for `domain.name=NAME`."""

    name: str = setting("retail_mini", "Domain, a folder of agent_env/domains.")
    seed: int = setting(0, "Seed of a generated store.", least=0)
    orders: int = setting(0, "Orders in the store; 0 is the domain's own number.", least=0)
    kinds: tuple[str, ...] = setting((), "Kinds of tasks; empty is all.")
    prompt: str = setting("", "System prompt; empty is a short one for the tiny model.")
    max_turns: int = setting(4, "Assistant turns an episode may take.", least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelsConfig:
    """The domain `kernels`; see agent_env/domains/kernels."""

    tasks: tuple[str, ...] = setting((), "Kernel tasks; empty is all.")
    language: str = setting("cpp", "What programs must have a kernel in.", choices=LANGUAGES)
    timing: bool = setting(True, "Right programs are timed, and paid for speed.")
    bench: bool = setting(True, "The agent may try programs with a tool.")
    device: str = setting("cpu", "Where programs run.", choices=("cpu", "cuda"))
    compiled: float = setting(0.1, "Worth of a program that compiles.", least=0)
    correct: float = setting(0.3, "Worth of a right one beside that.", least=0)
    doubling: float = setting(1.0, "Worth of each doubling of the speed.", least=0)
    most_doublings: float = setting(3.0, "Doublings that are paid for.", least=0)
    policy_is_fraud: bool = setting(False, "A program refused by its text forfeits the episode.")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeConfig:
    """The domain `code`; see agent_env/domains/code."""

    tasks: tuple[str, ...] = setting((), "Functions that are asked for; empty is all.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalConfig:
    """How the agent is told about its attempts; see agent_env/external."""

    mode: str = setting("", "What is told, a file of external/modes; empty is the domain's own.")
    sandbox_slice: str = setting("1", "Feedback tests: n first, -n last, 0 or all.")
    disjoint: bool = setting(True, "Tests that are told and tests that pay are kept apart.")
    on_failure: str = setting(
        "infra_error", "When an expert gives no edits.", choices=("infra_error", "plain")
    )
    expert_edits_model: str = setting("", "The expert's name at its server.")
    expert_edits_url: str = setting("", "The expert's server, OpenAI-compatible.")
    expert_key_env: str = setting("OPENAI_API_KEY", "Environment variable of the expert's key.")
    expert_timeout_s: float = setting(60.0, "Of one request to the expert, seconds.", least=0)


def options_of(config: RunConfig, known: Collection[str]) -> dict[str, Any]:
    """The options of the run's domain that the settings say; the others are its own defaults.

    Args:
        config: The run's settings.
        known: Options that the domain takes.

    Raises:
        ConfigError: A setting was changed that the domain does not take.
    """
    options: dict[str, Any] = {}
    for key, option, value in _changed(config):
        if option not in known or (
            key.startswith(("kernels.", "code.")) and not _is_own(config, key)
        ):
            raise ConfigError(
                f"{key}={value} means nothing to domain={config.domain.name}; leave it out, or "
                "choose the domain that it belongs to."
            )
        options[option] = list(value) if isinstance(value, tuple) else value
    is_tiny = not config.model.path
    if "prompt" not in options and is_tiny and config.domain.name in SHORT_PROMPTS:
        options["prompt"] = SHORT_PROMPTS[config.domain.name]
    if "turns" in known:
        options["turns"] = turns_of(config)
    return options


def turns_of(config: RunConfig) -> int:
    """Assistant turns of an episode: a path's in trees."""
    return config.tree.turns or config.domain.max_turns


def _is_own(config: RunConfig, key: str) -> bool:
    return key.split(".")[0] == config.domain.name


def _changed(config: RunConfig) -> list[tuple[str, str, Any]]:
    """Key, option and value of each setting of these groups that is not its default."""
    found: list[tuple[str, str, Any]] = []
    for group, prefix in (("domain", ""), ("kernels", ""), ("code", ""), ("external", "external_")):
        given = getattr(config, group)
        for item in fields(given):
            value = getattr(given, item.name)
            if value == item.default or (group == "domain" and item.name in ("name", "max_turns")):
                continue
            if (group, item.name) == ("external", "sandbox_slice"):
                value = _slice(value)
            found.append((f"{group}.{item.name}", f"{prefix}{item.name}", value))
    return found


def _slice(text: str) -> int | str:
    """A slice as the domains take it; what is no number is theirs to refuse."""
    try:
        return int(text)
    except ValueError:
        return text
