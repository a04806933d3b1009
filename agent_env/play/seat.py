"""What both seats have in common: the commands, taking a turn back, what changed.

Place in the flow: `seats` adds who plays what. Before each turn the episode is forked; `/undo` goes
on from the fork, so a person can try what happens.

What it does not do: it scores nothing; taking back costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from agent_env.domain import Domain
from agent_env.env import ToolEnv
from agent_env.errors import UnknownNameError
from agent_env.play import shown
from agent_env.play.terminal import Terminal
from agent_env.types import Message, StepResult
from parsers import ParsedMessage


class Seat:
    """Where the person sits.

    Attributes:
        env: The episode as it stands.
        terminal: Where the person types and reads.
    """

    intro = ""
    """What is told first, and by `/help`."""

    def __init__(self, env: ToolEnv, terminal: Terminal, spoilers: bool) -> None:
        """Takes the seat; nothing is said yet.

        Args:
            env: Not reset.
            terminal: Where the person types and reads.
            spoilers: Whether `/task` shows the task with its answer.
        """
        self.env = env
        self.terminal = terminal
        self._spoilers = spoilers
        self._changes: Mapping[str, str] = {}
        self._commands: dict[str, Callable[[str], None]] = {
            "/help": lambda _: terminal.show(self.intro),
            "/tools": lambda _: terminal.show(shown.tool_lines(self._domain.tools)),
            "/schema": self._show_schema,
            "/history": lambda _: terminal.show("\n".join(self.history())),
            "/diff": lambda _: terminal.show(shown.change_lines(self._changes)),
            "/undo": lambda _: self._undo(),
            "/task": lambda _: self._show_task(),
        }

    @property
    def _domain(self) -> Domain:
        return self.env.domain

    def history(self) -> list[str]:
        """The conversation so far as this seat sees it."""
        raise NotImplementedError

    def tell_answers(self, answers: Sequence[Message]) -> None:
        """Shows what the environment answered, as far as this seat sees it."""
        raise NotImplementedError

    def take_back(self) -> bool:
        """Goes back to before the person's last turn; False when there is none."""
        raise NotImplementedError

    def obey(self, line: str) -> None:
        """Does what a line that opens with "/" asks for, or says why it cannot be done."""
        name, _, rest = line.partition(" ")
        try:
            if name not in self._commands:
                raise UnknownNameError("command", name, (*self._commands, "/quit"))
            self._commands[name](rest.strip())
        except ValueError as error:  # Every mistake in a line has its sentence.
            self.terminal.show(str(error))

    def step(self, turn: str | ParsedMessage) -> StepResult:
        """The environment's answer; tells what the turn changed and earned."""
        result = self.env.step(turn)
        self.tell_answers(result.messages)
        self._tell_changes()
        if earned := shown.reward_line(result.info["components"]):
            self.terminal.show(earned)
        return result

    def _tell_changes(self) -> None:
        before, self._changes = self._changes, shown.changes(self.env.diff())
        if news := shown.new_changes(before, self._changes):
            self.terminal.show(news)

    def _undo(self) -> None:
        if not self.take_back():
            raise ValueError("There is no turn to take back.")
        self._changes = shown.changes(self.env.diff())
        self.terminal.show("Your last turn is taken back.")

    def _show_schema(self, name: str) -> None:
        if not name:
            raise ValueError("Name a tool: /schema TOOL")
        self.terminal.show(shown.schema_text(self._domain.tool(name)))

    def _show_task(self) -> None:
        if not self._spoilers:
            raise ValueError("The task holds the answer; start with --spoilers to see it.")
        self.terminal.show(shown.task_text(self.env.task))
