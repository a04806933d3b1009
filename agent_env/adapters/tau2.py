"""The retail, airline and telecom tasks of tau2-bench, run from a checkout of it.

Place in the flow: `load_domain("tau2_retail", path=...)` calls `build`. Data models, tools, tasks,
assertions and policy are imported from the checkout and run unmodified: retail and airline on rows
that are copied when they are touched, telecom, which is small, on a copy of the whole.

What is scored is what needs no judge: the tables (DB), assertions on the state (ENV_ASSERTION) and
what the customer must be told (COMMUNICATE), each where a task's `reward_basis` names it. A task
whose basis names more is of the kind "scored_in_part", for its official score can only be lower;
all others are "scored". Telecom is played in tau2's own solo mode, where the agent has a ticket and
the customer's tools, because a scripted customer has no telephone to try things on.

What it does not do: nothing of the checkout that talks to models is imported.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from agent_env.adapters.book import LIMITS, OUTPUTS, WORDINGS, check_options, close, script
from agent_env.adapters.checkout import CheckoutError, find_checkout, import_modules
from agent_env.adapters.instruction_user import InstructionUser
from agent_env.adapters.prompt import adapted_prompt
from agent_env.adapters.tau2_book import Tau2Book
from agent_env.adapters.tau2_state import Tau2World
from agent_env.domain import Domain
from agent_env.errors import UnknownNameError

DOMAINS = ("tau2_retail", "tau2_airline", "tau2_telecom")
NATIVE_PROMPT = "native"
PROJECT = "tau2-bench (github.com/sierra-research/tau2-bench)"
VARIABLE = "TAU2_PATH"
SOLO = frozenset({"telecom"})
_DATA = MappingProxyType({"retail": "db.json", "airline": "db.json", "telecom": "db.toml"})
_ENTERED = ("tau2", "tau2.domains", "tau2.environment", "tau2.data_model")
_BASE = "tau2.environment.environment"


def build(
    name: str,
    path: str | None = None,
    split: str = "base",
    outputs: str = "token",
    prompt: str = "text",
    strict: bool = False,
    feedback: str = "full",
    wire_format: str = "hermes",
) -> Domain:
    """The domain of that name.

    Args:
        name: One of DOMAINS.
        path: The checkout; None takes the environment variable TAU2_PATH, or else the checkout from
            which tau2 was installed.
        split: One that the checkout's `split_tasks.json` names, such as "base", "train" or "test".
        outputs: How what must be told is looked for: "token", or "upstream" for tau2's own rule, to
            which "100" tells "10".
        prompt: "text" is policy, schemas and how to call; "native" the policy alone.
        strict: Whether each episode's verdict on the state is checked against tau2's own hash and
            assertions; costs about 0.2 s an episode.
        feedback: "full" or "compact" wording of faults.
        wire_format: How the prompt's example is written; a format of `parsers.render`.

    Raises:
        CheckoutError: No checkout of tau2-bench is there, it has no data, or it cannot be imported.
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
    shop = name.removeprefix("tau2_")
    check_options(outputs, feedback)
    folder = _find(path, shop)
    theirs, base = _import(folder, shop)
    try:
        splits, environment = (
            theirs.get_tasks_split(),
            theirs.get_environment(solo_mode=shop in SOLO),
        )
        raw = theirs.get_tasks(split) if split in splits else []
    except (OSError, ValueError) as error:
        first, *_ = str(error).splitlines()
        raise CheckoutError(f"The data of {PROJECT} at {folder} cannot be read: {first}") from error
    if split not in splits:
        raise UnknownNameError(f"split of {name}", split, splits)
    world = Tau2World(environment, shares_rows=type(environment).sync_tools is base.sync_tools)
    book = Tau2Book(name, split, raw, world, theirs.get_environment, OUTPUTS[outputs])
    tools = world.specs()
    text, examples = adapted_prompt(prompt, environment.get_policy(), tools, wire_format)
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
        derive=book.tasks.derive,
        close=close,
        limits=LIMITS,
        script=script,
        task_count=book.tasks.count,
        start=book.start,
        judge=book.judge if book.needs_judge else None,
        audit=book.audit if strict else None,
    )


def _find(path: str | None, shop: str) -> Path:
    marks = (
        f"src/tau2/domains/{shop}/environment.py",
        *(f"data/tau2/domains/{shop}/{file}" for file in (_DATA[shop], "tasks.json")),
    )
    return find_checkout(PROJECT, path, VARIABLE, marks, installed=installed_checkout)


def installed_checkout() -> Path | None:
    """The checkout from which the installed package tau2 runs; None when none is installed.

    Raises:
        CheckoutError: The installed package of that name is another project.
    """
    spec = importlib.util.find_spec("tau2") if "tau2" not in sys.modules else None
    place = spec.origin if spec else getattr(sys.modules.get("tau2"), "__file__", None)
    if place is None:
        return None
    package = Path(place).parent
    if not (package / "registry.py").exists():
        raise CheckoutError(
            f"The installed package tau2 ({package}) is not {PROJECT}: on PyPI that name belongs "
            "to a package about magnetism. Clone tau2-bench and give its folder with the option "
            f"path=... or the environment variable {VARIABLE}."
        )
    return package.parent.parent


def _import(folder: Path, shop: str) -> tuple[ModuleType, Any]:
    # Their log tells a person what the checkout loads and does; here nobody would read it. What is
    # missing is told by the import below.
    if importlib.util.find_spec("loguru") is not None:
        importlib.import_module("loguru").logger.disable("tau2")
    home = f"tau2.domains.{shop}"
    found: Mapping[str, ModuleType] = import_modules(
        PROJECT, folder / "src", (*_ENTERED, home), (f"{home}.environment", _BASE)
    )
    return found[f"{home}.environment"], found[_BASE].Environment
