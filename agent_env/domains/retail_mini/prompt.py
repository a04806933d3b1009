"""Builds the retail system prompt: rules, tools and examples from the domain's own schemas.

Place in the flow: `build` in the package calls `build_prompt` once per domain. Every call that a
prompt shows is made by the oracle on the reserved shop, answered by the real tools and rendered by
`parsers.render`; so prompt, tools and parser cannot disagree.

What it does not do: no words of its own, they are in `prompts/system/`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

import prompts
from agent_env.domain import Example
from agent_env.domains.retail_mini.intents import INTENTS, close, make_task
from agent_env.domains.retail_mini.world import CITIES, REASONS, RESERVED, reserved
from agent_env.feedback import answer_text
from agent_env.store import Base, Store
from agent_env.tool_spec import ToolSpec
from agent_env.types import Call, Wording
from parsers import render


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltPrompt:
    """A system prompt and the calls it shows."""

    text: str
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What goes with a system prompt.

    Attributes:
        wording: How faults are told to the model, unless the caller chooses.
        offers_all: Whether every tool is offered, or only the ones that the kinds of task need.
    """

    wording: Wording
    offers_all: bool


STYLES: Mapping[str, Style] = {
    "retail_mini": Style(wording=Wording.FULL, offers_all=True),
    "retail_mini_compact": Style(wording=Wording.COMPACT, offers_all=False),
}


def build_prompt(
    name: str, tools: Mapping[str, ToolSpec], kinds: tuple[str, ...], wire_format: str
) -> BuiltPrompt:
    """The system prompt of that name for these tools and kinds of task.

    Args:
        name: One of STYLES.
        tools: What is offered, by name.
        kinds: Kinds of task; the full prompt works one example of each.
        wire_format: How calls are written; a format of `parsers.render`.
    """
    if name == "retail_mini_compact":
        return _compact(tools, wire_format)
    return _full(tools, kinds, wire_format)


def _compact(tools: Mapping[str, ToolSpec], wire_format: str) -> BuiltPrompt:
    example = _example(("get_order", {"order_id": next(iter(RESERVED))}), wire_format)
    signatures = ", ".join(spec.signature() for spec in tools.values())
    text = prompts.render(
        "system", "retail_mini_compact", signatures=signatures, example=example.text
    )
    return BuiltPrompt(text=text, examples=(example,))


def _full(tools: Mapping[str, ToolSpec], kinds: tuple[str, ...], wire_format: str) -> BuiltPrompt:
    worked = [_worked(kind, tools, wire_format) for kind in kinds]
    rules = prompts.render(
        "system",
        "retail_mini_rules",
        cancel_reasons=", ".join(f'"{reason}"' for reason in REASONS),
        cities=", ".join(CITIES),
    )
    text = prompts.render(
        "system",
        "retail_mini",
        rules=rules,
        schemas="\n".join(json.dumps(spec.to_openai()["function"]) for spec in tools.values()),
        examples="\n\n".join(one.text for one in worked),
    )
    return BuiltPrompt(
        text=text, examples=tuple(example for one in worked for example in one.examples)
    )


def _worked(kind: str, tools: Mapping[str, ToolSpec], wire_format: str) -> BuiltPrompt:
    """One task on the reserved shop, played by the oracle."""
    base = Base(reserved())
    order_id = next(key for key, status in RESERVED.items() if status == INTENTS[kind].status)
    task = make_task(base, tools, kind, order_id, Random(kind), task_id=f"example-{kind}")
    store = Store(base)
    answers = [answer_text(tools[name].call(store, given)) for name, given in task.gold_calls]
    lookup, write = (_example(call, wire_format) for call in task.gold_calls)
    text = prompts.render(
        "system",
        "retail_mini_example",
        request=task.opening,
        lookup=lookup.text,
        found=answers[0],
        write=write.text,
        written=answers[1],
        closing=close(task),
    )
    return BuiltPrompt(text=text, examples=(lookup, write))


def _example(call: Call, wire_format: str) -> Example:
    return Example(text=render([call], format=wire_format), call=call)
