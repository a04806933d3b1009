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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from types import MappingProxyType, ModuleType
from typing import Any

import prompts
from agent_env.adapters.checkout import find_checkout, import_modules
from agent_env.adapters.instruction_user import InstructionUser
from agent_env.adapters.prompt import adapted_prompt
from agent_env.adapters.rows import RowState, RowWorld
from agent_env.adapters.tau_bench_judge import StockJudge, customer_double
from agent_env.domain import Domain, Wording
from agent_env.errors import ToolError, UnknownNameError
from agent_env.store import thaw
from agent_env.tool_spec import ToolSpec
from agent_env.types import Action, Effect, FactRule, Goal, Task

DOMAINS = ("tau_bench_retail", "tau_bench_airline")
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
OUTPUTS = MappingProxyType({"token": FactRule.TOKEN, "upstream": FactRule.SUBSTRING})
ENDING = frozenset({"transfer_to_human_agents"})
"""Tools after which the conversation is over, as in the checkout's `env.py`."""
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
    wordings = {wording.value: wording for wording in Wording}
    for what, given, known in (
        (f"split of {name}", split, SPLITS[shop]),
        ("rule for outputs", outputs, OUTPUTS),
        ("feedback", feedback, wordings),
    ):
        if given not in known:
            raise UnknownNameError(what, given, known)
    folder = find_checkout(PROJECT, path, VARIABLE, (f"tau_bench/envs/{shop}/tools/__init__.py",))
    parts = _import(folder, shop, SPLITS[shop][split][0], strict)
    world = RowWorld(parts["data"].load_data())
    tools = tuple(_spec(tool, strict) for tool in parts["tools"].ALL_TOOLS)
    book = TaskBook(
        name=name,
        split=split,
        raw=getattr(parts[SPLITS[shop][split][0]], SPLITS[shop][split][1]),
        world=world,
        tools={spec.name: spec for spec in tools},
        fact_rule=OUTPUTS[outputs],
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
        wording=wordings[feedback],
        user=InstructionUser(),
        derive=book.derive,
        close=close,
        script=book.script,
        task_count=len(book.raw),
        audit=StockJudge(parts["base"], parts["data"], parts["tools"], book.raw)
        if strict
        else None,
    )


@dataclass(frozen=True, kw_only=True)
class TaskBook:
    """Makes our tasks of theirs.

    Attributes:
        name: The domain's.
        split: Which list it is.
        raw: Their tasks.
        world: Where their actions are replayed.
        tools: By name.
        fact_rule: How outputs are looked for.
        made: The tasks that were made, by their place in the list.
    """

    name: str
    split: str
    raw: Sequence[Any]
    world: RowWorld
    tools: Mapping[str, ToolSpec]
    fact_rule: FactRule
    made: dict[int, Task] = field(default_factory=dict)

    def derive(self, index: int, seed: int) -> Task:
        """Task number `index`; seed 0 keeps their order, any other shuffles it.

        Raises:
            ValueError: There is no such task.
        """
        if not 0 <= index < len(self.raw):
            raise ValueError(
                f"{self.name} has the tasks 0 to {len(self.raw) - 1} in its {self.split} split; "
                f"{index} is none of them."
            )
        place = _order(len(self.raw), seed)[index]
        if place not in self.made:
            self.made[place] = self._make(place)
        return self.made[place]

    def script(self, task: Task) -> tuple[Action, ...]:
        """Their actions, then a closing message, or the hand-over where they end with one."""
        calls = [(name, dict(given)) for name, given in task.gold_calls]
        over = [call for call in calls if call[0] in ENDING]
        work: list[Action] = [call for call in calls if call[0] not in ENDING]
        last: list[Action] = [over[-1]] if over and not task.facts else [close(task)]
        return tuple(work + last)

    def _make(self, place: int) -> Task:
        raw = self.raw[place]
        calls = tuple((one.name, one.kwargs) for one in raw.actions if one.name in self.tools)
        state = self.world.open()
        for name, given in calls:
            if name not in ENDING:
                _replay(self.tools[name], state, given)
        diff = thaw(state.diff())
        facts = {f"output_{number}": text for number, text in enumerate(raw.outputs, 1)}
        return Task(
            id=f"{self.name}-{self.split}-{place}",
            kind="instruction",
            domain=self.name,
            world=self.world.fingerprint,
            opening=raw.instruction,
            slots={},
            gold_calls=calls,
            gold_diff=diff,
            facts=facts,
            seed=place,
            goals=(Goal(kind="instruction", slots={}, wants=diff, facts=tuple(facts)),),
            instruction=raw.instruction,
            fact_rule=self.fact_rule,
        )


@cache
def _order(count: int, seed: int) -> tuple[int, ...]:
    places = range(count)
    return tuple(Random(seed).sample(places, count) if seed else places)


def close(task: Task) -> str:
    """The oracle's closing message, which tells every output."""
    return prompts.render("agent", "instruction_closing", facts=" | ".join(task.facts.values()))


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


def _replay(spec: ToolSpec, state: RowState, given: Mapping[str, Any]) -> None:
    try:
        spec.call(state, given)
    except ToolError:
        return  # Some of their actions fail; the state is what the tool left, as in their scoring.
