"""The command lines of `evaluate` and `rescore`.

Place in the flow: `command` asks for the options and does what they say.

What it does not do: nothing is loaded and nothing is asked of a server here. Keys are never given
on the command line, where every process of the machine could read them, but as the name of an
environment variable.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from agent_env.domain import native_prompt


def evaluate_options(arguments: Sequence[str]) -> argparse.Namespace:
    """What `evaluate` is to do."""
    parser = argparse.ArgumentParser(
        prog="python -m agent_env evaluate",
        description="Score a model at an OpenAI-compatible endpoint on a domain's tasks.",
        epilog="`evaluate compare A.jsonl B.jsonl` puts the figures of two files side by side. "
        "Exit status: 0 done, 2 bad arguments, 3 episodes without an answer, 130 Ctrl-C.",
    )
    _model_options(parser)
    _episode_options(parser)
    _customer_options(parser)
    out = parser.add_argument_group("result")
    out.add_argument("--out", help="file of one JSON line an episode; the same command goes on")
    out.add_argument("--json", action="store_true", help="the figures as JSON")
    out.add_argument("--price-in", type=float, help="of a million prompt tokens")
    out.add_argument("--price-out", type=float, help="of a million completion tokens")
    return parser.parse_args(arguments)


def _model_options(parser: argparse.ArgumentParser) -> None:
    model = parser.add_argument_group("model")
    model.add_argument("--base-url", required=True, help='such as "http://localhost:8000/v1"')
    model.add_argument("--model", required=True, help="the name that the server knows it by")
    model.add_argument(
        "--api-key-env",
        default="OPENAI_API_KEY",
        help="environment variable that holds the key (default OPENAI_API_KEY)",
    )
    model.add_argument(
        "--native-tools",
        action="store_true",
        help="send tools and read the server's tool_calls; the domain's prompt for that is used "
        "unless --domain-option prompt=... names one",
    )
    model.add_argument(
        "--tool-role",
        choices=("user", "tool"),
        default="user",
        help="role of tool answers in text: user, in <tool_response> tags (default), or tool, as "
        "in training, where the server takes tool messages without ids",
    )
    model.add_argument("--temperature", type=float, help="the server's own if not given")
    model.add_argument("--top-p", type=float)
    model.add_argument("--max-tokens", type=int, help="of one answer")
    model.add_argument(
        "--stop",
        action="append",
        default=[],
        help='stop string, repeatable; "recommended" stands for turn marks of chat templates',
    )
    model.add_argument(
        "--request",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="further field of every request, VALUE as JSON or text",
    )
    model.add_argument(
        "--send-seed",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="forward a seed for each episode (default yes)",
    )
    model.add_argument("--timeout", type=float, default=300.0, help="of a request, seconds (300)")
    model.add_argument("--retries", type=int, default=5, help="of a request that failed (5)")


def _episode_options(parser: argparse.ArgumentParser) -> None:
    episodes = parser.add_argument_group("episodes")
    episodes.add_argument("--domain", default="retail", help="see `agent_env tasks`")
    domain_option(episodes)
    episodes.add_argument("--tasks", type=int, default=50, help="tasks 0 to N - 1 (50)")
    episodes.add_argument("--trials", type=int, default=1, help="episodes a task (1)")
    episodes.add_argument("--concurrency", type=int, default=16, help="episodes at a time (16)")
    episodes.add_argument("--seed", type=int, default=0, help="of tasks and sampling (0)")
    episodes.add_argument("--max-turns", type=int, help="assistant turns (the domain's own number)")


def domain_option(group: Any) -> None:
    """Adds `--domain-option`."""
    group.add_argument(
        "--domain-option",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="option of the domain, repeatable, VALUE as JSON or text",
    )


def domain_options(options: argparse.Namespace) -> dict[str, Any]:
    """The domain's options as given; with `--native-tools` its prompt for that, unless named.

    Raises:
        ValueError: One has no "=", or there is no such domain.
    """
    prompt = native_prompt(options.domain) if options.native_tools else None
    given = pairs(options.domain_option, "--domain-option")
    return {"prompt": prompt, **given} if prompt else given


def _customer_options(parser: argparse.ArgumentParser) -> None:
    user = parser.add_argument_group("customer (the domain's own, unless a model is named)")
    user.add_argument("--user-model", help="the model that plays the customer")
    user.add_argument("--user-base-url", help="where it is (default: --base-url)")
    user.add_argument("--user-api-key-env", help="holds its key (default: --api-key-env)")
    user.add_argument("--user-temperature", type=float)
    user.add_argument("--user-max-tokens", type=int, default=512, help="of one message (512)")
    user.add_argument("--user-request", action="append", default=[], metavar="KEY=VALUE")
    user.add_argument("--user-budget", type=int, help="tokens that the whole run may cost it")
    user.add_argument("--user-episode-budget", type=int, help="tokens for one episode")


def compare_options(arguments: Sequence[str]) -> argparse.Namespace:
    """Which files `evaluate compare` is to compare."""
    parser = argparse.ArgumentParser(
        prog="python -m agent_env evaluate compare",
        description="The figures of two evaluations side by side, over what both played.",
    )
    parser.add_argument("files", nargs=2, metavar="FILE")
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    return parser.parse_args(arguments)


def rescore_options(arguments: Sequence[str]) -> argparse.Namespace:
    """Which file `rescore` is to score again."""
    parser = argparse.ArgumentParser(
        prog="python -m agent_env rescore",
        description="Recorded trajectories through today's parser and scoring. "
        "Exit status: 0 all as recorded, 1 something differs or a line was left out, "
        "2 bad arguments.",
    )
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("--json", action="store_true", help="one JSON line a difference")
    return parser.parse_args(arguments)


def pairs(given: Sequence[str], option: str) -> dict[str, Any]:
    """The values by key of options such as `--domain-option key=value`.

    Raises:
        ValueError: One has no "=", or holds a number that is none, such as NaN.
    """
    found: dict[str, Any] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise ValueError(f"{option} is {text!r}; give KEY=VALUE.")
        found[key] = _value(value)
        try:
            json.dumps(found[key], allow_nan=False)
        except ValueError:
            raise ValueError(f"{option} is {text!r}; give finite numbers.") from None
    return found


def _value(text: str) -> Any:
    """The JSON value of the text; the text itself where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def request_fields(given: Mapping[str, Any], further: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a request: those that were given at all, and the further ones."""
    named = {key: value for key, value in given.items() if value not in (None, [])}
    return named | dict(further)


def check_counts(options: argparse.Namespace, **least: int) -> None:
    """Returns if every named option is large enough.

    Raises:
        ValueError: One is not.
    """
    for name, smallest in least.items():
        value = getattr(options, name)
        if value is not None and value < smallest:
            flag = f"--{name.replace('_', '-')}"
            raise ValueError(f"{flag} is {value}; give {smallest} or more.")


def check_numbers(options: argparse.Namespace, *names: str, least: float = -math.inf) -> None:
    """Returns if every named option is a finite number, and large enough.

    Raises:
        ValueError: One is not.
    """
    bound = f" from {least:g}" if math.isfinite(least) else ""
    for name in names:
        value = getattr(options, name)
        if value is not None and not (math.isfinite(value) and value >= least):
            flag = f"--{name.replace('_', '-')}"
            raise ValueError(f"{flag} is {value}; give a finite number{bound}.")
