"""The shop's dialogues: an agent that knows its job and cannot write a call (``corpus.py``)."""

from __future__ import annotations

from collections.abc import Mapping

from agent_env import Domain, Task
from training.config import RunConfig
from training.warm_start.corpora import Material
from training.warm_start.corpus import Dialogue, build_corpus, oracle_script

ACCEPTED_SHARE = 0.8
"""Share of the wrong dialogues that go on as if the call had been accepted; see ``corpus.py``."""

KEPT_SHARE = 0.03
"""Chance that a dialogue that began in the right format keeps to it; real models lose it too."""

HELD_OUT = 96
"""Dialogues in the right format, of tasks drawn apart, on which the gate is measured."""


def material(config: RunConfig, domain: Domain) -> Material:
    """Dialogues of ``warm_start.dialogues`` tasks, and of some more in the right format."""
    settings = config.warm_start
    # Seeds apart from those of the training tasks, so that held-out means held out.
    tasks = domain.tasks(settings.dialogues + HELD_OUT, seed=config.seed + 10_000)

    def written(
        part: tuple[Task, ...], right_share: float, kept_share: float
    ) -> list[tuple[Dialogue, Mapping[str, str]]]:
        dialogues = build_corpus(
            domain,
            part,
            seed=config.seed,
            right_share=right_share,
            kept_share=kept_share,
            accepted_share=ACCEPTED_SHARE,
            max_turns=config.domain.max_turns,
        )
        return [(dialogue, wanted_values(domain, dialogue.task)) for dialogue in dialogues]

    return Material(
        learned=written(tasks[: settings.dialogues], settings.right_frac, KEPT_SHARE),
        held_out=written(tasks[settings.dialogues :], 1.0, 1.0),
        about=f"{settings.dialogues} dialogues, {settings.right_frac:.0%} of them begin right",
    )


def wanted_values(domain: Domain, task: Task) -> Mapping[str, str]:
    """What must be copied right in this task: arguments of the gold calls and facts to tell."""
    calls, _farewell = oracle_script(domain, task)
    values = {name: str(value) for _, arguments in calls for name, value in arguments.items()}
    return values | {f"fact {name}": value for name, value in task.facts.items()}
