"""Dialogues of programs: what the answers are, checked by the domains' own judges."""

import random
from importlib import import_module

import pytest

from agent_env import Domain, ToolEnv
from training.config import RunConfig, load
from training.dataset import load_run_domain
from training.warm_start.corpora import check, list_corpora, material_for
from training.warm_start.corpus import Dialogue
from training.warm_start.programs import Answers, drawn, fenced, program_material

NAMES = [name for name in list_corpora() if name != "retail_mini"]


def made(name: str, *overrides: str) -> tuple[RunConfig, Domain]:
    config = load(("hardware=cpu", f"domain={name}", "warm_start.dialogues=12", *overrides))
    return config, load_run_domain(config)


def said_in(dialogue: Dialogue) -> list[str]:
    return [m["content"] for m in dialogue.messages if m["role"] == "assistant"]


@pytest.mark.parametrize("name", NAMES)
def test_right_answers_succeed_and_wrong_ones_earn_less(name: str) -> None:
    _, domain = made(name)
    answers = import_module(f"training.warm_start.corpora.{name}").ANSWERS
    tasks = {task.kind: task for task in domain.tasks(8)}
    assert tasks.keys() == answers.keys()
    for kind, task in tasks.items():
        start = ToolEnv(domain, task)
        start.reset()

        def played(*texts: str, start: ToolEnv = start) -> tuple[float, float]:
            env = start.fork()
            earned = sum(env.step(text).reward for text in texts)
            return earned, env.metrics()["reward/success"]

        (best,) = {played(text, answers[kind].done) for text in answers[kind].right}
        assert best[1] == 1.0
        worse = [played(text)[0] for text in answers[kind].wrong]
        assert max(worse) < best[0]
        assert len(set(worse)) > 1  # a ladder, so that there is something to climb


@pytest.mark.parametrize("name", NAMES)
def test_material_is_whole_and_the_agents_words_are_the_seeds(name: str) -> None:
    config, domain = made(name, "warm_start.right_frac=0.5")
    first, again = (material_for(config, domain) for _ in range(2))
    assert [said_in(d) for d, _ in first.learned] == [said_in(d) for d, _ in again.learned]
    assert len(first.learned) == 12
    assert first.held_out == []
    said = [m["content"] for dialogue, _ in first.learned for m in dialogue.messages]
    assert any("Done." in text for text in said)
    for dialogue, _ in first.learned:
        roles = [message["role"] for message in dialogue.messages]
        assert roles[:2] == ["system", "user"]
        assert roles[-1] == "assistant"


def test_wrong_answers_come_until_a_right_one_ends_it() -> None:
    answers = Answers(right=("right",), wrong=("wrong",))
    rng = random.Random(1)
    drawings = {tuple(drawn(answers, rng, 0.4, 3)) for _ in range(200)}
    assert drawings == {
        ("right", "Done."),
        ("wrong", "right", "Done."),
        ("wrong", "wrong", "right"),
        ("wrong", "wrong", "wrong"),
    }


def test_a_task_without_answers_is_named() -> None:
    config, domain = made("code", "code.tasks=roman")
    with pytest.raises(ValueError, match=r"no answers to roman of domain code; .* flatten, transp"):
        program_material(config, domain, import_module("training.warm_start.corpora.code").ANSWERS)


def test_a_model_that_exists_needs_no_corpus() -> None:
    check(load(("hardware=cpu", "domain=retail", "model.path=some/model")))
    assert fenced("x = 1\n") == "```python\nx = 1\n```"
