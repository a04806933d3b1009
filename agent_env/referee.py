"""Who judges a turn where no customer replies and no store is compared: a referee.

Place in the flow: a domain whose answers are judged, such as a program that is compiled and run,
brings a `Referee`. The environment shows it every assistant turn once the turn's calls have run,
and makes of its `Ruling` the reward, the counts and the message that the model reads next.

A referee keeps nothing of an episode: what it has to remember it writes into the episode's state,
so that a fork needs no copy of it and one object serves every episode of a process. It may take
long; an episode on an event loop waits for it in a thread.

What it does not do: the end by `Limits.max_turns` is the environment's; what fails in a referee
ends the episode as `infra_error`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from agent_env.types import CallResult, StopReason, Task
from parsers import ParsedMessage


@dataclass(frozen=True, slots=True)
class Look:
    """What a referee sees of one assistant turn.

    Attributes:
        task: The job.
        state: The episode's; the referee may write into it.
        text: The turn as the model wrote it.
        parsed: What was read in it.
        results: What came of its calls.
        reasoning: How thinking in the text is to be taken; see `parsers.parse`.
        turn: Which assistant turn it is, from 1.
        turns_left: How many more there may be.
    """

    task: Task
    state: Any
    text: str
    parsed: ParsedMessage
    results: Sequence[CallResult]
    reasoning: str
    turn: int
    turns_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What a referee says of a turn.

    Attributes:
        text: What the model reads next, as a message of role "user"; unread when the episode ends.
        gain: What the turn earned of the outcome; below 0 takes back what earlier ones earned.
        is_success: Whether the episode succeeds if it ends here.
        stop_reason: Why the episode ends with this turn; None goes on while there are turns.
        counts: What is added to the episode's counts, by keys of the referee.
        note: What is kept of the ruling in the trajectory, as JSON data.
    """

    text: str
    gain: float = 0.0
    is_success: bool = False
    stop_reason: StopReason | None = None
    counts: Mapping[str, float] = field(default_factory=dict)
    note: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Checks that the model is told something.

        Raises:
            ValueError: The episode goes on and the text is empty.
        """
        if self.stop_reason is None and not self.text.strip():
            raise ValueError("A Ruling that goes on has no text; say what the model is to do next.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A rate of a domain's own, computed once from pooled counts.

    Attributes:
        name: Its key, such as "kernel/compile_rate".
        part: The key of what is counted.
        whole: The key of what it is a share of; with nothing counted there, the rate is 0.
        is_geometric: Whether `part` sums logarithms to base 2 and the rate is their geometric mean.
    """

    name: str
    part: str
    whole: str
    is_geometric: bool = False

    def of(self, sums: Mapping[str, float]) -> float:
        """The rate; a sum that is not there is 0."""
        whole = sums.get(self.whole, 0.0)
        if not whole:
            return 0.0
        share = sums.get(self.part, 0.0) / whole
        return 2.0**share if self.is_geometric else share


class Referee(Protocol):
    """Judges the turns of all episodes of a domain."""

    @property
    def keys(self) -> tuple[str, ...]:
        """What it counts, beside the keys of every episode."""

    @property
    def rates(self) -> tuple[Rate, ...]:
        """What is derived from its counts."""

    @property
    def reward_range(self) -> tuple[float, float]:
        """The least and the most that an episode's gains can sum up to."""

    def judge(self, look: Look) -> Ruling:
        """What this turn was worth and what the model is told; may raise, see the module."""
