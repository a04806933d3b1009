"""The system prompt of an adapted benchmark: its own policy, and how to call its tools.

Place in the flow: an adapter's `build` calls `adapted_prompt`. With native tool calls the policy
alone is what the benchmark itself shows to a model.

What it does not do: no worked example; the benchmark's data holds no shop that is reserved for one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import prompts
from agent_env.domain import Example
from agent_env.errors import UnknownNameError
from agent_env.tool_spec import ToolSpec
from parsers import render

PROMPTS = ("text", "native")


def adapted_prompt(
    kind: str, policy: str, tools: Sequence[ToolSpec], wire_format: str
) -> tuple[str, tuple[Example, ...]]:
    """The prompt, and the call that it shows.

    Args:
        kind: "text" for calls written as text, "native" for the policy as it stands.
        policy: The benchmark's own.
        tools: What is offered.
        wire_format: How the example is written; a format of `parsers.render`.

    Raises:
        UnknownNameError: No such kind.
    """
    if kind not in PROMPTS:
        raise UnknownNameError("prompt of an adapted domain", kind, PROMPTS)
    if kind == "native":
        return policy, ()
    spec = min(tools, key=_difficulty)
    call = (spec.name, dict.fromkeys(spec.parameters.get("required", ()), "..."))
    example = Example(text=render([call], format=wire_format), call=call)
    schemas = "\n".join(json.dumps(one.to_openai()["function"]) for one in tools)
    text = prompts.render(
        "system", "adapted", policy=policy.strip(), schemas=schemas, example=example.text
    )
    return text, (example,)


def _difficulty(spec: ToolSpec) -> tuple[bool, bool, int]:
    """Least for a tool that takes exactly one free text: "..." is a fitting value for it."""
    properties: Mapping[str, Mapping[str, object]] = spec.parameters.get("properties", {})
    free = all(one.get("type") == "string" and "enum" not in one for one in properties.values())
    return not free, spec.effect.value != "read", abs(len(properties) - 1)
