"""`python -m agent_env serve-script`: the scripted server, for trying `evaluate` without a model.

Place in the flow: `__main__` hands over the arguments after the command's name.

    python -m agent_env serve-script --domain retail --tasks 50 --fail 3,7 --port 8000
    python -m agent_env evaluate --base-url http://127.0.0.1:8000/v1 --model scripted \
        --domain retail --tasks 50

What it does not do: it listens on loopback only, and ends with Ctrl-C.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agent_env.domain import load_domain
from agent_env.endpoints.scripted_model import Script
from agent_env.endpoints.scripted_server import Fault, ScriptedServer, answer_from
from agent_env.errors import UnknownNameError
from agent_env.evaluation.options import domain_option, pairs
from parsers import render


def serve_script_command(arguments: Sequence[str]) -> int:
    """Serves until it is interrupted.

    Raises:
        ValueError: Something was given that cannot be used; the message says what.
    """
    options = _read_options(arguments)
    render((), format=options.wire_format)  # Refuses an unknown format before anything listens.
    try:
        server = ScriptedServer(
            answer_from(_script(options), options.wire_format), _faults(options), port=options.port
        )
        with server:
            print(server.url, flush=True)
            server.join()
    except OSError as error:
        raise ValueError(f"{error.filename or f'port {options.port}'}: {error.strerror}.") from None
    return 0


def _read_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m agent_env serve-script",
        description="An OpenAI-compatible server on loopback that plays a domain's oracle.",
    )
    parser.add_argument("--domain", default="retail", help="see `agent_env tasks`")
    domain_option(parser)
    parser.add_argument("--tasks", type=int, default=50, help="tasks 0 to N - 1 (50)")
    parser.add_argument("--seed", type=int, default=0, help="of the tasks (0)")
    parser.add_argument("--fail", default="", help="numbers of tasks it fails, such as 3,7")
    parser.add_argument(
        "--script", help="file of JSON lines instead, see agent_env.endpoints.scripted_model"
    )
    parser.add_argument("--wire-format", default="hermes", help="of calls in text (hermes)")
    parser.add_argument("--port", type=int, default=0, help="a free one if not given")
    parser.add_argument("--fault", help="what goes wrong now and then, such as server_error")
    parser.add_argument("--fault-every", type=int, default=10, help="every how many requests (10)")
    return parser.parse_args(arguments)


def _script(options: argparse.Namespace) -> Script:
    if options.script:
        return Script.read(Path(options.script))
    try:
        fail = [int(number) for number in options.fail.split(",") if number]
    except ValueError:
        raise ValueError(f"--fail is {options.fail!r}; give numbers such as 3,7.") from None
    domain = load_domain(options.domain, **pairs(options.domain_option, "--domain-option"))
    return Script.of_domain(domain, domain.tasks(options.tasks, options.seed), fail)


def _faults(options: argparse.Namespace) -> Any:
    kinds = {fault.value: fault for fault in Fault}
    if options.fault is not None and options.fault not in kinds:
        raise UnknownNameError("fault", options.fault, kinds)
    every = max(1, options.fault_every)

    def fail(number: int, body: Mapping[str, Any]) -> Fault | None:
        return kinds[options.fault] if options.fault and number % every == every - 1 else None

    return fail
