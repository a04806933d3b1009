"""Settings of worlds: what a domain is handed, and what is refused as it means nothing there."""

import inspect
from importlib import import_module

import pytest

from agent_env import list_domains
from agent_env.domain import option_names
from training.config import CONFIGS, load
from training.dataset import domain_options, load_run_domain, turn_reward_range
from training.run import main
from training.settings import ConfigError, keys_of
from training.worlds import SHORT_PROMPTS, CodeConfig, ExternalConfig, KernelsConfig

CPU = CONFIGS / "cpu.yaml"


def options(*overrides: str) -> dict[str, object]:
    return domain_options(load(("hardware=cpu", *overrides)))


def test_a_setting_that_nobody_changed_is_left_to_the_domain() -> None:
    assert options() == {"name": "retail_mini", "prompt": "retail_mini_compact"}
    assert options("domain=retail") == {"name": "retail"}
    assert options("model.path=some/model") == {"name": "retail_mini"}


def test_a_changed_setting_becomes_an_option() -> None:
    assert options("domain.orders=20", "domain.kinds=cancel")["orders"] == 20
    given = options("domain=code", "code.tasks=flatten", "external.sandbox_slice=-2")
    assert given["tasks"] == ["flatten"]
    assert given["external_sandbox_slice"] == -2
    for domain in ("kernels", "code", "retail_mini"):
        given = options(f"domain={domain}", "external.mode=level_feedback")
        assert given["external_mode"] == "level_feedback"
    assert options("domain=code", "external.sandbox_slice=all")["external_sandbox_slice"] == "all"


def test_a_program_domain_knows_how_many_turns_there_are() -> None:
    assert options("domain=kernels")["turns"] == 3
    trees = ("tree.turns=2", "tree.generations=2")
    assert options("domain=kernels", *trees)["turns"] == 2


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (("kernels.language=cpp",), ""),
        (("kernels.language=torch",), "kernels.language=torch means nothing to domain=retail_mini"),
        (("domain=retail", "code.tasks=flatten"), "means nothing to domain=retail"),
        (("domain=kernels", "domain.orders=9"), "domain.orders=9 means nothing to domain=kernels"),
        (("domain=kernels", "code.tasks=x"), "code.tasks=('x',) means nothing to domain=kernels"),
    ],
)
def test_a_setting_that_means_nothing_to_the_domain_is_refused(
    overrides: tuple[str, ...], words: str
) -> None:
    if not words:
        options(*overrides)
        return
    with pytest.raises(ConfigError) as caught:
        options(*overrides)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("group", "domain", "prefix"),
    [
        (KernelsConfig, "kernels", ""),
        (CodeConfig, "code", ""),
        (ExternalConfig, "code", "external_"),
    ],
)
def test_our_defaults_are_the_domains(group: type, domain: str, prefix: str) -> None:
    build = inspect.signature(import_module(f"agent_env.domains.{domain}").build)
    for key in keys_of(group).values():
        if key.name == "mode":  # each domain has its own
            continue
        default = build.parameters[prefix + key.name].default
        assert key.default == (str(default) if key.name == "sandbox_slice" else default)


@pytest.mark.parametrize("name", sorted(SHORT_PROMPTS))
def test_every_domain_with_a_short_prompt_loads_with_it(name: str) -> None:
    assert name in list_domains()
    assert "prompt" in option_names(name)
    assert (
        load_run_domain(load(("hardware=cpu", f"domain={name}")))
        .options["prompt"]
        .endswith("_compact")
    )


def test_the_range_of_a_turns_reward_comes_from_the_domain() -> None:
    retail = load_run_domain(load((), CPU))
    assert turn_reward_range(retail) == pytest.approx((-0.5, 1.3))
    kernels = load_run_domain(load(("hardware=cpu", "domain=kernels")))
    assert turn_reward_range(kernels) == kernels.reward_range


@pytest.mark.parametrize(
    ("stop", "domain", "earns"),
    [
        ("-0.5", "retail_mini", "-0.5 to 1.3"),
        ("1.4", "retail_mini", "-0.5 to 1.3"),
        ("-1", "kernels", "0 to 3.4"),
    ],
)
def test_a_threshold_that_no_turn_or_every_turn_reaches_is_refused(
    stop: str, domain: str, earns: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = ["tree.turns=2", "tree.generations=2", f"tree.mean_stop={stop}"]
    assert main(["hardware=cpu", f"domain={domain}", *tree]) == 2
    said = capsys.readouterr().err
    assert f"tree.mean_stop={stop}: a turn of domain={domain} earns {earns}" in said


def test_the_tiny_model_begins_only_where_it_has_something_to_learn(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["hardware=cpu", "domain=retail"]) == 2
    assert "domain=retail: the tiny model can begin in code, kernels, retail_mini" in (
        capsys.readouterr().err
    )
