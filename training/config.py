"""Every setting of a run: its key, its unit, its default, and the command line that sets it.

`bash training/run.sh [--smoke] [--config PATH] [key=value ...]` and `python -m training` read their
arguments here. Later wins: the defaults below, then the YAML file, then `key=value`.
The defaults below ARE the CPU recipe; configs/cpu.yaml says only what differs from them.
What this module does not do: start anything. It needs the standard library alone to check keys,
because that is done before anything is installed; PyYAML is imported only to read a file.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from training.contradictions import refuse_contradictions
from training.groups import CreditConfig, SamplingConfig
from training.settings import (
    ConfigError,
    build,
    checked,
    flatten,
    keys_of,
    setting,
    split_override,
)
from training.trees.plan import JOINT_MODES
from training.worlds import CodeConfig, DomainConfig, ExternalConfig, KernelsConfig

CONFIGS = Path(__file__).parent / "configs"
SMOKE_STEPS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """The model that is trained: a Hugging Face name, or the shape of a tiny Qwen3 made here."""

    path: str = setting("", "Model to load; empty makes the tiny one.")
    hidden_size: int = setting(64, "Width of the residual stream.", least=8)
    layers: int = setting(2, "Decoder layers.", least=1)
    heads: int = setting(4, "Attention heads, and key-value heads.", least=1)
    intermediate_size: int = setting(192, "Width of the feed-forward layer.", least=8)
    context_tokens: int = setting(1024, "Positions the model knows.", least=64)
    vocab_size: int = setting(573, "Entries of the byte-level BPE.", least=300)


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmStartConfig:
    """Supervised training that brings the tiny model to where the reinforcement learning starts."""

    dialogues: int = setting(3000, "Dialogues in the corpus.", least=1)
    right_frac: float = setting(0.05, "Chance that a dialogue finds the right format.", least=0)
    steps: int = setting(280, "Updates.", least=0)
    batch_dialogues: int = setting(24, "Dialogues an update.", least=1)
    matrix_lr: float = setting(0.02, "Muon's learning rate, hidden matrices.", least=0)
    rest_lr: float = setting(6e-3, "AdamW's learning rate, everything else.", least=0)
    argument_weight: float = setting(3.0, "Loss weight of argument tokens.", least=0)
    argument_prob: float = setting(0.9, "Least probability of each kind of argument.", least=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RlConfig:
    """Reinforcement learning with SkyRL's trainer."""

    prompts: int = setting(16, "Tasks a batch.", least=1)
    samples: int = setting(8, "Episodes a task.", least=2)
    mini_batch_prompts: int = setting(8, "Tasks an update; must divide rl.prompts.", least=1)
    micro_batch: int = setting(16, "Episodes a backward pass.", least=1)
    lr: float = setting(1e-3, "AdamW's learning rate.", least=0)
    lr_schedule: str = setting(
        "cosine",
        "How the learning rate goes on after the warm-up.",
        choices=("constant_with_warmup", "linear", "cosine"),
    )
    lr_warmup_updates: int = setting(4, "Updates until the full learning rate.", least=0)
    clip_low: float = setting(0.2, "Ratio clip below 1.", least=0)
    clip_high: float = setting(0.28, "Ratio clip above 1.", least=0)
    max_grad_norm: float = setting(1.0, "Gradient clip.", least=0)
    gamma: float = setting(1.0, "Discount of a turn's return-to-go.", least=0)
    temperature: float = setting(1.0, "Sampling temperature.", least=0.01)
    max_prompt_tokens: int = setting(144, "Longest first prompt.", least=16)
    max_input_tokens: int = setting(512, "Longest conversation.", least=32)
    max_turn_tokens: int = setting(40, "Longest assistant turn.", least=4)
    workers: int = setting(2, "Policy workers: processes on a CPU, else GPUs.", least=1)
    max_logprob_diff: float = setting(1e-3, "Sampled against trained; above it stops.", least=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeConfig:
    """Trees of turns in place of separate episodes; see training/trees/plan.py."""

    turns: int = setting(0, "Turns of a path; 0 plays separate episodes instead.", least=0)
    generations: int = setting(0, "Completions that each agent samples at a node.", least=0)
    joint_mode: str = setting(
        "align",
        "How agents' completions meet: pairwise, or each with each.",
        choices=JOINT_MODES,
    )
    mean_stop: float | None = setting(
        None, "Mean reward of a node's actions at which nothing grows on; biases the credit."
    )
    max_nodes: int = setting(512, "Most nodes and leaves, or completions, of one tree.", least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogConfig:
    """What is written while training; conversations and examples only with DEBUG_PARSER=1."""

    conversations_every_turns: int = setting(5, "Turns between logged conversations.", least=1)
    generations_every_steps: int = setting(50, "Steps between generation examples.", least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointConfig:
    """When the trained weights are kept."""

    every_steps: int = setting(5, "Steps between checkpoints.", least=1)
    keep: int = setting(2, "Newest checkpoints kept.", least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class WandbConfig:
    """Weights & Biases; metrics.jsonl holds the same either way."""

    project: str = setting("callforge", "Project.")
    mode: str = setting(
        "auto",
        "auto is online with WANDB_API_KEY, else offline.",
        choices=("auto", "online", "offline"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """Every setting of a run."""

    name: str = setting("", "Folder under runs/; empty is <config>-seed<seed>.")
    seed: int = setting(0, "Seed of everything that is drawn.", least=0)
    steps: int = setting(16, "Training batches.", least=1)
    smoke: bool = setting(False, f"A short trial: {SMOKE_STEPS} steps, no figures demanded.")
    demand_figures: bool = setting(True, "Exit with 1 when a CPU run misses its figures.")
    hardware: str = setting("auto", "auto looks for an NVIDIA GPU.", choices=("auto", "cpu", "gpu"))
    agents: int = setting(1, "Agents that act at once in a tree, one policy for all.", least=1)
    domain: DomainConfig = field(default_factory=DomainConfig)
    kernels: KernelsConfig = field(default_factory=KernelsConfig)
    code: CodeConfig = field(default_factory=CodeConfig)
    external: ExternalConfig = field(default_factory=ExternalConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    warm_start: WarmStartConfig = field(default_factory=WarmStartConfig)
    rl: RlConfig = field(default_factory=RlConfig)
    credit: CreditConfig = field(default_factory=CreditConfig)
    sampling: SamplingConfig = field(default_factory=SamplingConfig)
    tree: TreeConfig = field(default_factory=TreeConfig)
    log: LogConfig = field(default_factory=LogConfig)
    checkpoint: CheckpointConfig = field(default_factory=CheckpointConfig)
    wandb: WandbConfig = field(default_factory=WandbConfig)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """A command line, read and checked as far as that goes without the YAML file."""

    overrides: tuple[str, ...]
    path: Path | None
    help: bool


def read_arguments(argv: Sequence[str]) -> Arguments:
    """The overrides, the config path and whether help is asked for.

    Raises:
        ConfigError: A flag or key is unknown, a value does not fit its key, or the config file is
            missing.
    """
    overrides: list[str] = []
    path: Path | None = None
    left = list(argv)
    while left:
        argument = left.pop(0)
        flag, equals, value = argument.partition("=")
        if argument in ("--help", "-h"):
            return Arguments(overrides=(), path=None, help=True)
        if argument == "--smoke":
            overrides.append("smoke=true")
        elif flag == "--config":
            if not equals and not left:
                raise ConfigError("--config: expected the path of a YAML file after it.")
            path = Path(value if equals else left.pop(0))
        elif argument.startswith("-"):
            raise ConfigError(
                f"unknown flag {flag!r}; there are --smoke, --config PATH and --help."
            )
        else:
            overrides.append(argument)
    if path is not None and not path.is_file():
        raise ConfigError(
            f"--config: there is no file {str(path)!r}; ours are in training/configs."
        )
    given = checked(RunConfig, _by_name(overrides))
    if path is None and recipe_for(given).name == "cpu.yaml":
        # The defaults are this recipe, so contradictions show before anything is installed.
        refuse_contradictions(build(RunConfig, given))
    return Arguments(overrides=tuple(overrides), path=path, help=False)


def load(overrides: Sequence[str] = (), path: Path | None = None) -> RunConfig:
    """The settings of a run: defaults, then the file, then the overrides.

    Args:
        overrides: `key=value` texts.
        path: A YAML file; None takes ours for this machine's hardware and the domain.

    Raises:
        ConfigError: A key or value is wrong in either, or settings contradict each other.
    """
    given = checked(RunConfig, _by_name(overrides))
    if path is None:
        path = recipe_for(given)
    try:
        values = checked(RunConfig, _unabbreviated(flatten(_read_yaml(path)))) | given
    except ConfigError as error:
        raise ConfigError(f"{path.name}: {error}") from error
    config = build(RunConfig, values | {"hardware": hardware_for(values)})
    if config.smoke and "steps" not in given:
        config = replace(config, steps=SMOKE_STEPS)
    if not config.name:
        config = replace(config, name=_default_name(config, path))
    refuse_contradictions(config)
    return config


def recipe_for(values: Mapping[str, object]) -> Path:
    """Our YAML file for the hardware: the domain's own if it has one, else the hardware's."""
    name = "qwen3_8b" if hardware_for(values) == "gpu" else "cpu"
    of_domain = CONFIGS / f"{name}_{values.get('domain.name', '')}.yaml"
    return of_domain if of_domain.is_file() else CONFIGS / f"{name}.yaml"


def hardware_for(values: Mapping[str, object]) -> str:
    """`cpu` or `gpu`: what the setting says, else `gpu` where nvidia-smi lists one."""
    named = values.get("hardware", "auto")
    if named != "auto":
        return str(named)
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return "cpu"
    listed = subprocess.run([tool, "-L"], capture_output=True, text=True, check=False)
    return "gpu" if listed.returncode == 0 and "GPU" in listed.stdout else "cpu"


def help_text() -> str:
    """How to call run.sh, and every key with its default and its meaning."""
    lines = [
        "bash training/run.sh [--smoke] [--config PATH] [key=value ...]",
        "  --smoke        a short trial (smoke=true)",
        "  --config PATH  settings in a YAML file; key=value still wins",
        "",
    ]
    for key in keys_of(RunConfig).values():
        default = ",".join(key.default) if isinstance(key.default, tuple) else key.default
        default = "none" if default is None else default
        choices = f" One of {', '.join(key.choices)}." if key.choices else ""
        lines.append(f"  {f'{key.name}={default}':<48} {key.doc}{choices}")
    return "\n".join(lines)


def main(argv: Sequence[str]) -> int:
    """Exit status of `python -m training.config check|hardware [arguments of run.sh]`.

    `check` says nothing when all is well; `hardware` prints cpu or gpu as well. 2 means a wrong
    argument.
    """
    command, *arguments = argv or ["--help"]
    if command in ("--help", "-h"):
        print(help_text())
        return 0
    try:
        if command not in ("check", "hardware"):
            raise ConfigError(f"unknown command {command!r}; there are check, hardware and --help.")
        read = read_arguments(arguments)
    except ConfigError as error:
        print(f"config: {error}", file=sys.stderr)
        return 2
    if read.help:
        print(help_text())
    elif command == "hardware":
        print(hardware_for(checked(RunConfig, _by_name(read.overrides))))
    return 0


def _by_name(overrides: Sequence[str]) -> dict[str, object]:
    """The values of `key=value` texts; of a key named twice the later."""
    return _unabbreviated(dict(map(split_override, overrides)))


def _unabbreviated(values: Mapping[str, object]) -> dict[str, object]:
    """The values with `domain=NAME` spelt out as `domain.name=NAME`."""
    if "domain" in values and "domain.name" in values:
        raise ConfigError("domain and domain.name are the same key; give one of them.")
    return {"domain.name" if name == "domain" else name: value for name, value in values.items()}


def _read_yaml(path: Path) -> Mapping[str, object]:
    """The mapping in a YAML file; an empty file is an empty mapping."""
    import yaml  # installed with the trainer; the check before the installation never comes here

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"cannot be read as YAML: {' '.join(str(error).split())}") from error
    if content is None:
        return {}
    if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
        raise ConfigError("expected keys with values, such as `steps: 20`.")
    return content


def _default_name(config: RunConfig, path: Path) -> str:
    """The run folder's name when nobody chose one."""
    return f"{path.stem}-seed{config.seed}{'-smoke' if config.smoke else ''}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
