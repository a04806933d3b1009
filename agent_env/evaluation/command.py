"""`python -m agent_env evaluate`, `evaluate compare` and `rescore`.

Place in the flow: `__main__` hands over the arguments after the command's name; this reads them,
plays what is left to play, and prints the figures on standard output. What happens on the way goes
to standard error.

    python -m agent_env evaluate --base-url http://localhost:8000/v1 --model NAME \
        --domain retail --tasks 50 --trials 4 --concurrency 64 --out runs/NAME.jsonl

Exit status: 0 done, 1 when `rescore` finds a difference or leaves a line out, 2 for arguments that
cannot be followed, 3 when episodes are left that failed for want of an answer; Ctrl-C is 130, by
`__main__`.

What it does not do: it computes nothing itself.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agent_env.customers.model import Budget, ModelUser
from agent_env.domain import Domain, load_domain
from agent_env.endpoints.endpoint import Endpoint, Retries
from agent_env.evaluation import options as reading
from agent_env.evaluation.baselines import baselines
from agent_env.evaluation.compare import compare, compare_lines
from agent_env.evaluation.ledger import Ledger, digest, read_records
from agent_env.evaluation.progress import Progress
from agent_env.evaluation.rescore import Rescored, rescore
from agent_env.evaluation.run import Evaluation
from agent_env.evaluation.settings import Settings
from agent_env.evaluation.summary import Prices, summarize
from agent_env.evaluation.table import lines
from parsers.cleaning import STOP_STRINGS

FAILED_STATUS = 3
_MOST_STOPS = 4
"""More than these the API refuses."""


def evaluate_command(arguments: Sequence[str]) -> int:
    """The exit status after evaluating, or comparing two evaluations.

    Raises:
        ValueError: Something was given that cannot be used; the message says what.
    """
    with _named_files():
        if arguments[:1] == ["compare"]:
            return _compare(arguments[1:])
        return _evaluate(reading.evaluate_options(arguments))


def rescore_command(arguments: Sequence[str]) -> int:
    """The exit status after scoring a file again.

    Raises:
        ValueError: The file cannot be read.
    """
    options = reading.rescore_options(arguments)
    scored = differing = left_out = 0

    def complain(sentence: str) -> None:
        nonlocal left_out
        left_out += 1
        _complain(sentence)

    with _named_files():
        for number, result in read_records(Path(options.file), rescore, complain):
            if result is None:
                continue
            scored += 1
            if result.differences:
                differing += 1
                _tell(number, result, options.json)
    rest = f", {left_out} line{'s' * (left_out > 1)} left out" if left_out else ""
    print(f"{scored} episodes scored again, {differing} not as recorded{rest}.", file=sys.stderr)
    return 1 if differing or left_out else 0


def _tell(number: int, result: Rescored, as_json: bool) -> None:
    if as_json:
        told = {"line": number, "task": result.task_id, "trial": result.pair[1]}
        told |= {"before": result.before, "after": result.after}
        print(json.dumps(told | {"differences": result.differences}))
    else:
        why = "; ".join(result.differences)
        print(f"line {number}: {result.task_id}, trial {result.pair[1]}: {why}")


@contextmanager
def _named_files() -> Iterator[None]:
    """Words what goes wrong with a file that the command line named."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ValueError(f"{error.filename or 'writing'}: {error.strerror or error}.") from error


def _compare(arguments: Sequence[str]) -> int:
    options = reading.compare_options(arguments)
    result = compare([Path(name) for name in options.files], _complain)
    print(json.dumps(result, indent=2) if options.json else "\n".join(compare_lines(result)))
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    reading.check_counts(
        options, tasks=1, trials=1, concurrency=1, max_turns=1, user_budget=1, retries=0
    )
    reading.check_numbers(options, "timeout", "price_in", "price_out", least=0)
    reading.check_numbers(options, "temperature", "top_p", "user_temperature")
    domain = load_domain(options.domain, **reading.domain_options(options))
    tasks = domain.tasks(options.tasks, options.seed)  # Refuses more than there are, at once.
    evaluation = _evaluation(options, domain)
    # One trial of every task before the next, so that a run cut short has seen all tasks.
    asked = [(task, trial) for trial in range(options.trials) for task in range(options.tasks)]
    path = Path(options.out) if options.out else None
    with Ledger(settings=evaluation.settings, path=path, broken=_complain) as ledger:
        waiting = [pair for pair in asked if not ledger.is_played(pair)]
        if ledger.commits - {evaluation.commit}:
            _complain(
                f"{path} holds episodes that another version of this code scored; "
                f"`rescore {path}` shows whether this one agrees."
            )
        if len(waiting) < len(asked):
            print(f"{len(asked) - len(waiting)} episodes are in {path} already.", file=sys.stderr)
        _play(evaluation, ledger, waiting, options.concurrency)
    digests = [ledger.digests[pair] for pair in asked if pair in ledger.digests]
    summary = summarize(
        digests,
        asked=asked,
        baselines=baselines(domain, tasks),
        prices=Prices(prompt=options.price_in, completion=options.price_out),
        domain=domain,
    )
    summary = {"settings": evaluation.settings.to_dict(), **summary}
    mode = "native tool calls" if options.native_tools else "text"
    title = f"{options.model} on {domain.name}, {options.tasks} tasks, {mode}"
    print(json.dumps(summary, indent=2) if options.json else "\n".join(lines(summary, title)))
    left = summary["episodes"]["infra_error"] + summary["episodes"]["not_played"]
    return FAILED_STATUS if left else 0


def _play(
    evaluation: Evaluation, ledger: Ledger, waiting: list[tuple[int, int]], concurrency: int
) -> None:
    """Plays the pairs; what is finished is kept whatever happens."""
    if not waiting:
        return
    progress = Progress(sys.stderr, len(waiting))

    def keep(record: dict[str, Any]) -> None:
        ledger.keep(record)
        one = digest(record)
        progress.add(one.success, one.infra_error is not None)

    try:
        at_once = min(concurrency, len(waiting))
        if not asyncio.run(evaluation.play_all(waiting, at_once, keep)):
            _complain("Episode after episode failed; no further one was begun.")
    except KeyboardInterrupt:
        where = f"in {ledger.path}; the same command goes on" if ledger.path else "lost"
        print(f"\nStopped. The finished episodes are {where}.", file=sys.stderr)
        raise
    finally:
        progress.close()


def _evaluation(options: argparse.Namespace, domain: Domain) -> Evaluation:
    """What the options ask for; nothing has been asked of a server yet."""
    stops = list(options.stop)
    if "recommended" in stops:
        stops.remove("recommended")
        stops += STOP_STRINGS[: _MOST_STOPS - len(stops)]
    request = reading.request_fields(
        {
            "temperature": options.temperature,
            "top_p": options.top_p,
            "max_tokens": options.max_tokens,
            "stop": stops,
        },
        reading.pairs(options.request, "--request"),
    )
    user, told = _customer(options)
    settings = Settings(
        domain=domain.name,
        domain_options=domain.options,
        model=options.model,
        native_tools=options.native_tools,
        tool_role=options.tool_role,
        seed=options.seed,
        sends_seed=options.send_seed,
        max_turns=options.max_turns or domain.limits.max_turns,
        request=request,
        user=told,
    )
    return Evaluation(
        domain=domain,
        settings=settings,
        endpoint=Endpoint(
            base_url=options.base_url,
            model=options.model,
            api_key=os.environ.get(options.api_key_env, ""),
            timeout_s=options.timeout,
            retries=Retries(count=options.retries),
            options=request,
        ),
        user=user,
        user_episode_tokens=options.user_episode_budget,
        commit=_commit(),
    )


def _customer(options: argparse.Namespace) -> tuple[ModelUser | None, dict[str, Any] | None]:
    """The customer that a model plays, and what the settings say of it; None without one."""
    if options.user_model is None:
        if options.user_base_url is not None:
            raise ValueError("--user-base-url is given without --user-model; name the model too.")
        return None, None
    request = reading.request_fields(
        {"temperature": options.user_temperature, "max_tokens": options.user_max_tokens},
        reading.pairs(options.user_request, "--user-request"),
    )
    key = os.environ.get(options.user_api_key_env or options.api_key_env, "")
    endpoint = Endpoint(
        base_url=options.user_base_url or options.base_url,
        model=options.user_model,
        api_key=key,
        timeout_s=options.timeout,
        retries=Retries(count=options.retries),
        options=request,
    )
    user = ModelUser(endpoint=endpoint, budget=Budget(limit=options.user_budget))
    return user, {"model": options.user_model, "request": request}


def _commit() -> str | None:
    """The commit of this code, with a "+" when files differ from it; None outside of git."""
    git = ("git", "-C", str(Path(__file__).parent))
    try:
        commit = subprocess.run(
            [*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
        changed = subprocess.run(
            [*git, "status", "--porcelain", "--untracked-files=no"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return f"{commit}+" if changed else commit


def _complain(sentence: str) -> None:
    print(f"agent_env: {sentence}", file=sys.stderr)
