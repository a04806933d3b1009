"""The warm start: cached under its inputs, gated on its arguments, safe for two makers."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from training.config import RunConfig
from training.settings import nested
from training.warm_start import make
from training.warm_start.child import WarmStartChild

TINY = RunConfig(name="t", hardware="cpu")
TINY = replace(TINY, warm_start=replace(TINY.warm_start, dialogues=60, steps=4, argument_prob=0.0))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def folder(cache: Path) -> Path:
    return make.warm_start(TINY, cache, lambda _text: None)


def test_the_checkpoint_is_a_plain_untied_qwen3_with_its_tokenizer(folder: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen3ForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder)
    assert isinstance(model, Qwen3ForCausalLM)
    assert model.lm_head.weight.data_ptr() != model.model.embed_tokens.weight.data_ptr()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert len(tokenizer) == model.config.vocab_size
    assert tokenizer.eos_token_id == model.config.eos_token_id


def test_a_second_call_reuses_it_and_another_seed_does_not(cache: Path, folder: Path) -> None:
    said: list[str] = []
    assert make.warm_start(TINY, cache, said.append) == folder
    assert said == [f"warm start: reusing {folder.name}"]
    assert make.cache_key(replace(TINY, seed=1)) != folder.name
    assert make.cache_key(replace(TINY, steps=99, name="other")) == folder.name


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "manifest.json"])
def test_a_damaged_checkpoint_is_noticed(folder: Path, tmp_path: Path, name: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    assert make.is_whole(copy)
    content = (copy / name).read_bytes()
    (copy / name).write_bytes(content[: len(content) // 2])
    assert not make.is_whole(copy)


def test_the_same_inputs_make_the_same_weights(folder: Path, tmp_path: Path) -> None:
    again = make.warm_start(TINY, tmp_path, lambda _text: None)
    weights = "model.safetensors"
    assert (again / weights).read_bytes() == (folder / weights).read_bytes()


def test_a_start_that_cannot_copy_is_refused(tmp_path: Path) -> None:
    strict = replace(TINY, warm_start=replace(TINY.warm_start, argument_prob=0.99))
    with pytest.raises(make.WarmStartError, match=r"3 warm starts .* below 0\.99 \(last: city 0"):
        make.warm_start(strict, tmp_path, lambda _text: None)
    assert list(tmp_path.iterdir()) == []


def test_two_at_once_end_with_one_checkpoint(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump(nested(TINY)))
    command = [sys.executable, "-m", "training.warm_start", str(config), str(tmp_path / "cache")]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    lasts = {process.communicate(timeout=120)[0].splitlines()[-1] for process in both}
    assert [process.returncode for process in both] == [0, 0]
    (kept,) = (tmp_path / "cache").iterdir()
    assert lasts == {str(kept)}
    assert json.loads((kept / "warm_start.json").read_text())["argument_probabilities"]


def test_the_run_sees_its_child_and_its_failure(cache: Path, folder: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump(nested(TINY)))
    said: list[str] = []
    child = WarmStartChild(config, cache, said.append)
    assert child.checkpoint() == str(folder)
    assert said == [f"warm start: reusing {folder.name}"]
    strict = replace(TINY, warm_start=replace(TINY.warm_start, argument_prob=1.0, steps=1))
    config.write_text(yaml.safe_dump(nested(strict)))
    failing = WarmStartChild(config, tmp_path, said.append)
    with pytest.raises(RuntimeError, match="ended with status 1: 3 warm starts"):
        failing.checkpoint()


def test_a_child_that_is_not_needed_any_more_is_stopped(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump(nested(RunConfig(name="long", hardware="cpu"))))
    child = WarmStartChild(config, tmp_path, lambda _text: None)
    child.stop()
    with pytest.raises(RuntimeError, match="status -9"):
        child.checkpoint()
