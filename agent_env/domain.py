"""What a domain is, and how one is found by name.

Place in the flow: `load_domain("retail", ...)` imports `agent_env/domains/retail` and calls its
`build(...)`, which returns a `Domain`: a frozen base store, tools, a system prompt, a source of
tasks and a customer. The folder is the registry: a package under `agent_env/domains/` that has a
`build` is a domain. Modules of `agent_env/adapters/` that have `DOMAINS` and a `build(name, ...)`
run those of other projects, from the user's own checkout.

What it does not do: no episodes (`env`), no scoring (`goal`, `rewards`), nothing imported until
named.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from types import ModuleType, NoneType, UnionType
from typing import TYPE_CHECKING, Any, get_args, get_origin

from agent_env.customers.user import User
from agent_env.errors import UnknownNameError
from agent_env.referee import Rate, Referee
from agent_env.tool_spec import ToolSpec
from agent_env.types import Action, Call, Effect, Limits, Task, Wording
from agent_env.world import State, World

if TYPE_CHECKING:
    from agent_env.external.attempt import Attempt
    from agent_env.external.feedback import Told

_EXPECTED = {
    int: "a whole number",
    str: "a text",
    bool: "true or false",
    NoneType: "null",
}
"""How the types of options are called; a bool counts as no number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A call as the system prompt shows it.

    Attributes:
        text: The rendered call, exactly as it stands in the prompt.
        call: What it must parse back to.
    """

    text: str
    call: Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """One world with its rules; shared by every episode of a process and never changed.

    Attributes:
        name: The name it is loaded by.
        options: Every option of `build`, defaults included; `load_domain(name, **options)` gives
            this domain again.
        base: What episodes start from.
        tools: What the agent may call.
        schemas: The tools as OpenAI function schemas. One list, shared: treat it as read-only.
        system_prompt: The first message of every episode.
        examples: The calls that the system prompt shows.
        wording: How faults are told to the model.
        user: The customer that episodes use when given none; stateless.
        derive: Makes task number `index` of a seed.
        close: The oracle's closing message for a task.
        limits: What an episode gets that is given none: enough for a good agent.
        script: What a perfect agent does, a turn each, or nothing where that is not known; None is
            the gold calls and the closing.
        task_count: How many tasks there are; None when they never end.
        start: Opens the state in which a task begins; None opens what all episodes start from.
        judge: Whether a state is as a task wants it; None compares its diff with the gold's.
        audit: Called when an episode ends, with its task, its state and whether the state was found
            as wanted; raises when another judge disagrees, which ends it as `infra_error`.
        needs_consent: Whether a write that the customer had not agreed to spoils the outcome.
        referee: Who judges every turn, in place of a customer and a gold diff; None without one.
        corrective: Words turns of which nothing could be made; None words them by `wording`.
    """

    name: str
    options: Mapping[str, Any]
    base: World
    tools: tuple[ToolSpec, ...]
    schemas: list[dict[str, Any]]
    system_prompt: str
    examples: tuple[Example, ...]
    wording: Wording
    user: User
    derive: Callable[[int, int], Task]
    close: Callable[[Task], str]
    limits: Limits = field(default_factory=Limits)
    script: Callable[[Task], tuple[Action, ...]] | None = None
    task_count: int | None = None
    start: Callable[[Task], State] | None = None
    judge: Callable[[Task, Any], bool] | None = None
    audit: Callable[[Task, Any, bool], None] | None = None
    needs_consent: bool = False
    referee: Referee | None = None
    corrective: Callable[[Attempt], Told] | None = None
    _by_name: Mapping[str, ToolSpec] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Lays the tools out by name."""
        object.__setattr__(self, "_by_name", {spec.name: spec for spec in self.tools})

    def tasks(self, count: int, seed: int = 0) -> tuple[Task, ...]:
        """Tasks 0 to count - 1 of the seed; the first ones do not depend on the count.

        Raises:
            ValueError: A negative count, or more than there are.
        """
        if count < 0:
            raise ValueError(f"count is {count}; give 0 or more.")
        if self.task_count is not None and count > self.task_count:
            raise ValueError(f"count is {count}, but {self.name} has {self.task_count} tasks.")
        return tuple(self.derive(index, seed) for index in range(count))

    @property
    def keys(self) -> tuple[str, ...]:
        """What its episodes count beside `metrics.episode_keys()`."""
        return () if self.referee is None else self.referee.keys

    @property
    def rates(self) -> tuple[Rate, ...]:
        """What `metrics.pool` is to derive from those counts."""
        return () if self.referee is None else self.referee.rates

    @property
    def reward_range(self) -> tuple[float, float]:
        """The least and the most outcome that an episode can have."""
        return (0.0, 1.0) if self.referee is None else self.referee.reward_range

    @property
    def tool_names(self) -> Collection[str]:
        """What the agent may call, by name."""
        return self._by_name.keys()

    def customer(self, given: User | None) -> User:
        """Who opens an episode and replies in it: the one given, or its own.

        Raises:
            ValueError: One is given where a referee replies.
        """
        if given is not None and self.referee is not None:
            raise ValueError(
                f"In the domain {self.name} a referee judges and replies; leave the customer out."
            )
        return self.user if given is None else given

    def oracle(self, task: Task) -> tuple[Action, ...]:
        """What a perfect agent does, a turn each."""
        if self.script is not None:
            return self.script(task)
        calls: list[Action] = [(name, dict(given)) for name, given in task.gold_calls]
        return (*calls, self.close(task))

    def tool(self, name: str) -> ToolSpec:
        """The tool of that name.

        Raises:
            UnknownNameError: The domain does not offer it.
        """
        spec = self._by_name.get(name)
        if spec is None:
            raise UnknownNameError("tool", name, self.tool_names)
        return spec


def list_domains() -> tuple[str, ...]:
    """The names of the domains that are part of this package, sorted."""
    return tuple(
        sorted(
            found.name for found in pkgutil.iter_modules([str(Path(__file__).parent / "domains")])
        )
    )


def list_adapted() -> tuple[str, ...]:
    """The names of the domains that run from a checkout of another project, sorted."""
    return tuple(sorted(_adapters()))


@cache
def _adapters() -> Mapping[str, str]:
    """The module of each adapted domain; read from the modules' texts, none is imported."""
    found: dict[str, str] = {}
    for path in sorted((Path(__file__).parent / "adapters").glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DOMAINS":
                names = ast.literal_eval(node.value)
                found |= dict.fromkeys(names, f"agent_env.adapters.{path.stem}")
    return found


def load_domain(name: str, **options: Any) -> Domain:
    """The domain of that name, built once per process for each set of options.

    Args:
        name: One of `list_domains()` or `list_adapted()`.
        options: Passed to the domain's `build`; lists count as tuples. The domain documents them.

    Raises:
        UnknownNameError: No such domain, or no such option of it, or an option that names something
            unknown.
        ValueError: An option whose value the domain cannot use.
    """
    build = _find_build(name)
    known = _parameters(build)
    for option in options:
        if option not in known:
            raise UnknownNameError(f"option of domain {name}", option, known)
    given = {
        key: tuple(value) if isinstance(value, list) else value for key, value in options.items()
    }
    for option, value in given.items():
        if expected := _expected(value, known[option].annotation):
            raise ValueError(f"The option {option} of domain {name} is {value!r}; give {expected}.")
    # The defaults are filled in first, so that naming one does not build the domain twice.
    filled = {key: given.get(key, parameter.default) for key, parameter in known.items()}
    return _build(build, tuple(filled.items()))


def option_names(name: str) -> tuple[str, ...]:
    """The options that the domain of that name takes.

    Args:
        name: One of `list_domains()` or `list_adapted()`.

    Raises:
        UnknownNameError: No such domain.
    """
    return tuple(_parameters(_find_build(name)))


@cache
def _parameters(build: Callable[..., Domain]) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(build, eval_str=True).parameters


def _expected(value: object, annotation: Any) -> str:
    """What is expected of an option in place of this value; "" if it is right.

    What is annotated as nothing that is written on a command line is left to the domain.
    """
    if isinstance(annotation, UnionType):
        wanted = [_expected(value, one) for one in get_args(annotation)]
        return "" if "" in wanted else " or ".join(wanted)
    if get_origin(annotation) is tuple:
        one = get_args(annotation)[0]
        right = isinstance(value, tuple) and not any(_expected(each, one) for each in value)
        return "" if right else 'a list, such as ["a", "b"]'
    if annotation is float:
        return "" if type(value) in (int, float) else "a number"  # Its range is the domain's.
    if annotation in _EXPECTED:
        return "" if type(value) is annotation else _EXPECTED[annotation]
    return ""


def native_prompt(name: str) -> str | None:
    """The option `prompt` for servers that get the tools apart from it; None if there is none.

    Args:
        name: One of `list_domains()` or `list_adapted()`.

    Raises:
        UnknownNameError: No such domain.
    """
    prompt: str | None = getattr(_find_module(name), "NATIVE_PROMPT", None)
    return prompt


def _find_build(name: str) -> Callable[..., Domain]:
    build: Callable[..., Domain] = _find_module(name).build
    return build if name in list_domains() else _named(build, name)


def _find_module(name: str) -> ModuleType:
    if name in list_domains():
        return importlib.import_module(f"agent_env.domains.{name}")
    if name not in list_adapted():
        raise UnknownNameError("domain", name, (*list_domains(), *list_adapted()))
    return importlib.import_module(_adapters()[name])


@cache
def _named(build: Callable[..., Domain], name: str) -> Callable[..., Domain]:
    # One object for each name, for it is part of the key under which a domain is kept.
    return partial(build, name)


@cache
def _build(build: Callable[..., Domain], options: tuple[tuple[str, Any], ...]) -> Domain:
    return build(**dict(options))


def load_tools(package: ModuleType) -> tuple[ToolSpec, ...]:
    """The tools in a package, look-ups first: each module holds one, named like the module.

    Raises:
        TypeError: A module without its tool.
    """
    tools = []
    for found in pkgutil.iter_modules(package.__path__):
        spec = getattr(
            importlib.import_module(f"{package.__name__}.{found.name}"), found.name, None
        )
        if not isinstance(spec, ToolSpec):
            raise TypeError(
                f"{package.__name__}.{found.name} holds no @tool function named {found.name}."
            )
        tools.append(spec)
    return tuple(sorted(tools, key=lambda spec: (spec.effect is not Effect.READ, spec.name)))
