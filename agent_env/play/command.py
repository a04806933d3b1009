"""The command `play`.

Place in the flow: `agent_env.__main__` hands its arguments over.

    python -m agent_env play --domain retail --task 0
    python -m agent_env play --domain retail --task 0 --as customer
    python -m agent_env play --as customer --base-url http://localhost:8000/v1 --model NAME

Without a model the other side is the domain's own customer, or an agent that follows the task's
oracle. Exit status: 0 done, 2 for arguments that cannot be followed, 3 when the other side does not
answer or the environment fails; Ctrl-C is 130, by `__main__`.

What it does not do: no rules of the conversation (`seats`).
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from dataclasses import replace

from agent_env.customers.model import ModelUser
from agent_env.domain import Domain, list_adapted, list_domains, load_domain
from agent_env.endpoints.endpoint import Endpoint, Retries
from agent_env.env import ToolEnv
from agent_env.errors import EnvError
from agent_env.evaluation import options as reading
from agent_env.play.others import ModelAgent, OracleAgent
from agent_env.play.seats import AgentSeat, CustomerSeat, PreparedUser
from agent_env.play.terminal import Terminal
from agent_env.types import Task

FAILED_STATUS = 3


def play_command(arguments: Sequence[str]) -> int:
    """The exit status after playing one task.

    Raises:
        ValueError: Something was given that cannot be used; the message says what.
    """
    options = _read_options(arguments)
    reading.check_counts(options, task=0, max_turns=1)
    endpoint = _endpoint(options)
    domain = load_domain(options.domain, **reading.domain_options(options))
    seat = _seat(options, domain, domain.derive(options.task, options.seed), endpoint)
    try:
        seat.play()
    except EnvError as error:
        print(f"agent_env: {error.message}", file=sys.stderr)
        return FAILED_STATUS
    finally:
        if endpoint is not None:
            endpoint.close()
    return 0 if seat.env.infra_error is None else FAILED_STATUS


def _read_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m agent_env play",
        description="Play one task in the terminal, as the agent or as the customer.",
        epilog="Exit status: 0 done, 2 bad arguments, 3 the other side failed, 130 Ctrl-C.",
    )
    names = ", ".join((*list_domains(), *list_adapted()))
    parser.add_argument("--domain", default="retail", help=f"one of: {names} (default retail)")
    reading.domain_option(parser)
    parser.add_argument("--task", type=int, default=0, help="number of the task (default 0)")
    parser.add_argument("--seed", type=int, default=0, help="of the tasks (default 0)")
    parser.add_argument(
        "--max-turns", type=int, help="turns the agent has (the domain's own number)"
    )
    parser.add_argument(
        "--as", dest="seat", choices=("agent", "customer"), default="agent", help="who you are"
    )
    parser.add_argument("--spoilers", action="store_true", help="/task shows the answer")
    other = parser.add_argument_group("a model that plays the other side")
    other.add_argument("--base-url", help='such as "http://localhost:8000/v1"')
    other.add_argument("--model", help="the name that the server knows it by")
    other.add_argument(
        "--api-key-env", default="OPENAI_API_KEY", help="holds the key (default OPENAI_API_KEY)"
    )
    other.add_argument(
        "--native-tools", action="store_true", help="the model is an agent with the server's tools"
    )
    other.add_argument(
        "--request", action="append", default=[], metavar="KEY=VALUE", help="field of each request"
    )
    return parser.parse_args(arguments)


def _endpoint(options: argparse.Namespace) -> Endpoint | None:
    """Where the other side is; None without a model.

    Raises:
        ValueError: Only half of it was given, or native tools for one that has none.
    """
    if (options.base_url is None) != (options.model is None):
        given, other = ("--model", "--base-url") if options.model else ("--base-url", "--model")
        raise ValueError(f"{given} is given without {other}; a model needs both.")
    if options.native_tools and (options.model is None or options.seat == "agent"):
        raise ValueError("--native-tools is for a model as agent: add --as customer and --model.")
    if options.model is None:
        return None
    return Endpoint(
        base_url=options.base_url,
        model=options.model,
        api_key=os.environ.get(options.api_key_env, ""),
        retries=Retries(count=2),  # Somebody is waiting.
        options=reading.pairs(options.request, "--request"),
    )


def _seat(
    options: argparse.Namespace, domain: Domain, task: Task, endpoint: Endpoint | None
) -> AgentSeat | CustomerSeat:
    for stream in (sys.stdin, sys.stdout):  # Whatever a person types, or a terminal cannot show.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    terminal = Terminal(sys.stdin, sys.stdout)
    limits = replace(domain.limits, max_turns=options.max_turns or domain.limits.max_turns)
    if options.seat == "agent":
        user = None if endpoint is None else ModelUser(endpoint=endpoint, seed=options.seed)
        return AgentSeat(ToolEnv(domain, task, user, limits), terminal, options.spoilers)
    prepared = PreparedUser()
    agent = (
        OracleAgent(domain, task)
        if endpoint is None
        else ModelAgent(endpoint, domain, options.native_tools)
    )
    env = ToolEnv(domain, task, prepared, limits)
    return CustomerSeat(env, terminal, options.spoilers, prepared, agent)
