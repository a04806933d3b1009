"""Settings that cannot hold together, each refused in a sentence with the numbers.

Place in the flow: ``training/config.py`` asks here before anything is installed or started.
What this module does not do: check a single value (``training/settings.py``), or ask a domain what
it knows (``training/run.py``); standard library only.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from training import credit
from training.settings import ConfigError
from training.trees.plan import COUNTABLE, TreePlan

if TYPE_CHECKING:
    from training.config import RunConfig

MAX_SEED = 2**31 - 1
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_SAMPLES = 8
"""The default of rl.samples, which a tree leaves alone."""


def refuse_contradictions(config: RunConfig) -> None:
    """Raises ConfigError for settings that cannot hold together."""
    _refuse_batches(config)
    _refuse_shapes(config)
    _refuse_tree(config)
    _refuse_credit_and_sampling(config)
    if config.name and (not _NAME.fullmatch(config.name) or config.name == "latest"):
        raise ConfigError(
            "name: expected letters, digits, '.', '_' and '-', and not 'latest', "
            f"got {config.name!r}."
        )
    if config.seed > MAX_SEED:
        raise ConfigError(f"seed: expected at most {MAX_SEED} (numpy takes no more).")


def tree_plan(config: RunConfig) -> TreePlan | None:
    """The shape of the run's trees; None when it plays separate episodes."""
    if not config.tree.turns:
        return None
    return TreePlan(
        turns=config.tree.turns,
        generations=config.tree.generations,
        agents=config.agents,
        joint_mode=config.tree.joint_mode,
    )


def _refuse_batches(config: RunConfig) -> None:
    """Raises ConfigError for batches that do not come out even."""
    rl = config.rl
    if rl.prompts % rl.mini_batch_prompts:
        raise ConfigError(
            f"rl.mini_batch_prompts={rl.mini_batch_prompts} must divide rl.prompts={rl.prompts}."
        )
    episodes = rl.mini_batch_prompts * rl.samples
    if not config.tree.turns and episodes % (rl.workers * rl.micro_batch):
        raise ConfigError(
            f"an update has {episodes} episodes (rl.mini_batch_prompts x rl.samples); "
            f"rl.workers={rl.workers} x rl.micro_batch={rl.micro_batch} must divide that."
        )


def _refuse_shapes(config: RunConfig) -> None:
    """Raises ConfigError for a model or lengths that do not fit each other."""
    rl, model = config.rl, config.model
    if model.hidden_size % model.heads:
        raise ConfigError(
            f"model.heads={model.heads} must divide model.hidden_size={model.hidden_size}."
        )
    if rl.max_prompt_tokens + rl.max_turn_tokens > rl.max_input_tokens:
        raise ConfigError(
            f"rl.max_input_tokens={rl.max_input_tokens} is too short for one prompt "
            f"(rl.max_prompt_tokens={rl.max_prompt_tokens}) and one turn "
            f"(rl.max_turn_tokens={rl.max_turn_tokens})."
        )


def _refuse_credit_and_sampling(config: RunConfig) -> None:
    """Raises ConfigError for credit without a meaning, or sampling that nobody here can do."""
    estimator, penalty = config.credit.estimator, config.sampling.repetition_penalty
    if estimator == "trajectory_loo" and config.rl.gamma != 1:
        raise ConfigError(
            f"credit.estimator=trajectory_loo knows no discount, but rl.gamma={config.rl.gamma:g}; "
            "set rl.gamma=1, or credit.estimator=turn_loo or aggregated_loo."
        )
    if config.tree.turns and estimator != credit.DEFAULT:
        raise ConfigError(
            f"credit.estimator={estimator} compares separate episodes, tree.turns="
            f"{config.tree.turns} compares the completions of a node; set one of them."
        )
    if penalty > 1 and config.hardware != "gpu":
        raise ConfigError(
            f"sampling.repetition_penalty={penalty:g} is for vLLM's sampler; the CPU's samples "
            "from the policy alone, so leave it at 1."
        )


def _refuse_tree(config: RunConfig) -> None:
    """Raises ConfigError for trees that mean nothing, or grow beyond what was allowed."""
    tree, plan = config.tree, tree_plan(config)
    if plan is None:
        _refuse_tree_settings_without_a_tree(config)
        return
    if plan.generations < 2:
        raise ConfigError(
            f"tree.turns={plan.turns} needs tree.generations of at least 2, got "
            f"{plan.generations}: a lone completion has nothing to be compared with."
        )
    if plan.joint_mode == "cross" and plan.agents == 1:
        raise ConfigError(
            "tree.joint_mode=cross combines several agents' completions, but agents=1; "
            "set agents, or tree.joint_mode=align."
        )
    if config.rl.samples != _SAMPLES:
        raise ConfigError(
            f"rl.samples={config.rl.samples} samples separate episodes, tree.turns={plan.turns} "
            f"grows trees of tree.generations={plan.generations}; set one of them."
        )
    size = plan.count()
    states = f"more than {COUNTABLE:.0e}" if size is None else f"{size.states:,}"
    if size is None or max(size.states, size.generations) > tree.max_nodes:
        of_all = "" if size is None else f" and {size.generations:,} generations"
        raise ConfigError(
            f"one tree of tree.turns={plan.turns}, tree.generations={plan.generations}, "
            f"agents={plan.agents}, tree.joint_mode={plan.joint_mode} has {states} nodes and "
            f"leaves{of_all} (tree.max_nodes={tree.max_nodes}); lower one of them, or raise "
            "tree.max_nodes on purpose."
        )


def _refuse_tree_settings_without_a_tree(config: RunConfig) -> None:
    tree = config.tree
    for named, is_set in (
        (f"tree.generations={tree.generations}", tree.generations > 0),
        (f"tree.mean_stop={tree.mean_stop}", tree.mean_stop is not None),
        (f"tree.joint_mode={tree.joint_mode}", tree.joint_mode != "align"),
        (f"agents={config.agents}", config.agents > 1),
    ):
        if is_set:
            raise ConfigError(f"{named} says how a tree grows, but tree.turns=0; set tree.turns.")
