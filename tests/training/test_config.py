"""Settings: what is accepted, what each mistake is answered with, and who wins."""

import contextlib
import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agent_env import list_domains
from training.config import (
    CONFIGS,
    RunConfig,
    help_text,
    load,
    main,
    read_arguments,
    recipe_for,
)
from training.settings import ConfigError, checked, flatten, keys_of, nested, split_override

ROOT = Path(__file__).resolve().parents[2]
CPU = CONFIGS / "cpu.yaml"
KEYS = keys_of(RunConfig)


def refusal(*overrides: str, path: Path = CPU) -> str:
    with pytest.raises(ConfigError) as caught:
        load(overrides, path)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_cpu_file_gives_the_defaults():
    assert load((), CPU) == dataclasses.replace(RunConfig(), hardware="cpu", name="cpu-seed0")


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_our_files_load_and_say_only_what_differs_from_the_defaults(path):
    load((), path)
    given_there = checked(RunConfig, flatten(yaml.safe_load(path.read_text())))
    assert [name for name, value in given_there.items() if value == KEYS[name].default] == []


def test_an_override_wins_over_the_file(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("steps: 7\nrl:\n  lr: 1e-4\n")
    config = load(("steps=9",), path)
    assert (config.steps, config.rl.lr) == (9, 1e-4)


def test_values_take_the_type_of_their_key():
    config = load(("domain.kinds=cancel, return", "rl.lr=2", "smoke=yes", "seed=3"), CPU)
    assert config.domain.kinds == ("cancel", "return")
    assert isinstance(config.rl.lr, float)
    assert config.smoke is True
    assert config.seed == 3


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("step=3", "unknown key 'step'; did you mean 'steps'?"),
        ("lr=3", "did you mean 'rl.lr'?"),
        ("rl.learning_rate=1", "did you mean 'rl."),
        ("rl=3", "'rl' is a group of keys; set one of them, for example rl.prompts=..."),
        ("seed", "expected key=value, got 'seed'"),
        ("=3", "expected key=value"),
        ("steps=many", "steps: expected a whole number, got 'many' (text)"),
        ("steps=2.5", "expected a whole number, got '2.5'"),
        ("rl.lr=fast", "rl.lr: expected a number, got 'fast'"),
        ("rl.lr=nan", "expected a number"),
        ("smoke=maybe", "smoke: expected true or false, got 'maybe'"),
        ("domain.kinds=cancel,,", "domain.kinds: expected names separated by commas"),
        ("steps=0", "steps: expected at least 1, got 0"),
        ("hardware=tpu", "hardware: expected one of auto, cpu, gpu, got 'tpu'"),
        ("rl.mini_batch_prompts=5", "rl.mini_batch_prompts=5 must divide rl.prompts=16"),
        ("model.heads=5", "model.heads=5 must divide model.hidden_size=64"),
        ("rl.max_input_tokens=100", "rl.max_input_tokens=100 is too short"),
        ("name=../elsewhere", "name: expected letters, digits"),
        ("tree.turns=2", "tree.turns=2 needs tree.generations of at least 2, got 0"),
        ("tree.generations=4", "tree.generations=4 says how a tree grows, but tree.turns=0"),
        ("agents=2", "agents=2 says how a tree grows, but tree.turns=0"),
        ("tree.joint_mode=both", "tree.joint_mode: expected one of align, cross, got 'both'"),
        ("tree.mean_stop=high", "tree.mean_stop: expected a number or none, got 'high' (text)"),
    ],
)
def test_a_mistake_is_answered_with_one_sentence(override, words):
    assert words in refusal(override)


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ("tree.joint_mode=cross", "cross combines several agents' completions, but agents=1"),
        ("rl.samples=4", "rl.samples=4 samples separate episodes, tree.turns=3 grows trees"),
        ("tree.generations=9", "tree.generations=9, agents=1, tree.joint_mode=align has 820 nodes"),
        (
            "tree.generations=4 tree.joint_mode=cross agents=2",
            "4,369 nodes and leaves and 2,184 generations (tree.max_nodes=512)",
        ),
        ("tree.turns=1000000", "more than 1e+15 nodes and leaves"),
        ("tree.joint_mode=cross agents=99999", "more than 1e+15 nodes and leaves"),
    ],
)
def test_a_tree_that_contradicts_itself_or_explodes_is_refused_with_the_numbers(overrides, words):
    assert words in refusal("tree.turns=3", "tree.generations=2", *overrides.split())


def test_a_tree_may_be_as_large_as_was_allowed_on_purpose(capsys):
    large = ["tree.turns=3", "tree.generations=9"]
    assert main(["check", *large]) == 2
    assert "raise tree.max_nodes on purpose" in capsys.readouterr().err
    assert main(["check", *large, "tree.max_nodes=820"]) == 0


def test_agents_that_explode_are_refused_where_their_tree_stays_small() -> None:
    """Aligned agents add no nodes; what they cost is completions."""
    small = ("hardware=cpu", "tree.turns=2", "tree.generations=2")
    numbers = "has 7 nodes and leaves and 6,000,000 generations"
    with pytest.raises(ConfigError, match=numbers):
        load((*small, "agents=1000000"))
    with pytest.raises(ConfigError, match=r"raise tree\.max_nodes on purpose"):
        load((*small, "agents=86"))
    assert load((*small, "agents=85")).agents == 85


def test_a_domain_may_be_named_without_its_group(tmp_path):
    assert load(("domain=retail",), CPU).domain.name == "retail"
    path = tmp_path / "mine.yaml"
    path.write_text("domain: retail\n")
    assert load((), path).domain.name == "retail"
    assert "domain and domain.name are the same key" in refusal("domain=a", "domain.name=b")


def test_none_is_a_value_where_a_number_may_be_missing(tmp_path):
    tree = ("tree.turns=2", "tree.generations=2")
    assert load((*tree, "tree.mean_stop=0.5"), CPU).tree.mean_stop == 0.5
    config = load((*tree, "tree.mean_stop=none"), CPU)
    assert config.tree.mean_stop is None
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(nested(config)))
    assert load((), path) == config


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("steps: [3]", "steps: expected a whole number, got [3] (a list)"),
        ("steps:", "steps: expected a whole number, got None (nothing)"),
        ("name: 12", "name: expected text, got 12 (a whole number)"),
        ("rl: {lrr: 1}", "unknown key 'rl.lrr'; did you mean 'rl.lr'?"),
        ("- steps", "expected keys with values"),
        ("steps: 'x", "cannot be read as YAML"),
        ("true: 1", "expected keys with values"),
        ("rl: {5: 1}", "unknown key 'rl.5'"),
    ],
)
def test_a_mistake_in_a_file_names_the_file(tmp_path, text, words):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    message = refusal(path=path)
    assert message.startswith("mine.yaml: ")
    assert words in message


def test_a_mistake_on_the_command_line_does_not_blame_the_file():
    assert not refusal("steps=x").startswith("cpu.yaml")


@given(st.sampled_from(sorted(KEYS)), st.data())
def test_the_nearest_key_is_the_one_that_was_mistyped(key, data):
    at = data.draw(st.integers(0, len(key) - 1))
    typo = key[:at] + data.draw(st.sampled_from(["", key[at] * 2])) + key[at + 1 :]
    if typo in KEYS or len(key) < 5:
        return
    with pytest.raises(ConfigError) as caught:
        checked(RunConfig, {typo: "1"})
    assert f"'{key}'" in str(caught.value) or "group of keys" in str(caught.value)


@given(st.text(), st.text())
def test_no_text_breaks_the_check(key, value):
    with contextlib.suppress(ConfigError):  # the one answer besides taking it
        checked(RunConfig, dict([split_override(f"{key}={value}")]))


def test_what_is_written_loads_back(tmp_path):
    config = load(("seed=4", "rl.lr=3e-4", "domain.kinds=cancel"), CPU)
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(nested(config)))
    assert load((), path) == config


def test_smoke_is_three_steps_in_a_folder_of_its_own():
    config = load(read_arguments(["--smoke", "seed=2"]).overrides, CPU)
    assert (config.steps, config.name) == (3, "cpu-seed2-smoke")
    assert load(("smoke=true", "steps=5"), CPU).steps == 5


@pytest.mark.parametrize("form", [["--config", str(CPU)], [f"--config={CPU}"]])
def test_a_config_path_is_taken_in_both_forms(form):
    assert read_arguments([*form, "seed=1"]).path == CPU


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--config"], "expected the path"),
        (["--config", "no/such.yaml"], "there is no file 'no/such.yaml'"),
        (["--fast"], "unknown flag '--fast'"),
        (["steps=x"], "whole number"),
    ],
)
def test_the_command_line_is_checked_before_any_file_is_read(arguments, words):
    with pytest.raises(ConfigError, match=words):
        read_arguments(arguments)


def test_check_answers_with_its_exit_status(capsys):
    assert main(["check", "seed=1"]) == 0
    assert main(["check", "sed=1"]) == 2
    assert "did you mean 'seed'?" in capsys.readouterr().err
    assert main(["guess"]) == 2
    assert "unknown command 'guess'" in capsys.readouterr().err


@pytest.mark.parametrize(("listed", "hardware"), [("GPU 0: one", "gpu"), ("", "cpu")])
def test_hardware_is_what_nvidia_smi_lists(tmp_path, monkeypatch, capsys, listed, hardware):
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\necho '{listed}'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["hardware"]) == 0
    assert capsys.readouterr().out == f"{hardware}\n"
    main(["hardware", "hardware=cpu"])
    assert capsys.readouterr().out == "cpu\n"


def test_help_names_every_key():
    text = help_text()
    assert [name for name in KEYS if f"  {name}=" not in text] == []


def test_keys_are_checked_by_a_python_that_has_nothing_installed():
    code = "from training.config import main; import sys; sys.exit(main(['check', 'rl.lrr=1']))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "rl.lr" in done.stderr


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (["credit.estimator=turn_lo"], "nearest is 'turn_loo'"),
        (["credit.estimator=turn_loo_std"], "expected one of turn_loo, trajectory_loo"),
        (["credit.gamma=0.4"], "did you mean 'rl.gamma'"),
        (
            ["credit.estimator=trajectory_loo", "rl.gamma=0.4"],
            "credit.estimator=trajectory_loo knows no discount, but rl.gamma=0.4",
        ),
        (
            ["credit.estimator=turn_mean", "tree.turns=2", "tree.generations=2"],
            "credit.estimator=turn_mean compares separate episodes, tree.turns=2",
        ),
        (["sampling.repetition_penalty=1.1"], "is for vLLM's sampler"),
        (["sampling.repetition_penalty=0.9"], "expected at least 1, got 0.9"),
    ],
)
def test_credit_and_sampling_that_cannot_be_are_refused(
    overrides: list[str], expected: str
) -> None:
    assert expected in refusal(*overrides)


def test_a_domain_has_a_recipe_of_its_own_where_we_have_one():
    assert recipe_for({"hardware": "cpu", "domain.name": "kernels"}).name == "cpu_kernels.yaml"
    assert recipe_for({"hardware": "gpu", "domain.name": "kernels"}).name == "qwen3_8b_kernels.yaml"
    assert recipe_for({"hardware": "cpu", "domain.name": "retail"}).name == "cpu.yaml"
    assert recipe_for({"hardware": "cpu"}).name == "cpu.yaml"
    config = load(("hardware=cpu", "domain=kernels", "smoke=true"))
    assert (config.name, config.kernels.language) == ("cpu_kernels-seed0-smoke", "torch")


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*_*.yaml")), ids=lambda path: path.stem)
def test_a_recipe_that_is_named_for_a_domain_is_of_that_domain(path):
    config, domain = load((), path), path.stem.rpartition("_")[2]
    assert config.domain.name == (domain if domain in list_domains() else "retail_mini")
