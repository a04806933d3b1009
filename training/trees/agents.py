"""Several agents that share a policy: the role of each, and one turn made of all their words.

Place in the flow: ``training/trees/generator.py`` gives every agent a conversation of its own,
samples all of them at once, and tells the environment one joint turn. How that is made depends on
what a turn of the domain is:

    code (``kernels``, ``code``)   one program: the others' answers, then the last agent's. The
                                   extractor joins blocks that need each other.
    all other domains              the last agent's turn as it wrote it, behind a thought that
                                   holds the others' words as notes. A thought is no call and
                                   reaches no customer, so the others can advise and not act.

All agents write at the same time. What the others wrote reaches an agent's own conversation with
the next observation. With one agent nothing of this happens: its turn is the turn.
What this module does not do: sample, or keep conversations.
"""

from __future__ import annotations

from collections.abc import Sequence

import prompts
from agent_env.kernels.fences import find_blocks
from parsers import parse

CODE_DOMAINS = frozenset(("kernels", "code"))
"""Domains whose turns are programs."""

_FENCE = "```"


def role_of(domain: str, agent: int, agents: int) -> str:
    """What the system prompt of this agent ends with; "" for a lone one.

    Args:
        domain: Name of the domain.
        agent: Which agent, from 0; the last one acts, or writes the end of the program.
        agents: How many there are.
    """
    if agents == 1:
        return ""
    is_last, is_code = agent == agents - 1, domain in CODE_DOMAINS
    if is_last:
        name = "agent_role_main" if is_code else "agent_role_actor"
        return prompts.render("system", name, agents=str(agents))
    name = "agent_role_helper" if is_code else "agent_role_adviser"
    return prompts.render("system", name, number=str(agent + 1), agents=str(agents))


def joint_turn(domain: str, parts: Sequence[str]) -> str:
    """The turn that the environment is told.

    Args:
        domain: Name of the domain.
        parts: What each agent wrote, the last one's at the end; not empty.
    """
    *others, last = parts
    if not others:
        return last
    if domain in CODE_DOMAINS:
        answer = find_blocks(last).visible[0]  # a thought of the last one's stays in front
        return last[:answer] + "\n\n".join([*filter(None, map(_closed, others)), last[answer:]])
    notes = "\n".join(filter(None, map(quoted, others)))
    return f"<think>\n{notes}\n</think>\n{last}" if notes else last


def notes_for(agent: int, parts: Sequence[str]) -> str:
    """What an agent is shown of the turn's other parts; "" if they are empty or there are none."""
    return "\n".join(
        prompts.render("turn", "agent_notes", number=str(number + 1), words=words)
        for number, part in enumerate(parts)
        if number != agent and (words := quoted(part))
    )


def quoted(words: str) -> str:
    """The words as a quotation that opens and closes nothing: no tag, no token, no speaker's name.

    Every `<` is set apart from what follows, and every line begins as a quotation does.
    """
    return "\n".join(f"> {line}" for line in words.replace("<", "< ").splitlines() if line.strip())


def _closed(answer: str) -> str:
    """An answer without its thoughts and end tokens, with its last fence closed."""
    said = parse(answer).content.strip()
    marks = sum(line.lstrip().startswith(_FENCE) for line in said.split("\n"))
    return f"{said}\n{_FENCE}" if marks % 2 else said
