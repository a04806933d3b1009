from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from agent_env import Domain, Limits, ToolEnv, UnknownNameError, load_domain
from agent_env.adapters.checkout import CheckoutError
from parsers import render

TOOLS = "tau_bench/envs/retail/tools/__init__.py"


@pytest.fixture
def desk(library: Path) -> Domain:
    return load_domain("tau_bench_retail", path=str(library))


def play(domain: Domain, index: int, *turns: str | tuple[str, dict[str, object]]) -> ToolEnv:
    """An episode in which these turns, or else the oracle's, were played."""
    task = domain.derive(index, 0)
    env = ToolEnv(domain, task, limits=Limits(max_turns=20))
    env.reset()
    for turn in turns or domain.oracle(task):
        if not env.done:
            env.step(turn if isinstance(turn, str) else render([turn]))
    return env


def lend(**changed: object) -> tuple[str, dict[str, object]]:
    return "lend_book", {"book_id": "b1", "reader_id": "r1", "notes": ["careful"], **changed}


def test_the_oracle_solves_every_task_and_no_package_is_entered(desk: Domain) -> None:
    for index in range(desk.task_count or 0):
        env = play(desk, index)
        assert env.infra_error is None
        assert env.metrics()["reward/success"] == 1, index
    assert not [name for name in sys.modules if name.startswith("tau_bench")]


def test_a_program_keeps_its_own_import_of_the_project(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = ModuleType("tau_bench.types")
    monkeypatch.setitem(sys.modules, "tau_bench.types", own)
    load_domain("tau_bench_retail", path=str(library))
    assert sys.modules["tau_bench.types"] is own


def test_the_prompt_is_their_policy_then_how_to_call(desk: Domain, library: Path) -> None:
    assert desk.system_prompt.startswith("# Library policy\nBe kind.")
    assert all(spec.name in desk.system_prompt for spec in desk.tools)
    assert desk.examples[0].text in desk.system_prompt
    native = load_domain("tau_bench_retail", path=str(library), prompt="native")
    assert native.system_prompt == "# Library policy\nBe kind."


def test_doing_nothing_solves_only_what_asks_for_nothing(desk: Domain) -> None:
    solved = [
        i for i in range(desk.task_count or 0) if play(desk, i, "Done.").metrics()["reward/success"]
    ]
    assert solved == [5]


def test_a_failing_tool_is_told_in_its_words_and_its_writes_stay(desk: Domain) -> None:
    env = play(desk, 0, lend(reader_id="nobody"), ("get_book", {"book_id": "b7"}))
    assert [message["content"] for message in env.messages if message["role"] == "tool"] == [
        "Error: 'nobody'",
        "Error: no such book",
    ]
    assert env.metrics()["tool/tool_error"] == 2
    assert env.diff() == {"books": {"b1": {"lent": {"before": False, "after": True}}}}


def test_a_hand_over_ends_the_episode_and_the_state_is_scored(desk: Domain) -> None:
    over = ("transfer_to_human_agents", {"summary": "too hard"})
    good, bad = play(desk, 5, over), play(desk, 0, over)
    assert good.metrics()["stop/handed_over"] == bad.metrics()["stop/handed_over"] == 1
    assert (good.metrics()["reward/success"], bad.metrics()["reward/success"]) == (1, 0)


def test_a_number_and_its_float_are_different_states(desk: Domain) -> None:
    for price, wanted in ((5, 1), (5.0, 0)):
        env = play(desk, 3, ("price_book", {"book_id": "b1", "price": price}), "Done.")
        assert env.metrics()["reward/success"] == wanted


def test_more_than_was_wanted_is_wrong(desk: Domain) -> None:
    env = play(
        desk,
        3,
        ("price_book", {"book_id": "b1", "price": 5}),
        ("buy_book", {"book_id": "x"}),
        "Done.",
    )
    assert env.metrics()["reward/success"] == 0


def test_tools_change_neither_the_tasks_nor_what_the_model_wrote(desk: Domain) -> None:
    task = desk.derive(2, 0)
    before = task.to_dict()
    envs = [play(desk, 2) for _ in range(3)]
    assert task.to_dict() == before
    assert [env.metrics()["reward/success"] for env in envs] == [1, 1, 1]
    assert envs[0].trajectory["turns"][0]["calls"][0]["arguments"]["notes"] == ["careful"]


@pytest.mark.parametrize(
    ("text", "token", "upstream"),
    [
        ("It costs 10.", 1, 1),
        ("It costs $10.00.", 1, 1),
        ("It costs 100.", 0, 1),
        ("It costs 1.10.", 0, 1),
        ("It is free.", 0, 0),
    ],
)
def test_outputs_are_tokens_unless_upstream_is_asked_for(
    library: Path, text: str, token: int, upstream: int
) -> None:
    for outputs, wanted in (("token", token), ("upstream", upstream)):
        domain = load_domain("tau_bench_retail", path=str(library), outputs=outputs)
        assert play(domain, 1, text).metrics()["reward/success"] == wanted


def test_readers_see_what_was_written_and_removed(desk: Domain) -> None:
    env = play(
        desk,
        6,
        ("buy_book", {"book_id": "b9"}),
        ("sell_book", {"book_id": "b2"}),
        ("list_books", {}),
    )
    told = [message["content"] for message in env.messages if message["role"] == "tool"]
    assert told[0] == "3"
    assert told[2] == '{"b1": "Ants", "b9": "new"}'
    assert env.diff()["books"]["b2"] is None


def test_powers_are_refused_before_python_computes_them(desk: Domain) -> None:
    env = play(
        desk, 0, ("calculate", {"expression": "9**9**9**9"}), ("calculate", {"expression": "6*7"})
    )
    assert env.messages[-2]["content"] != "42"
    assert "powers" in env.messages[3]["content"]
    assert env.messages[-1]["content"] == "42"


def test_a_thousand_interleaved_episodes_leave_the_shared_rows_as_they_were(desk: Domain) -> None:
    tasks = [desk.derive(i % (desk.task_count or 1), 0) for i in range(1000)]
    envs = [ToolEnv(desk, task, limits=Limits(max_turns=20)) for task in tasks]
    scripts = [list(desk.oracle(task)) for task in tasks]
    for env in envs:
        env.reset()
    for turn in range(max(map(len, scripts))):
        for env, script in zip(envs, scripts, strict=True):
            if turn < len(script):
                action = script[turn]
                env.step(action if isinstance(action, str) else render([action]))
    assert all(env.metrics()["reward/success"] == 1 for env in envs)
    assert desk.base.compute_fingerprint() == desk.base.fingerprint  # type: ignore[attr-defined]


def test_seed_0_keeps_their_order_and_another_shuffles_it(desk: Domain) -> None:
    count = desk.task_count or 0
    plain, other = desk.tasks(count), desk.tasks(count, 3)
    assert [task.id for task in plain] == [f"tau_bench_retail-test-{i}" for i in range(count)]
    assert {task.id for task in other} == {task.id for task in plain}
    assert other != plain
    with pytest.raises(ValueError, match="tasks 0 to 6 in its test split; 7 is none"):
        desk.derive(7, 0)


def test_strict_agrees_with_their_hash(library: Path) -> None:
    domain = load_domain("tau_bench_retail", path=str(library), strict=True)
    for index in range(domain.task_count or 0):
        assert play(domain, index).metrics()["reward/success"] == 1
        assert play(domain, index, lend(notes=["x"]), "Done.", *["Well?"] * 18).infra_error is None


def test_strict_ends_an_episode_on_which_their_hash_disagrees(
    library: Path, rewrite: Callable[..., None]
) -> None:
    rewrite(library, "tau_bench/envs/base.py", "str(listed(self.data))", "str(id(self))")
    domain = load_domain("tau_bench_retail", path=str(library), strict=True)
    rewrite(library, "tau_bench/envs/base.py", "str(id(self))", "str(listed(self.data))")
    env = play(domain, 0, lend(notes=["x"]), "Done.", *["Well?"] * 18)
    assert env.infra_error is not None
    assert "tau-bench's hash calls the state right, we call it wrong" in str(
        env.infra_error["message"]
    )


def test_strict_notices_a_reading_tool_that_writes(
    library: Path, rewrite: Callable[..., None]
) -> None:
    rewrite(
        library,
        TOOLS,
        'return json.dumps(data["books"][book_id])',
        'return data["books"][book_id].pop("title")',
    )
    domain = load_domain("tau_bench_retail", path=str(library), strict=True)
    env = play(domain, 0, ("get_book", {"book_id": "b1"}))
    assert env.infra_error is not None
    assert "get_book is taken to only read, by its name, but it changed" in str(env.infra_error)


def test_the_path_may_come_from_the_environment(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAU_BENCH_PATH", str(library))
    assert load_domain("tau_bench_retail", split="dev").task_count == 1


def test_what_is_no_checkout_is_refused_in_a_sentence(
    library: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TAU_BENCH_PATH", raising=False)
    with pytest.raises(
        CheckoutError, match=r"give its folder with the option path=.* TAU_BENCH_PATH"
    ):
        load_domain("tau_bench_airline")
    empty = tmp_path_factory.mktemp("empty")
    with pytest.raises(
        CheckoutError, match=r"is no checkout of tau-bench .* it has no tau_bench/envs"
    ):
        load_domain("tau_bench_retail", path=str(empty))
    (library / "tau_bench/types.py").write_text("import surely_not_installed\n")
    with pytest.raises(CheckoutError, match=r"cannot be imported .* 'surely_not_installed'"):
        load_domain("tau_bench_retail", path=str(library), outputs="upstream")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "tets"}, "no split of tau_bench_retail 'tets'. Did you mean 'test'"),
        ({"outputs": "tokens"}, "Did you mean 'token'"),
        ({"prompt": "nativ"}, "Did you mean 'native'"),
        ({"feedback": "ful"}, "Did you mean 'full'"),
    ],
)
def test_an_unknown_option_is_answered_with_the_nearest(
    library: Path, options: dict[str, str], message: str
) -> None:
    with pytest.raises(UnknownNameError, match=message):
        load_domain("tau_bench_retail", path=str(library), **options)
