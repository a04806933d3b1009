"""Every episode on disk, and with DEBUG_PARSER=1 some of them on the terminal.

Place in the flow: generator -> here -> ``rollouts.jsonl`` and the logger ``callforge.rollouts``.
Nothing is shortened: the raw text of every turn is kept.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from training import jsonl
from training.turns import TurnRecord

log = logging.getLogger("callforge.rollouts")

EXAMPLE_COLUMNS = ["step", "example", "session", "reward", "turns"]
"""Columns of the table of generation examples that W&B shows."""


class EpisodeLike(Protocol):
    """What a record is made of; see ``training.generator.Episode``."""

    @property
    def session(self) -> str:
        """Names the episode within its step."""

    @property
    def trajectory(self) -> dict[str, Any]:
        """``ToolEnv.trajectory``."""

    @property
    def rewards(self) -> list[float]:
        """One per turn."""

    @property
    def turns(self) -> Sequence[TurnRecord]:
        """One for each turn of the trajectory, or none when nobody kept them."""


class RolloutLog:
    """Writes batches of episodes.

    Args:
        path: JSON lines, appended to.
        debug: Log conversations and examples as well.
        conversations_every_turns: One conversation is logged each time this many more turns were
        taken.
        generations_every_steps: Best and worst episode are logged in step 1 and every so many
        steps.
    """

    def __init__(
        self,
        path: Path,
        *,
        debug: bool,
        conversations_every_turns: int,
        generations_every_steps: int,
    ) -> None:
        self._path = path
        self._debug = debug
        self._every_turns = conversations_every_turns
        self._every_steps = generations_every_steps
        self._turns = 0
        self._examples: list[tuple[Any, ...]] = []

    def take_examples(self) -> list[tuple[Any, ...]]:
        """Table rows (see ``EXAMPLE_COLUMNS``) of the examples that fell due, each once."""
        rows, self._examples = self._examples, []
        return rows

    def write(self, step: int, episodes: Sequence[EpisodeLike]) -> None:
        """Append the batch, in its order, and log what is due."""
        for episode in episodes:
            jsonl.append(self._path, record(step, episode))
        if self._debug:
            for episode in episodes:
                for level, line in turn_lines(step, episode):
                    log.log(level, "%s", line)
            self._log_conversations(step, episodes)
        if step == 1 or step % self._every_steps == 0:
            for title, episode in examples_of(episodes).items():
                said = "\n".join(_example_lines(episode))
                self._examples.append((step, title, episode.session, sum(episode.rewards), said))
                if self._debug:
                    log.info("generation example, %s of step %d\n%s", title, step, said)

    def _log_conversations(self, step: int, episodes: Sequence[EpisodeLike]) -> None:
        for episode in episodes:
            before = self._turns
            self._turns += len(episode.trajectory["turns"])
            if before // self._every_turns != self._turns // self._every_turns:
                log.info("%s", "\n".join(conversation_lines(step, episode)))


def examples_of(episodes: Sequence[EpisodeLike]) -> dict[str, EpisodeLike]:
    """Worst, median and best episode by reward, and one with a lost call if there is one."""
    ranked = sorted(episodes, key=lambda episode: sum(episode.rewards))
    named = {"worst": ranked[0], "median": ranked[len(ranked) // 2], "best": ranked[-1]}
    for episode in ranked[::-1]:
        if any(turn["status"] == "malformed" for turn in episode.trajectory["turns"]):
            return named | {"lost call": episode}
    return named


def record(step: int, episode: EpisodeLike) -> dict[str, Any]:
    """One line of ``rollouts.jsonl``: the trajectory with its step and session.

    Beside what the environment says of an episode and of each turn stands what it was trained with.
    """
    line = {
        "step": step,
        "session": episode.session,
        "trained_reward": sum(episode.rewards),
        **episode.trajectory,
    }
    if episode.turns:
        line["turns"] = [
            turn | trained.to_dict()
            for turn, trained in zip(line["turns"], episode.turns, strict=True)
        ]
    return line


def turn_lines(step: int, episode: EpisodeLike) -> Iterator[tuple[int, str]]:
    """For each turn: how many messages of which roles came before, its length, and how it ended.

    With its level: a warning where hygiene found something to warn of, else for debugging.
    """
    turns = iter(episode.turns)
    roles: list[str] = []
    number = 0
    for message in episode.trajectory["messages"]:
        if message["role"] == "assistant" and (turn := next(turns, None)) is not None:
            number += 1
            warned = "".join(f", warning: {name}" for name in turn.look.warnings)
            level = logging.WARNING if warned else logging.DEBUG
            yield (
                level,
                f"turn {number} of {episode.session}, step {step}: {len(roles)} messages "
                f"({' '.join(roles)}), {turn.generation.prompt_tokens} tokens; answer of "
                f"{len(message['content'])} characters, {turn.generation.response_tokens} tokens, "
                f"stop {turn.generation.stop_reason}, {turn.look.treatment.value}{warned}",
            )
        roles.append(message["role"])


def conversation_lines(step: int, episode: EpisodeLike) -> Iterator[str]:
    """Who spoke, the raw text, and under each assistant turn what became of it."""
    trajectory = episode.trajectory
    yield (
        f"conversation {episode.session} of step {step}: "
        f"stop {trajectory['stop_reason']}, reward {sum(episode.rewards):+.2f}"
    )
    turns = iter(trajectory["turns"])
    for message in trajectory["messages"]:
        yield f"  {message['role']:>9}: {message['content']!r}"
        if message["role"] == "assistant":
            yield f"             {_verdict(next(turns))}"


def _example_lines(episode: EpisodeLike) -> Iterator[str]:
    for turn in episode.trajectory["turns"]:
        yield f"  {turn['text']!r}"
        yield f"    {_verdict(turn)}"


def _verdict(turn: Mapping[str, Any]) -> str:
    """Status, winning layer, faults and reward of one turn."""
    faults = "; ".join(
        f"{fault['kind']} at {fault['span'][0]}-{fault['span'][1]}" for fault in turn["faults"]
    )
    layer, reward = turn["layer"], turn["reward"]
    return f"[{turn['status']}] layer {layer}, fault {faults or 'none'}, reward {reward:+.2f}"
