"""A person plays the agent, one line a turn.

Place in the flow: `python -m agent_env play`; it drives the same `ToolEnv` that training drives, so
what a person sees is what a model sees.

What it does not do: it neither hints nor forgives; what is typed is parsed like a model's text.
"""

from __future__ import annotations

import json
from typing import TextIO

from agent_env.domain import Domain
from agent_env.env import ToolEnv
from agent_env.types import Limits, Task
from parsers import render

HELP = """\
Type a message to the customer, or a call as a model writes it. Shorthands:
  /call TOOL NAME=VALUE ...   writes the call for you; VALUE is text, or JSON
  /tools   what can be called       /diff   what you changed
  /prompt  the system prompt        /quit   leave"""


def play(domain: Domain, task: Task, max_turns: int, lines: TextIO, out: TextIO) -> None:
    """Plays one episode until it is over, the lines end, or the person leaves.

    Args:
        domain: The world.
        task: The job.
        max_turns: Turns the person has; commands that only show something are none.
        lines: What the person types.
        out: What the person reads.
    """
    env = ToolEnv(domain, task, limits=Limits(max_turns=max_turns))
    opening = env.reset()[-1]
    print(HELP, file=out)
    print(f"\ncustomer> {opening['content']}", file=out)
    while not env.done:
        print("agent> ", end="", file=out, flush=True)
        line = lines.readline()
        if not line or line.strip() == "/quit":
            break
        text = _expand(line.strip(), env, out)
        if text is not None:
            _take_turn(env, text, out)
    _show_end(env, out)


def _take_turn(env: ToolEnv, text: str, out: TextIO) -> None:
    result = env.step(text)
    for message in result.messages:
        speaker = "customer" if message["role"] == "user" else message["role"]
        print(f"{speaker}> {message['content']}", file=out)
    earned = ", ".join(
        f"{name} {value:+.2f}" for name, value in result.info["components"].items() if value
    )
    if earned:
        print(f"  reward: {earned}", file=out)


def _expand(line: str, env: ToolEnv, out: TextIO) -> str | None:
    """The text of a turn; None when the line only asked to be shown something."""
    command, _, rest = line.partition(" ")
    if command == "/call":
        name, *pairs = _split(rest)
        return render([(name, dict(map(_argument, pairs)))])
    if not command.startswith("/"):
        return line
    shown = {
        "/tools": "\n".join(f"{spec.signature()}  {spec.description}" for spec in env.domain.tools),
        "/diff": json.dumps(env.diff(), indent=2),
        "/prompt": env.domain.system_prompt,
    }
    print(shown.get(command, HELP), file=out)
    return None


def _split(rest: str) -> list[str]:
    """Words, where a word without "=" after the first continues the value before it."""
    words: list[str] = []
    for word in rest.split():
        if "=" in word or len(words) < 2:
            words.append(word)
        else:
            words[-1] += f" {word}"
    return words or [""]


def _argument(pair: str) -> tuple[str, object]:
    name, _, value = pair.partition("=")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _show_end(env: ToolEnv, out: TextIO) -> None:
    counts = env.metrics()
    if env.infra_error is not None:
        print(f"The environment failed: {env.infra_error['message']}", file=out)
        return
    verdict = "solved" if counts["reward/success"] else "not solved"
    why = env.stop_reason.value if env.stop_reason else "left"
    print(f"\n{verdict} ({why}), reward {counts['reward/total']:+.2f}", file=out)
