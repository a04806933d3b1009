"""What an evaluation measures: everything that episodes must share to be counted together.

Place in the flow: the command line makes `Settings`, every line of the file repeats them, and a run
goes on with a file only if they are the same. How many tasks and trials, how many at a time, and at
which URL the model is served are no part of it: those may change between two runs of one file.

What it does not do: no defaults that depend on the machine, no keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from agent_env.store import thaw


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What two episodes must share to be counted together.

    Attributes:
        domain: Its name.
        domain_options: As given to `load_domain`.
        model: The name that the server knows it by.
        native_tools: Whether the server gets `tools` and its `tool_calls` are read.
        tool_role: Of tool answers in text: "user", in tags, or "tool".
        seed: Of the tasks; the seed of each episode's sampling follows from it.
        sends_seed: Whether that is sent.
        max_turns: Assistant turns of an episode.
        request: Fields of every request to the model, such as `temperature`.
        user: None for the domain's own customer; else the model that plays it and its requests'
            fields.
    """

    domain: str
    domain_options: Mapping[str, Any]
    model: str
    native_tools: bool = False
    tool_role: str = "user"
    seed: int = 0
    sends_seed: bool = True
    max_turns: int = 30
    request: Mapping[str, Any] = field(default_factory=dict)
    user: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The settings as JSON data."""
        data: dict[str, Any] = thaw(asdict(self))
        return data


def differences(ours: Mapping[str, Any], theirs: object) -> list[str]:
    """In which settings two runs differ, each as "name: theirs in the file, ours now"."""
    if not isinstance(theirs, Mapping):
        return ["the file holds no settings"]
    return [
        f"{name}: {theirs.get(name)!r} in the file, {ours.get(name)!r} now"
        for name in sorted({*ours, *theirs})
        if ours.get(name) != theirs.get(name)
    ]
