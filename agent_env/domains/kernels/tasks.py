"""Poses the kernel bench's tasks to an agent, and knows right programs for them.

Place in the flow: `build` in the package makes one `TaskSource`. Task number `index` of a seed is
drawn without an end: every round holds each task once, in an order of its own.

A right program comes from a folder of the user's, `<task>_<language>.py`, or, for plain PyTorch,
from the task's own baseline under another name. The oracle answers with it and then ends.

What it does not do: it evaluates nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from random import Random

import prompts
from agent_env.domains.kernels.prompt import opening
from agent_env.domains.kernels.repair import drafts, fenced
from agent_env.kernels.tasks import load_task
from agent_env.types import Action, Task

_BASELINE = "import torch\nfrom torch import nn\nfrom torch.nn import functional\n\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSource:
    """Where a domain's tasks come from.

    Attributes:
        names: Of the tasks.
        world: Fingerprint of the domain's world.
        device: "cpu" or "cuda".
        language: What programs are written in.
        is_compact: Whether tasks are posed in as few words as possible.
        solutions: A folder of right programs, or None.
        rehearses: Whether the oracle answers with broken programs before the right one.
    """

    names: tuple[str, ...]
    world: str
    device: str
    language: str
    is_compact: bool
    solutions: Path | None
    rehearses: bool = False

    def derive(self, index: int, seed: int) -> Task:
        """Task number `index` of a seed."""
        lap, place = divmod(index, len(self.names))
        order = Random(f"kernels/{seed}/{lap}").sample(self.names, len(self.names))
        name = order[place]
        return Task(
            id=f"{name}-{lap}",
            kind=name,
            domain="kernels",
            world=self.world,
            opening=opening(name, self.device, compact=self.is_compact),
            slots={},
            gold_calls=(),
            gold_diff={},
            facts={},
            seed=seed,
        )

    def solution(self, name: str) -> str | None:
        """A right program for the task of that name, or None if none is known."""
        path = self.solutions and self.solutions / f"{name}_{self.language}.py"
        if path and path.is_file():
            return path.read_text(encoding="utf-8")
        if self.language != "torch":
            return None
        source = load_task(name, self.device).source
        return _BASELINE + re.sub(r"^class Model\b", "class ModelNew", source, flags=re.MULTILINE)

    def script(self, task: Task) -> tuple[Action, ...]:
        """What the oracle writes: a right program and that it is done; nothing if none is known."""
        program = self.solution(task.kind)
        if program is None:
            return ()
        answers = drafts(program) if self.rehearses else (program,)
        return (*map(fenced, answers), close(task))


def close(task: Task) -> str:
    """What the oracle says when it has finished."""
    return prompts.render("agent", "kernels_closing")
