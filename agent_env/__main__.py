"""The command line: `python -m agent_env tasks|play|evaluate|bench|...`.

Place in the flow: for people; lists what a domain asks for, and hands the larger commands to their
own modules.

    python -m agent_env tasks --domain retail --count 5 --seed 0 [--json]
    python -m agent_env tasks validate --domain retail --count 1000 --seed 0 [--json]
    python -m agent_env tasks export --domain retail --count 1000 --out tasks.jsonl
    python -m agent_env play --domain retail --task 0 [--as customer]
    python -m agent_env evaluate --base-url URL --model NAME --domain retail --tasks 50
    python -m agent_env rescore FILE
    python -m agent_env show FILE [--number N | --best | --worst]
    python -m agent_env bench CANDIDATE.py --task row_softmax_masked
    python -m agent_env serve-script --domain retail --tasks 50

Exit status: 0 done, 2 for a command line that cannot be followed (one sentence on stderr), 130
after Ctrl-C. A larger command's own module says what else it returns.

What it does not do: no work of its own beyond `tasks`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from collections.abc import Callable, Sequence

from agent_env.domain import list_adapted, list_domains, load_domain
from agent_env.errors import UnknownNameError
from agent_env.evaluation.options import domain_option, pairs

ELSEWHERE = {
    "tasks validate": ("agent_env.validation.command", "validate_command"),
    "tasks export": ("agent_env.exporting.command", "export_command"),
    "play": ("agent_env.play.command", "play_command"),
    "evaluate": ("agent_env.evaluation.command", "evaluate_command"),
    "rescore": ("agent_env.evaluation.command", "rescore_command"),
    "show": ("agent_env.showing.command", "show_command"),
    "bench": ("agent_env.kernels.bench", "bench_command"),
    "serve-script": ("agent_env.endpoints.command", "serve_script_command"),
}
"""Commands that a function of another module follows, which is imported when it is asked for."""
COMMANDS = tuple(dict.fromkeys(("tasks", *(name.split()[0] for name in ELSEWHERE))))


def main(arguments: Sequence[str]) -> int:
    """The exit status after doing what the arguments say."""
    try:
        if arguments and not arguments[0].startswith("-") and arguments[0] not in COMMANDS:
            raise UnknownNameError("command", arguments[0], COMMANDS)
        for words in (2, 1):
            if " ".join(arguments[:words]) in ELSEWHERE:
                return _find_command(" ".join(arguments[:words]))(arguments[words:])
        if arguments[:1] == ["tasks"] and arguments[1:] and not arguments[1].startswith("-"):
            under = [name.removeprefix("tasks ") for name in ELSEWHERE if " " in name]
            raise UnknownNameError("command under tasks", arguments[1], under)
        return _list_tasks(_read_options(arguments))
    except (
        ValueError
    ) as error:  # Names and numbers that a domain refuses; the message says what would be right.
        print(f"agent_env: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130
    except BrokenPipeError:  # Whoever read the output has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _find_command(name: str) -> Callable[[Sequence[str]], int]:
    module, function = ELSEWHERE[name]
    command: Callable[[Sequence[str]], int] = getattr(importlib.import_module(module), function)
    return command


def _read_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m agent_env", description="Tasks, playing them, and scoring models on them."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="|".join(COMMANDS))
    tasks = commands.add_parser("tasks", help="list tasks with the answer that the oracle derived")
    tasks.add_argument("--count", type=int, default=5, help="how many (default 5)")
    tasks.add_argument("--json", action="store_true", help="one JSON line a task")
    for name, about in (
        ("play", "play one task in the terminal, as the agent or as the customer"),
        ("evaluate", "score a model at an OpenAI-compatible endpoint"),
        ("rescore", "recorded trajectories through today's parser and scoring"),
        ("show", "one recorded trajectory, for people"),
        ("bench", "compile, check and time a kernel"),
        ("serve-script", "a server without a model, for trying evaluate"),
    ):
        commands.add_parser(name, help=about)
    names = ", ".join((*list_domains(), *list_adapted()))
    tasks.add_argument("--domain", default="retail", help=f"one of: {names} (default retail)")
    domain_option(tasks)
    tasks.add_argument("--seed", type=int, default=0, help="of the tasks (default 0)")
    return parser.parse_args(arguments)


def _list_tasks(options: argparse.Namespace) -> int:
    domain = load_domain(options.domain, **pairs(options.domain_option, "--domain-option"))
    for task in domain.tasks(options.count, options.seed):
        if options.json:
            print(json.dumps(task.to_dict()))
            continue
        print(f"{task.id}  {task.kind}\n  customer  {task.opening}")
        for action in domain.oracle(task):
            shown = action if isinstance(action, str) else f"{action[0]} {json.dumps(action[1])}"
            print(f"  agent     {shown}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
