"""The heavy half of a run: warm start, SkyRL, summary and report.

Place in the flow: called by ``training/run.py`` with settings that hold and a folder that is ours.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from skyrl.train.config import SkyRLTrainConfig
from skyrl.train.utils import validate_cfg

from training import env_adapter, estimator, jsonl, sampling
from training.callbacks import Clock, ExampleTable
from training.config import RunConfig
from training.contradictions import tree_plan
from training.dataset import load_run_domain, write_dataset
from training.experiment import CallforgeExperiment, RunHooks
from training.folders import RunFolder
from training.progress import ProgressDisplay
from training.report import write_report
from training.rollouts import RolloutLog
from training.runtime import ray_runtime
from training.skyrl_config import skyrl_config
from training.summary import missed_targets, summarize, write_summary
from training.tracking import RunTracker, wandb_environment
from training.trees.plan import describe
from training.warm_start.child import WarmStartChild

PLACEHOLDER_MODEL = "made by the warm start"


def train(
    config: RunConfig, folder: RunFolder, cache: Path, terminal: TextIO, started: float
) -> int:
    """Exit status of the run: 0, or 1 when it falls short of the figures it is meant to reach."""
    display, clock = ProgressDisplay(terminal), Clock(folder, started)
    display.say(f"run folder: {folder.path}")
    for sentence in sampling.warnings(config.sampling):
        display.say(f"warning: {sentence}")
    if plan := tree_plan(config):
        display.say(describe(plan, prompts=config.rl.prompts, steps=config.steps))
    os.environ |= wandb_environment(config.wandb.mode, folder.path)
    child = None if config.model.path else WarmStartChild(folder.config, cache, display.say)
    try:
        if not folder.dataset.exists():
            write_dataset(config, folder.dataset)
        model = config.model.path or PLACEHOLDER_MODEL
        cfg = skyrl_config(config, run_dir=folder.path, dataset=folder.dataset, model_path=model)
        # SkyRL looks for both by name when it checks its configuration and when Ray starts.
        env_adapter.register()
        estimator.register()
        validate_cfg(cfg)
        with ray_runtime(cfg, cpu=config.hardware == "cpu", log_file=str(folder.log)):
            experiment = _experiment_class(config, cfg)
            if child is not None:
                cfg.trainer.policy.model.path = child.checkpoint()
            experiment(cfg, _hooks(config, folder, (display, clock))).run()
    finally:
        if child is not None:
            child.stop()
    return _finish(config, folder, display, clock)


def _experiment_class(
    config: RunConfig, cfg: SkyRLTrainConfig
) -> Callable[[SkyRLTrainConfig, RunHooks], CallforgeExperiment]:
    """What makes the experiment for this hardware; on the CPU its workers start already."""
    if config.hardware != "cpu":
        return CallforgeExperiment
    from training.cpu.experiment import CpuExperiment, start_workers

    return functools.partial(CpuExperiment, workers=start_workers(cfg.trainer))


def _hooks(
    config: RunConfig, folder: RunFolder, callbacks: tuple[ProgressDisplay, Clock]
) -> RunHooks:
    """The run's files and display, plugged into SkyRL."""
    rollouts = RolloutLog(
        folder.rollouts,
        debug=os.environ.get("DEBUG_PARSER") == "1",
        conversations_every_turns=config.log.conversations_every_turns,
        generations_every_steps=config.log.generations_every_steps,
    )
    return RunHooks(
        tracker=lambda skyrl: RunTracker(
            metrics_path=folder.metrics,
            project_name=skyrl.trainer.project_name,
            experiment_name=skyrl.trainer.run_name,
            backend=skyrl.trainer.logger,
            config=skyrl,
        ),
        on_batch=rollouts.write,
        callbacks=(*callbacks, ExampleTable(rollouts)),
        logprob_diff_limit=config.rl.max_logprob_diff,
        plan=tree_plan(config),
        mean_stop=config.tree.mean_stop,
        rates=load_run_domain(config).rates,
    )


def _finish(config: RunConfig, folder: RunFolder, display: ProgressDisplay, clock: Clock) -> int:
    """Summary, report, table; the CPU run answers for its figures."""
    summary = summarize(jsonl.read(folder.metrics), seed=config.seed, wall_s=clock.seconds())
    write_summary(summary, folder.summary)
    report = write_report(folder.path)
    display.finish(summary)
    display.say(f"report: {report}")
    if not has_figures(config):
        return 0
    missed = missed_targets(summary)
    for sentence in missed:
        display.say(f"missed: {sentence}")
    return 1 if missed else 0


def has_figures(config: RunConfig) -> bool:
    """Whether the run answers for its figures: they are those of the CPU recipe, to its end."""
    is_recipe = config.domain.name == "retail_mini" and not config.tree.turns
    return is_recipe and config.hardware == "cpu" and config.demand_figures and not config.smoke
