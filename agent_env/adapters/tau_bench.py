"""tau-bench's retail and airline tasks, run from a checkout of sierra-research/tau-bench.

Place in the flow: `load_domain("tau_bench_retail", path=...)` calls `build`. Tools, tasks, data and
policy are imported from the checkout and run unmodified on a `RowState`, which costs microseconds
where a deep copy costs milliseconds.

As there: a tool's exception is told as "Error: ...", and what the tool wrote before it stays; the
state is compared with that of replaying the task's actions, those that end the conversation left
out; a number and its float are different values. Other than there: arguments that do not fit a
tool's schema are answered and not run, an episode that used up its turns is scored too, and facts
are looked for as tokens unless `outputs="upstream"`.

What it does not do: nothing of the checkout that talks to models is imported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from agent_env.adapters.book import (
    ENDING,
    LIMITS,
    OUTPUTS,
    WORDINGS,
    TaskBook,
    check_options,
    close,
    replay,
    script,
)
from agent_env.adapters.checkout import find_checkout, import_modules
from agent_env.adapters.instruction_user import InstructionUser
from agent_env.adapters.prompt import adapted_prompt
from agent_env.adapters.rows import RowState, RowWorld
from agent_env.adapters.tau_bench_judge import StockJudge, customer_double
from agent_env.domain import Domain
from agent_env.errors import ToolError, UnknownNameError
from agent_env.store import thaw
from agent_env.tool_spec import ToolSpec
from agent_env.types import Effect, FactRule, Task

DOMAINS = ("tau_bench_retail", "tau_bench_airline")
NATIVE_PROMPT = "native"
PROJECT = "tau-bench (github.com/sierra-research/tau-bench)"
VARIABLE = "TAU_BENCH_PATH"
SPLITS: Mapping[str, Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "retail": {
            "test": ("tasks_test", "TASKS_TEST"),
            "train": ("tasks_train", "TASKS_TRAIN"),
            "dev": ("tasks_dev", "TASKS_DEV"),
        },
        "airline": {"test": ("tasks_test", "TASKS")},
    }
)
"""Module and name of each list of tasks, as in the checkout's `env.py` of 59a200c."""
_NO_POWERS = "Error: powers are not calculated here"
"""Their `calculate` evaluates Python, in which nine signs (9**9**9**9) stop a process for good."""
_READS = re.compile(r"(?:get|find|list|search|calculate|think)(?:_|\Z)")


def build(
    name: str,
    path: str | None = None,
    split: str = "test",
    outputs: str = "token",
    prompt: str = "text",
    strict: bool = False,
    feedback: str = "full",
    wire_format: str = "hermes",
) -> Domain:
    """The domain of that name.

    Args:
        name: One of DOMAINS.
        path: The checkout; None takes the environment variable TAU_BENCH_PATH.
        split: "test", or for retail "train" or "dev".
        outputs: How a task's outputs are looked for in what the customer was told: "token", or
            "upstream" for tau-bench's own rule, to which "100" tells "10".
        prompt: "text" is policy, schemas and how to call; "native" the policy alone.
        strict: Whether each episode's verdict on the state is checked against tau-bench's own
            hash; costs about 0.2 s an episode.
        feedback: "full" or "compact" wording of faults.
        wire_format: How the prompt's example is written; a format of `parsers.render`.

    Raises:
        CheckoutError: No checkout of tau-bench is there, or it cannot be imported.
        UnknownNameError: No such split, outputs, prompt or feedback.
    """
    options = {
        "path": path,
        "split": split,
        "outputs": outputs,
        "prompt": prompt,
        "strict": strict,
        "feedback": feedback,
        "wire_format": wire_format,
    }
    shop = name.removeprefix("tau_bench_")
    check_options(outputs, feedback)
    if split not in SPLITS[shop]:
        raise UnknownNameError(f"split of {name}", split, SPLITS[shop])
    folder = find_checkout(PROJECT, path, VARIABLE, (f"tau_bench/envs/{shop}/tools/__init__.py",))
    parts = _import(folder, shop, SPLITS[shop][split][0], strict)
    world = RowWorld(parts["data"].load_data())
    tools = tuple(_spec(tool, strict) for tool in parts["tools"].ALL_TOOLS)
    raw = getattr(parts[SPLITS[shop][split][0]], SPLITS[shop][split][1])
    by_name = {spec.name: spec for spec in tools}
    book = TaskBook(
        name=name,
        split=split,
        count=len(raw),
        make=lambda place: _make_task(book, place, raw[place], world, by_name, OUTPUTS[outputs]),
    )
    text, examples = adapted_prompt(prompt, parts["wiki"].WIKI, tools, wire_format)
    return Domain(
        name=name,
        options=options,
        base=world,
        tools=tools,
        schemas=[spec.to_openai() for spec in tools],
        system_prompt=text,
        examples=examples,
        wording=WORDINGS[feedback],
        user=InstructionUser(),
        derive=book.derive,
        close=close,
        limits=LIMITS,
        script=script,
        task_count=book.count,
        audit=StockJudge(parts["base"], parts["data"], parts["tools"], raw) if strict else None,
    )


def _make_task(
    book: TaskBook,
    place: int,
    raw: Any,
    world: RowWorld,
    tools: Mapping[str, ToolSpec],
    rule: FactRule,
) -> Task:
    calls = tuple((one.name, one.kwargs) for one in raw.actions if one.name in tools)
    state = world.open()
    for name, given in calls:
        if name not in ENDING:
            replay(tools[name], state, given)
    return book.task(
        place,
        world.fingerprint,
        (raw.instruction, raw.instruction),
        (calls, state.diff()),
        (raw.outputs, rule),
    )


def _import(folder: Path, shop: str, tasks: str, strict: bool) -> dict[str, ModuleType]:
    home = f"tau_bench.envs.{shop}"
    names = [f"{home}.{part}" for part in ("tools", "data", "wiki", tasks)]
    found = import_modules(
        PROJECT,
        folder,
        ("tau_bench", "tau_bench.envs", home),
        [*names, "tau_bench.envs.base"] if strict else names,
        {"tau_bench.envs.user": customer_double()} if strict else None,
    )
    return {name.rpartition(".")[2]: module for name, module in found.items()}


def _spec(tool: Any, strict: bool) -> ToolSpec:
    info = tool.get_info()["function"]
    name = info["name"]
    reads = _READS.match(name) is not None
    effect = Effect.HANDOVER if name in ENDING else Effect.READ if reads else Effect.WRITE
    run = _runner(tool.invoke, shares_rows=reads and not strict)
    return ToolSpec(
        name=name,
        description=info["description"],
        parameters=info["parameters"],
        effect=effect,
        function=_checked(name, run) if reads and strict else run,
        foreign=True,
    )


def _runner(invoke: Callable[..., str], shares_rows: bool) -> Callable[..., str]:
    """Their function as one of a state and arguments, failing as their environment tells it."""

    def run(state: RowState, /, **arguments: Any) -> str:
        if "**" in str(arguments.get("expression")):
            raise ToolError(_NO_POWERS)
        if shares_rows:
            tables, given = state.reading(), arguments
        else:
            # Their tools put what they are given into the tables and change it there later.
            tables, given = state.writing(), thaw(arguments)
        try:
            answer = invoke(data=tables, **given)
        except Exception as error:  # Their environment tells any exception of a tool to the model.
            answer = f"Error: {error}"
        if answer.startswith("Error"):
            raise ToolError(answer)
        return answer

    return run


def _checked(name: str, run: Callable[..., str]) -> Callable[..., str]:
    def run_checked(state: RowState, /, **arguments: Any) -> str:
        before = state.state_hash()
        try:
            return run(state, **arguments)
        finally:
            if state.state_hash() != before:
                raise RuntimeError(
                    f"{name} is taken to only read, by its name, but it changed the tables; "
                    "scores without strict are not to be trusted with this checkout."
                )

    return run_checked
