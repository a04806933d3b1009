"""What an agent that writes kernels reads first: the rules, one example, and its task.

Place in the flow: `build` in the package makes the system prompt once; `opening` words each task,
from the task's own baseline. The example is a whole program, shown as an answer and, where the tool
is offered, as a call rendered by `parsers.render`; so prompt, tool and parser cannot disagree.

What it does not do: no words of its own, they are in `prompts/system` and `prompts/turn`.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import prompts
from agent_env.domain import Example
from agent_env.kernels.tasks import load_task
from agent_env.tool_spec import ToolSpec
from parsers import render

LANGUAGES: Mapping[str, str] = MappingProxyType(
    {
        "cpp": "C++ through `cpp(source)` of `agent_env.kernels.api`",
        "cuda": "CUDA C++ through `cuda(source)` of `agent_env.kernels.api`",
        "torch": "plain PyTorch",
        "triton": "Triton",
    }
)
"""What programs may be written in, as the compact prompt names it."""
PROMPTS = ("kernels", "kernels_compact")


def example_program(language: str) -> str:
    """The program that the system prompt shows; its task is none of ours."""
    return prompts.render("system", f"kernels_program_{language}")


def build_prompt(
    name: str,
    language: str,
    turns: int,
    tools: Sequence[ToolSpec],
    wire_format: str,
    *,
    timed: bool = True,
) -> tuple[str, tuple[Example, ...]]:
    """The system prompt and the calls that it shows.

    Args:
        name: One of PROMPTS.
        language: One of LANGUAGES.
        turns: How many turns an episode has.
        tools: What is offered; the compact prompt does not describe it.
        wire_format: How calls are written; a format of `parsers.render`.
        timed: Whether right programs are timed, and paid for speed.
    """
    if name == "kernels_compact":
        said = prompts.render(
            "system", "kernels_compact", language=LANGUAGES[language], turns=str(turns)
        )
        return said, ()
    program = example_program(language)
    examples = tuple(
        Example(text=render([call], format=wire_format), call=call)
        for call in ((spec.name, {"code": program, "timing": True}) for spec in tools)
    )
    told = [
        prompts.render(
            "system",
            "kernels_tool",
            schema=json.dumps(spec.to_openai()["function"]),
            call=example.text,
        )
        for spec, example in zip(tools, examples, strict=True)
    ]
    text = prompts.render(
        "system",
        "kernels",
        rules=prompts.render("system", f"kernels_rules_{language}"),
        turns=str(turns),
        pay=prompts.render("system", "kernels_pay_timed" if timed else "kernels_pay_untimed"),
        tool="\n".join(told),
        example=prompts.render("system", "kernels_example", program=program),
    )
    return text, examples


def opening(task_name: str, device: str, *, compact: bool) -> str:
    """The first user message of a task."""
    task = load_task(task_name, device)
    if compact:
        arguments = list(inspect.signature(task.model.forward).parameters)[1:]
        return prompts.render(
            "turn", "kernel_task_compact", about=task.about, arguments=", ".join(arguments)
        )
    sizes = ", ".join(f"{name}={size}" for name, size in task.shapes[0].items())
    return prompts.render(
        "turn", "kernel_task", about=task.about, source=task.source.strip(), timed=sizes
    )
