"""Makes the checkpoint that reinforcement learning starts from, or finds it in the cache.

Place in the flow: ``python -m training.warm_start`` asks for a folder that ``transformers`` can
load. The cache key covers every input, the sources that make the corpus included, so that a stale
start is impossible.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import torch
from transformers import PreTrainedTokenizerFast, Qwen3ForCausalLM

from training.config import RunConfig
from training.dataset import domain_options, load_run_domain
from training.warm_start.corpora import material_for
from training.warm_start.corpus import Dialogue
from training.warm_start.examples import Example, build_examples
from training.warm_start.model import build_model
from training.warm_start.tokenizer import train_tokenizer
from training.warm_start.train import collate, train

MANIFEST = "manifest.json"
"""Hashes of the checkpoint's files, written last."""

ATTEMPTS = 3
"""Trainings, each with its own start, before the gate gives up."""

Say = Callable[[str], None]


class WarmStartError(RuntimeError):
    """No attempt copied its arguments well enough to learn from."""


def warm_start(config: RunConfig, cache: Path, say: Say) -> Path:
    """Folder of the warm-started checkpoint with its tokenizer.

    Safe when two runs make the same one at once: each works in a folder of its own and the first to
    finish is kept. A process killed half-way leaves nothing that is taken for a checkpoint.

    Raises:
        WarmStartError: The gate was missed ``ATTEMPTS`` times.
    """
    folder = cache / cache_key(config)
    if is_whole(folder):
        say(f"warm start: reusing {folder.name}")
        return folder
    if folder.exists():
        say(f"warm start: {folder.name} in {cache} is damaged and made again")
        shutil.rmtree(folder)
    cache.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=cache, prefix="making-"))
    try:
        _make(config, work, say)
        digests = {path.name: _digest(path) for path in sorted(work.iterdir())}
        (work / MANIFEST).write_text(json.dumps(digests, indent=1), encoding="utf-8")
        work.chmod(0o755)
        try:
            work.rename(folder)
        except OSError:  # another run finished the same checkpoint first
            if not is_whole(folder):
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return folder


def cache_key(config: RunConfig) -> str:
    """Short hash of everything that the checkpoint depends on."""
    inputs = {
        "seed": config.seed,
        "domain": domain_options(config),
        "turns": config.domain.max_turns,
        "model": asdict(config.model),
        "warm_start": asdict(config.warm_start),
        "versions": {name: version(name) for name in ("torch", "transformers", "tokenizers")},
        "sources": _sources_digest(),
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:16]


def is_whole(folder: Path) -> bool:
    """Whether every file of the checkpoint is there as it was written."""
    try:
        digests = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return all(_digest(folder / name) == digest for name, digest in digests.items())
    except (OSError, ValueError):
        return False


def argument_probabilities(model: Qwen3ForCausalLM, examples: list[Example]) -> dict[str, float]:
    """Mean probability of the right token for each kind of argument, in the right format."""
    sums: dict[str, list[float]] = {}
    for start in range(0, len(examples), 32):
        batch = examples[start : start + 32]
        ids_BT, _ = collate(batch)
        with torch.inference_mode():
            logprob_BTV = model(ids_BT[:, :-1]).logits.log_softmax(-1)
        for row, example in enumerate(batch):
            for kind, positions in example.kinds.items():
                for position in positions:
                    value = logprob_BTV[row, position - 1, example.ids[position]].exp().item()
                    sums.setdefault(kind, []).append(value)
    return {kind: sum(values) / len(values) for kind, values in sorted(sums.items())}


def _make(config: RunConfig, folder: Path, say: Say) -> None:
    settings = config.warm_start
    material = material_for(config, load_run_domain(config))
    say(f"warm start: wrote {material.about}")
    tokenizer = train_tokenizer(
        (m["content"] for dialogue, _ in material.learned for m in dialogue.messages),
        vocabulary=config.model.vocab_size,
    )
    examples = _examples(config, material.learned, tokenizer)
    checks = _examples(config, material.held_out, tokenizer)
    for attempt in range(ATTEMPTS):
        model = _train(config, tokenizer, examples, config.seed + 1000 * attempt, say)
        probabilities = argument_probabilities(model, checks)
        said = ", ".join(f"{kind} {value:.2f}" for kind, value in probabilities.items())
        if probabilities:
            say(f"warm start: probability of the right argument token: {said}")
        if min(probabilities.values(), default=1.0) >= settings.argument_prob:
            model.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
            (folder / "warm_start.json").write_text(
                json.dumps({"argument_probabilities": probabilities}, indent=1)
            )
            return
        say(f"warm start: below {settings.argument_prob}, starting again from other weights")
    raise WarmStartError(
        f"{ATTEMPTS} warm starts copied an argument with probability below "
        f"{settings.argument_prob} (last: {said}); raise warm_start.steps or lower domain.orders"
    )


def _examples(
    config: RunConfig,
    dialogues: list[tuple[Dialogue, Mapping[str, str]]],
    tokenizer: PreTrainedTokenizerFast,
) -> list[Example]:
    return build_examples(
        [dialogue for dialogue, _ in dialogues],
        [values for _, values in dialogues],
        tokenizer,
        argument_weight=config.warm_start.argument_weight,
    )


def _train(
    config: RunConfig,
    tokenizer: PreTrainedTokenizerFast,
    examples: list[Example],
    seed: int,
    say: Say,
) -> Qwen3ForCausalLM:
    model = build_model(config.model, tokenizer, seed)
    parameters = sum(p.numel() for p in model.parameters())
    say(f"warm start: training {parameters:,} parameters for {config.warm_start.steps} steps")

    def report(step: int, loss: float) -> None:
        if step % 50 == 0:
            say(f"warm start: step {step} of {config.warm_start.steps}, loss {loss:.3f}")

    return train(model, examples, config.warm_start, seed=seed, on_step=report)


def _digest(path: Path) -> str:
    """Hash of a file's contents."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _sources_digest() -> str:
    """Hash of the code and prompts that the corpus and the training come from."""
    root = Path(__file__).resolve().parents[2]
    digest = hashlib.sha256()
    for package in ("parsers", "prompts", "agent_env", "training/warm_start"):
        for path in sorted((root / package).rglob("*")):
            if path.suffix in {".py", ".md"}:
                digest.update(os.fsencode(path.relative_to(root)) + b"\0" + path.read_bytes())
    return digest.hexdigest()
