"""What an agent scores that does nothing, and one that only talks, on given tasks.

Place in the flow: printed beside every score, for a score means little on tasks that reward doing
nothing. Played here through `ToolEnv` with the domain's own customer; no model takes part.

What it does not do: both write nothing, so one turn settles what they would ever score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from agent_env.domain import Domain
from agent_env.env import ToolEnv
from agent_env.types import Limits, Task


def do_nothing(task: Task) -> str:
    """Says that it is done."""
    return "Done."


def only_talk(task: Task) -> str:
    """Tells every fact that the customer wants to hear, as if it had done the work."""
    return " ".join(["All is done as you wished.", *(f"{fact}." for fact in task.facts.values())])


BASELINES: Mapping[str, Callable[[Task], str]] = MappingProxyType(
    {"do_nothing": do_nothing, "only_talk": only_talk}
)


def baselines(domain: Domain, tasks: Iterable[Task]) -> dict[str, float]:
    """The success rate of each baseline, by name; 0 without any task."""
    solved = dict.fromkeys(BASELINES, 0)
    count = 0
    for task in tasks:
        count += 1
        for name, speak in BASELINES.items():
            solved[name] += _succeeds(domain, task, speak(task))
    return {name: number / count if count else 0.0 for name, number in solved.items()}


def _succeeds(domain: Domain, task: Task, text: str) -> bool:
    env = ToolEnv(domain, task, limits=Limits(max_turns=1))
    env.reset()
    env.step(text)
    return bool(env.metrics()["reward/success"])
