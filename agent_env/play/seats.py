"""The agent's seat and the customer's.

Place in the flow: `command` makes one and calls `play`, which returns when the episode is over, the
lines end, or the person leaves.

What it does not do: no forgiving; what an agent types is read like a model's text.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent_env.customers.user import Situation, UserReply
from agent_env.env import ToolEnv
from agent_env.play import shown
from agent_env.play.others import Other
from agent_env.play.seat import Seat
from agent_env.play.terminal import Terminal
from agent_env.play.typed import read_call
from agent_env.types import Message, Task
from parsers import ParsedMessage, ParseStatus, parse, render

_BOTH = """\
  /tools   what can be called        /schema TOOL   one tool in full
  /history the conversation          /diff   what was changed
  /undo    take your last turn back  /task   the answer (with --spoilers)
  /help    this                      /quit   leave"""


class AgentSeat(Seat):
    """The person serves the customer."""

    intro = f"""\
You are the agent. Type a message to the customer, or a call as a model writes it, or
  /call TOOL NAME=VALUE ...   writes the call; quotes are needed only where a value holds NAME=
{_BOTH}
  /prompt  the system prompt"""

    def __init__(self, env: ToolEnv, terminal: Terminal, spoilers: bool) -> None:
        """As `Seat`."""
        super().__init__(env, terminal, spoilers)
        self._earlier: list[ToolEnv] = []
        self._commands |= {
            "/prompt": lambda _: terminal.show(self.env.domain.system_prompt),
            "/call": lambda line: self._take_turn(render([read_call(line, self.env.domain)])),
        }

    def play(self) -> None:
        """Plays until it is over."""
        opening = self.env.reset()[-1]
        self.terminal.show(f"{self.intro}\n\n{shown.message_line(opening)}")
        while not self.env.done:
            line = self.terminal.ask("agent> ")
            if line is None or line == "/quit":
                break
            if line.startswith("/"):
                self.obey(line)
            else:
                self._take_turn(line)
        self.terminal.show(shown.end_line(self.env))

    def history(self) -> list[str]:
        """What a model would have before it, without the system prompt."""
        return [shown.message_line(message) for message in self.env.messages[1:]]

    def tell_answers(self, answers: Sequence[Message]) -> None:
        """Shows all of them: an agent reads both the tools and the customer."""
        for answer in answers:
            self.terminal.show(shown.message_line(answer))

    def take_back(self) -> bool:
        """Goes back to before the last turn."""
        if not self._earlier:
            return False
        self.env = self._earlier.pop()
        return True

    def _take_turn(self, text: str) -> None:
        self._earlier.append(self.env.fork())
        self.step(text)


class PreparedUser:
    """A customer whose next words are there before it is asked.

    Attributes:
        words: What it says next.
    """

    def __init__(self) -> None:
        """Has nothing to say yet."""
        self.words = UserReply(text="")

    def open(self, task: Task) -> UserReply:
        """What was prepared."""
        return self.words

    def reply(self, situation: Situation) -> UserReply:
        """What was prepared."""
        return self.words


class CustomerSeat(Seat):
    """The person wants something from an agent."""

    intro = f"""\
You are the customer. Type what you say to the agent, or
  /done [WORDS]   leave, because you have what you came for
  /wish    what you want and know
{_BOTH}"""

    def __init__(
        self, env: ToolEnv, terminal: Terminal, spoilers: bool, user: PreparedUser, agent: Other
    ) -> None:
        """As `Seat`.

        Args:
            env: Its customer is `user`.
            terminal: Where the person types and reads.
            spoilers: Whether `/task` shows the task with its answer.
            user: Says what the person typed.
            agent: Who serves the person.
        """
        super().__init__(env, terminal, spoilers)
        self._user, self._agent = user, agent
        # Each stands where the agent has just said something to the person.
        self._earlier: list[tuple[ToolEnv, Other, ParsedMessage]] = []
        self._heard: ParsedMessage | None = None
        self._commands["/wish"] = lambda _: terminal.show(shown.wish_text(self.env.task))

    def play(self) -> None:
        """Plays until it is over.

        Raises:
            EnvError: The model that plays the agent does not answer.
        """
        task = self.env.task
        self.terminal.show(f"{self.intro}\n\nYou want:\n{shown.wish_text(task)}\n")
        opening = self._ask()
        if opening is not None:
            self._user.words = opening
            self.env.reset()
        while opening is not None and not self.env.done and self._serve():
            pass
        self.terminal.show(shown.end_line(self.env))

    def history(self) -> list[str]:
        """What was said, and that the agent called its tools."""
        said = list(shown.conversation(self.env.messages[1:], self.env.domain))
        return said + ([shown.turn_line(self._heard)] if self._heard else [])

    def tell_answers(self, answers: Sequence[Message]) -> None:
        """Shows none: a customer sees no tools, and knows its own words."""

    def take_back(self) -> bool:
        """Goes back to the agent's message before the one that waits for an answer."""
        if not self._earlier:
            return False
        self.env, self._agent, self._heard = self._earlier.pop()
        self.terminal.show(shown.turn_line(self._heard))
        return True

    def _serve(self) -> bool:
        """One turn of the agent; False when the person leaves instead of answering it."""
        text = self._agent.write(self.env.messages)
        turn = parse(text, self.env.domain.schemas)
        self.terminal.show(shown.turn_line(turn))
        if turn.status is ParseStatus.MESSAGE:
            self._heard = turn
            words = self._ask()
            if words is None:
                return False
            turn = self._heard  # Another one after `/undo`.
            self._earlier.append((self.env.fork(), self._agent.fork(), turn))
            self._heard, self._user.words = None, words
        self._agent.hear(self.step(turn).messages, turn)
        return True

    def _ask(self) -> UserReply | None:
        """What the person says; None when it leaves without a word."""
        while True:
            line = self.terminal.ask("customer> ")
            if line is None or line == "/quit":
                return None
            command, _, words = line.partition(" ")
            if command == "/done" and self.env.messages:
                return UserReply(text=words.strip() or "Thank you, goodbye.", done=True)
            if not line.startswith("/"):
                return UserReply(text=line)
            self.obey(line)
