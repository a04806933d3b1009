"""A tool is a function: its signature is the schema, its docstring is what the model reads.

Place in the flow: `@tool` marks a function in a domain's `tools/` folder and makes a `ToolSpec` of
it; prompts and parser get its schema, the environment checks arguments against the schema and calls
it.

A tool takes the episode's state first and its arguments by name, and returns JSON data. It raises
`ToolError` for what the model is meant to read. The docstring is Google style: the text before
`Args:` is the description, and every argument needs a line. Types: str, int, float, bool, `Literal`
of strings, lists of these; a default makes an argument optional.

What it does not do: no dispatch, no wording of errors (`prompts/turn/`), no state.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

from agent_env.types import Effect

_SCALARS: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}
_ARG_LINE = re.compile(r"^    (\w+):\s+(.*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """One tool that a model can call.

    Attributes:
        name: What the model calls it.
        description: What the model reads about it.
        parameters: JSON Schema of its arguments.
        effect: What it does beside answering.
        function: Called with the episode's state and the arguments by name.
        foreign: Whether it is another project's tool, which is run by that project's rules: what it
            wrote before a refusal stays, and the refusal is told in its own words.
        needs_yes: Whether the customer is asked before it writes; noting who the customer is needs
            no yes.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    effect: Effect
    function: Callable[..., Any]
    foreign: bool = False
    needs_yes: bool = True

    def call(self, state: Any, arguments: Mapping[str, Any]) -> Any:
        """What the tool answers, as JSON data; the arguments must fit the schema.

        Raises:
            ToolError: The tool refuses, for a reason that the model is meant to read.
        """
        return self.function(state, **arguments)

    def signature(self) -> str:
        """The tool in one line, such as "cancel_order(order_id, reason)"."""
        return f"{self.name}({', '.join(self.parameters['properties'])})"

    def to_openai(self) -> dict[str, Any]:
        """The tool as OpenAI describes a function."""
        function = {
            "name": self.name,
            "description": self.description,
            "parameters": dict(self.parameters),
        }
        return {"type": "function", "function": function}


def tool(effect: Effect, *, needs_yes: bool = True) -> Callable[[Callable[..., Any]], ToolSpec]:
    """Makes a `ToolSpec` of the decorated function.

    Args:
        effect: What the tool does beside answering.
        needs_yes: See `ToolSpec`.

    Raises:
        TypeError: The function's signature or docstring cannot be read as a schema; the message
            says where.
    """

    def make(function: Callable[..., Any]) -> ToolSpec:
        name = function.__name__
        description, about = _read_docstring(name, inspect.getdoc(function) or "")
        hints = get_type_hints(function)
        state, *parameters = inspect.signature(function).parameters.values()
        about.pop(state.name, None)  # The model never passes the store, so it never reads about it.
        if about.keys() != {parameter.name for parameter in parameters}:
            raise TypeError(
                f"Tool {name}: the docstring describes {sorted(about)}, "
                "the signature says otherwise."
            )
        properties = {
            parameter.name: {
                **_schema_of(name, hints[parameter.name]),
                "description": about[parameter.name],
            }
            for parameter in parameters
        }
        required = [
            parameter.name
            for parameter in parameters
            if parameter.default is inspect.Parameter.empty
        ]
        schema = {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }
        return ToolSpec(
            name=name,
            description=description,
            parameters=schema,
            effect=effect,
            function=function,
            needs_yes=needs_yes,
        )

    return make


def _schema_of(tool_name: str, hint: Any) -> dict[str, Any]:
    if hint in _SCALARS:
        return {"type": _SCALARS[hint]}
    if get_origin(hint) is Literal and all(isinstance(value, str) for value in get_args(hint)):
        return {"type": "string", "enum": list(get_args(hint))}
    if get_origin(hint) is list:
        return {"type": "array", "items": _schema_of(tool_name, get_args(hint)[0])}
    raise TypeError(
        f"Tool {tool_name}: {hint!r} has no JSON Schema here; "
        "use str, int, float, bool, Literal or list."
    )


def _read_docstring(tool_name: str, text: str) -> tuple[str, dict[str, str]]:
    """The description, and the line of each argument."""
    description, _, rest = text.partition("\nArgs:\n")
    description = " ".join(description.split())
    if not description:
        raise TypeError(f"Tool {tool_name}: the docstring is what the model reads; write one.")
    about: dict[str, str] = {}
    for line in rest.split("\n\n", 1)[0].splitlines():
        match = _ARG_LINE.match(line)
        if match is None:
            raise TypeError(
                f"Tool {tool_name}: {line!r} under Args: is not 'name: description' on one line."
            )
        about[match.group(1)] = match.group(2).strip()
    return description, about
