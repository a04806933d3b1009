"""Dialogues of an agent that knows its job and cannot write a call.

Place in the flow: tasks and their oracle -> dialogues -> tokenizer and warm start. Every
observation in them comes from the real environment. The wrong calls are what real models wrote in
agents whose calls were lost: cut-off calls, calls left in an unfinished thought, an invented tool,
arguments that are no JSON, a call after an invented customer turn, an empty fence. No parser may
accept any of them, so the layered parser does not hide them and only training can mend them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent_env import Domain, Limits, Task, ToolEnv
from parsers import ParseStatus, parse, render

Call = tuple[str, Mapping[str, Any]]
"""Tool name and arguments."""

Style = Callable[[Call], str]
"""A way to write a call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """Messages of one episode and the task they are about."""

    messages: tuple[dict[str, str], ...]
    task: Task


def right(call: Call) -> str:
    """The call in the format that the system prompt shows."""
    return render([call], format="hermes")


def cut_off(call: Call) -> str:
    """Spread over lines, and out of room inside the last argument's value.

    The indentation sets it apart from the right format at its first token. Were it a right call
    that merely ends early, the model would finish some of them, and begin better than it should.
    """
    name, arguments = call
    payload = json.dumps({"name": name, "arguments": arguments}, indent=1)
    return "<tool_call>\n" + payload[: payload.rindex('"')]


def unfinished_thought(call: Call) -> str:
    """A complete call inside a thought that never ends."""
    return "<think>\n" + _payload(call)


def invented_tool(call: Call) -> str:
    """The right arguments for a tool that nobody offered."""
    name, arguments = call
    return render([(f"try_{name}", arguments)], format="hermes")


def no_json(call: Call) -> str:
    """Arguments written as prose where JSON belongs."""
    name, arguments = call
    said = ", ".join(f"{key} is {value}" for key, value in arguments.items())
    return f'<tool_call>\n{{"name": "{name}", "arguments": {{{said}}}}}\n</tool_call>'


def invented_turn(call: Call) -> str:
    """Speaks as the customer first, then calls."""
    return "\nUser: yes\n" + right(call)


def empty_fence(call: Call) -> str:
    """A fence with nothing in it."""
    return "```json\n```"


WRONG: tuple[Style, ...] = (
    cut_off,
    unfinished_thought,
    invented_tool,
    no_json,
    invented_turn,
    empty_fence,
)


def build_corpus(
    domain: Domain,
    tasks: Sequence[Task],
    *,
    seed: int,
    right_share: float,
    kept_share: float,
    accepted_share: float,
    max_turns: int,
) -> list[Dialogue]:
    """One dialogue per task.

    Every dialogue has one wrong style. A call is in the right format with probability
    ``right_share`` when it is the first or follows a wrong one, and with ``kept_share`` when it
    follows a right one: the format is there to be found, and no more than that.

    Args:
        domain: Gives tools, oracle and environment.
        tasks: One dialogue each.
        seed: Of the choices of style.
        right_share: Chance that a call is right at first or after a wrong one.
        kept_share: Chance that the next call is right after a right one.
        accepted_share: Share of the dialogues in which wrong calls go on as if they had been
            accepted. They teach the job (which call, which arguments, what to tell) in the wrong
            format; in the others a wrong call meets the environment's correction.
        max_turns: Assistant turns per episode.

    Raises:
        ValueError: A wrong style is accepted by the parser, or the right one is not.
    """
    rng = random.Random(seed)
    check_styles(domain, tasks[0])
    dialogues = []
    for task in tasks:
        style = rng.choice(WRONG)
        # An empty fence names no tool and no argument, so no one could go on from it.
        accepted = style is not empty_fence and rng.random() < accepted_share

        styles = _styles(rng, style, right_share, kept_share)
        dialogues.append(_dialogue(domain, task, styles, accepted=accepted, max_turns=max_turns))
    return dialogues


def oracle_script(domain: Domain, task: Task) -> tuple[list[Call], str]:
    """The oracle's calls in order, and what it tells the customer at the end."""
    actions = domain.oracle(task)
    calls = [action for action in actions if not isinstance(action, str)]
    farewell = " ".join(action for action in actions if isinstance(action, str))
    return list(calls), farewell


def check_styles(domain: Domain, task: Task) -> None:
    """Raises ValueError unless the parser reads the right style and loses every wrong one."""
    calls, _farewell = oracle_script(domain, task)
    for call in calls:
        if parse(right(call), domain.schemas).status is not ParseStatus.CALLS:
            raise ValueError(f"the right style is not a call: {right(call)!r}")
        for style in WRONG:
            parsed = parse(style(call), domain.schemas)
            if parsed.status is not ParseStatus.MALFORMED:
                raise ValueError(
                    f"{style.__name__} should be lost but reads as {parsed.status.value}: "
                    f"{style(call)!r}"
                )


def _payload(call: Call) -> str:
    name, arguments = call
    return json.dumps({"name": name, "arguments": arguments})


def _styles(
    rng: random.Random, wrong: Style, right_share: float, kept_share: float
) -> Iterator[Style]:
    """The style of the first call, the second, and so on without end."""
    share = right_share
    while True:
        is_right = rng.random() < share
        yield right if is_right else wrong
        share = kept_share if is_right else right_share


def _dialogue(
    domain: Domain, task: Task, styles: Iterator[Style], *, accepted: bool, max_turns: int
) -> Dialogue:
    """The oracle's episode with its calls in these styles.

    Args:
        domain: Gives oracle and environment.
        task: What the customer wants.
        styles: One for each call that is written.
        accepted: The environment is given the right call whatever was written.
        max_turns: Assistant turns.
    """
    env = ToolEnv(domain, task, limits=Limits(max_turns=max_turns))
    messages = env.reset()
    todo, farewell = oracle_script(domain, task)
    for _ in range(max_turns):
        text = next(styles)(todo[0]) if todo else farewell
        played = right(todo[0]) if todo and accepted else text
        result = env.step(played)
        messages.append({"role": "assistant", "content": text})
        if result.done:
            break
        messages += result.messages
        if todo and played == right(todo[0]):
            todo.pop(0)
    return Dialogue(messages=tuple(messages), task=task)
