from __future__ import annotations

import subprocess
import sys
import types
from typing import Any

import pytest

from agent_env import Domain, ToolEnv, UnknownNameError, load_domain
from agent_env.domain import list_adapted, list_domains, load_tools, native_prompt
from agent_env.domains import retail_mini


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("retial_mini", {}, "There is no domain 'retial_mini'. Did you mean 'retail_mini'?"),
        (
            "retail_mini",
            {"order": 8},
            "There is no option of domain retail_mini 'order'. Did you mean 'orders'?",
        ),
        (
            "retail_mini",
            {"kinds": ("cancle",)},
            "no retail_mini task kind 'cancle'. Did you mean 'cancel'?",
        ),
        ("retail_mini", {"prompt": "retail_mini_compct"}, "Did you mean 'retail_mini_compact'?"),
        ("retail_mini", {"feedback": "ful"}, "Did you mean 'full'?"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(
    name: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UnknownNameError) as caught:
        load_domain(name, **options)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "option", "value", "expected"),
    [
        ("retail", "users", "abc", "a whole number"),
        ("retail", "users", 1e3, "a whole number"),
        ("retail", "seed", True, "a whole number"),
        ("retail", "noise", "nan", "a number"),
        ("retail", "noise", True, "a number"),
        ("retail", "kinds", 5, 'a list, such as ["a", "b"]'),
        ("retail", "kinds", "cancel", 'a list, such as ["a", "b"]'),
        ("retail", "kinds", [["cancel"]], 'a list, such as ["a", "b"]'),
        ("retail", "prompt", {}, "a text"),
        ("retail_mini", "feedback", 5, "a text or null"),
        ("tau_bench_retail", "strict", "yes", "true or false"),
        ("tau2_retail", "path", 5, "a text or null"),
    ],
)
def test_an_option_of_the_wrong_type_is_refused(
    name: str, option: str, value: object, expected: str
) -> None:
    with pytest.raises(ValueError, match=f"option {option} of domain {name} is ") as caught:
        load_domain(name, **{option: value})
    assert str(caught.value).endswith(f"; give {expected}.")


def test_a_whole_number_does_where_any_number_does() -> None:
    assert load_domain("retail", noise=0).name == "retail"


def test_adapted_domains_are_known_by_name_without_importing_their_modules() -> None:
    code = (
        "import sys; from agent_env.domain import list_adapted, list_domains; "
        "print(*list_adapted(), *list_domains()); "
        "assert not [name for name in sys.modules if name.startswith('agent_env.adapters.')]"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [*list_adapted(), *list_domains()]
    assert {"tau_bench_retail", "tau_bench_airline", "tau2_telecom"} <= set(list_adapted())
    assert not set(list_adapted()) & set(list_domains())


@pytest.mark.parametrize(
    ("name", "nearest"), [("tau_bench_retial", "tau_bench_retail"), ("tau2retail", "tau2_retail")]
)
def test_an_unknown_name_is_compared_with_adapted_domains_too(name: str, nearest: str) -> None:
    with pytest.raises(UnknownNameError, match=f"Did you mean '{nearest}'"):
        load_domain(name)


def test_an_adapted_domain_has_options_like_any_other() -> None:
    with pytest.raises(UnknownNameError, match="no option of domain tau_bench_retail 'pth'"):
        load_domain("tau_bench_retail", pth="x")


def test_the_tool_of_a_name(domain: Domain) -> None:
    assert domain.tool("get_order").name == "get_order"
    with pytest.raises(UnknownNameError, match="Did you mean 'get_order'"):
        domain.tool("get_ordr")


def test_lists_and_tuples_are_the_same_options() -> None:
    assert load_domain("retail_mini", kinds=["cancel"]) is load_domain(
        "retail_mini", kinds=("cancel",)
    )


def test_a_module_without_its_tool_is_refused() -> None:
    folder = types.ModuleType(retail_mini.__name__)
    folder.__path__ = retail_mini.__path__
    with pytest.raises(TypeError, match="holds no @tool function"):
        load_tools(folder)


def test_looking_up_comes_first(full_domain: Domain) -> None:
    effects = [spec.effect.value for spec in full_domain.tools]
    assert effects == sorted(effects)


def test_a_domain_names_its_prompt_for_native_tool_calls() -> None:
    assert native_prompt("retail_mini") is None
    assert [native_prompt(name) for name in list_adapted()] == ["native"] * len(list_adapted())
    name = native_prompt("retail")
    assert load_domain("retail", prompt=name).system_prompt != load_domain("retail").system_prompt
    with pytest.raises(UnknownNameError, match="Did you mean 'retail'"):
        native_prompt("retial")


def test_an_episode_gets_the_turns_that_its_domain_needs(domain: Domain) -> None:
    turns = {}
    for one in (domain, load_domain("retail")):
        env = ToolEnv(one, one.tasks(1)[0])
        env.reset()
        while not env.done:
            env.step("One moment.")
        turns[one.name] = env.metrics()["parse/turns"]
    assert turns == {"retail_mini": 4, "retail": 30}
