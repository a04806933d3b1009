"""Dialogues of an agent that writes programs, some right and most broken in a known way.

Place in the flow: ``corpora/<domain>.py`` gives answers to a few easy tasks -> here -> the warm
start. What the world says to each answer comes from the real environment, whose judge sees each
program once. The right answer is there to be found, and no more than that: reinforcement learning
has something to prefer.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent_env import Domain, Limits, Task, ToolEnv
from training.config import RunConfig
from training.warm_start.corpora import Material
from training.warm_start.corpus import Dialogue


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What an agent may answer to one task; whole turns.

    Attributes:
        right: Programs that pass.
        wrong: Answers that do not: no program, one that does not build, one that is not right.
        done: What ends the episode after a right one.
    """

    right: tuple[str, ...]
    wrong: tuple[str, ...]
    done: str = "Done."


def fenced(code: str, language: str = "python") -> str:
    """The program as an answer shows it."""
    return f"```{language}\n{code.strip()}\n```"


def program_material(config: RunConfig, domain: Domain, answers: Mapping[str, Answers]) -> Material:
    """``warm_start.dialogues`` dialogues on the domain's tasks.

    Args:
        config: Says how many, and how often an answer is right.
        domain: Its tasks are named by their ``kind``.
        answers: By the task's name.

    Raises:
        ValueError: The domain has a task without answers.
    """
    settings, rng = config.warm_start, random.Random(config.seed)
    tasks = domain.tasks(settings.dialogues, seed=config.seed + 10_000)
    if missing := {task.kind for task in tasks} - answers.keys():
        raise ValueError(
            f"there are no answers to {', '.join(sorted(missing))} of domain {domain.name}; the "
            f"tiny model can begin with {', '.join(sorted(answers))}"
        )
    known: dict[tuple[str, ...], Dialogue] = {}
    learned: list[tuple[Dialogue, Mapping[str, str]]] = []
    for task in tasks:
        said = drawn(answers[task.kind], rng, settings.right_frac, config.domain.max_turns)
        key = (task.kind, *said)
        if key not in known:
            known[key] = _dialogue(domain, task, said)
        learned.append((known[key], {}))
    return Material(
        learned=learned,
        held_out=[],
        about=f"{settings.dialogues} dialogues, {settings.right_frac:.0%} of the answers right",
    )


def drawn(answers: Answers, rng: random.Random, right_frac: float, turns: int) -> list[str]:
    """The answers of one episode: wrong ones until a right one comes, and then the end."""
    said: list[str] = []
    while len(said) < turns:
        if rng.random() < right_frac:
            return [*said, rng.choice(answers.right), answers.done][:turns]
        said.append(rng.choice(answers.wrong))
    return said


def _dialogue(domain: Domain, task: Task, said: Sequence[str]) -> Dialogue:
    """The episode in which these are the agent's turns."""
    env = ToolEnv(domain, task, limits=Limits(max_turns=len(said)))
    messages = env.reset()
    for text in said:
        result = env.step(text)
        messages.append({"role": "assistant", "content": text})
        if result.done:
            break
        messages += result.messages
    return Dialogue(messages=tuple(messages), task=task)
