"""The command `python -m agent_env bench`: one candidate, one verdict.

Place in the flow: for people and scripts; reads the files, asks a `Judge`, prints what it says.

    python -m agent_env bench CANDIDATE.py (--task NAME | --reference REF.py) [--json] [...]
    python -m agent_env bench CANDIDATE.py --kernelbench PATH --level 1 --problem 19 [--shrink]
    python -m agent_env bench --list

Exit status: 0 whenever a verdict is reached, whatever it is; 2 for a command line that cannot be
followed, one sentence on stderr; 3 when this machine could not judge, one sentence on stderr.

What it does not do: no judging here.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agent_env.errors import EnvError
from agent_env.kernels.limits import Limits
from agent_env.kernels.verdict import Verdict

if TYPE_CHECKING:
    from agent_env.kernels.judge import Judge
    from agent_env.kernels.problem import Problem

LONGEST_BYTES = 16 << 20
"""What is read of a file, which may be a pipe or device without an end; no program is as long."""


def bench_command(arguments: Sequence[str]) -> int:
    """The exit status after judging the candidate that the arguments name.

    Raises:
        ValueError: The command line cannot be followed; the message says what would be right.
    """
    options = _read_options(arguments)
    try:
        return _list(options) if options.list else _judge(options)
    except EnvError as error:
        print(f"agent_env bench: {error.message}", file=sys.stderr)
        return 3


def _read_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m agent_env bench", description="Compile, check and time a kernel."
    )
    parser.add_argument("candidate", nargs="?", help="file that defines `class ModelNew`")
    against = parser.add_mutually_exclusive_group()
    against.add_argument("--task", help="one of our own tasks; --list names them")
    against.add_argument("--reference", help="file with Model, get_inputs and get_init_inputs")
    against.add_argument(
        "--kernelbench", metavar="PATH", help="checkout of KernelBench; with --level and --problem"
    )
    parser.add_argument("--level", type=int, help="of a problem of KernelBench, 1 to 3")
    parser.add_argument("--problem", type=int, help="its number in the level")
    parser.add_argument(
        "--shrink", action="store_true", help="make its sizes small; its time then says nothing"
    )
    parser.add_argument("--device", default="cpu", help="cpu (default), cuda or auto")
    parser.add_argument("--json", action="store_true", help="the verdict as one JSON line")
    parser.add_argument("--no-timing", action="store_true", help="only check")
    parser.add_argument("--wanted", help="demand a kernel in cpp, cuda, triton or any")
    parser.add_argument(
        "--sanitize", action="store_true", help="watch every address of the C++; times nothing"
    )
    parser.add_argument("--seed", type=int, help="of weights and contents (default: a secret one)")
    parser.add_argument("--timeout", type=float, help="seconds for the whole evaluation")
    parser.add_argument(
        "--timing-s",
        type=float,
        help="seconds that estimates which disagree are given to agree (default 0.7)",
    )
    parser.add_argument("--cache", help="folder for compiled sources")
    parser.add_argument(
        "--require-isolation", action="store_true", help="refuse to run where a layer is missing"
    )
    parser.add_argument("--list", action="store_true", help="tasks, tool chains and isolation")
    options = parser.parse_args(arguments)
    if not options.list:
        if options.candidate is None:
            raise ValueError("No candidate was given; name a file that defines class ModelNew.")
        _check_target(options)
    return options


def _check_target(options: argparse.Namespace) -> None:
    """Sees that it is said what is to be computed.

    Raises:
        ValueError: It is not, or only in part.
    """
    if options.kernelbench is not None:
        if options.level is None or options.problem is None:
            raise ValueError(
                "A problem of KernelBench has a level and a number: add --level 1 --problem 19."
            )
        return
    given = [
        name
        for name, value in (
            ("--level", options.level),
            ("--problem", options.problem),
            ("--shrink", options.shrink or None),
        )
        if value is not None
    ]
    if given:
        raise ValueError(f"{given[0]} goes with --kernelbench PATH, a checkout of KernelBench.")
    if options.task is None and options.reference is None:
        raise ValueError(
            "Say what it is to compute: --task NAME, --reference REF.py or --kernelbench PATH."
        )


def _make_judge(options: argparse.Namespace) -> Judge:
    from agent_env.kernels.judge import Judge

    limits = Limits()
    if options.timeout is not None:
        seconds = options.timeout
        if not seconds > 0:
            raise ValueError(f"--timeout is {seconds:g}; give more than 0 seconds.")
        limits = dataclasses.replace(
            limits,
            evaluation_s=seconds,
            load_s=min(limits.load_s, seconds),
            call_s=min(limits.call_s, seconds),
            compile_s=min(limits.compile_s, seconds),
        )
    if options.timing_s is not None:
        if not 0 < options.timing_s < math.inf:
            raise ValueError(f"--timing-s is {options.timing_s:g}; give more than 0 seconds.")
        limits = dataclasses.replace(limits, timing_s=options.timing_s)
    return Judge(
        options.cache,
        options.device,
        require_isolation=options.require_isolation,
        limits=limits,
    )


def _judge(options: argparse.Namespace) -> int:
    code = _read_file(options.candidate, "candidate")
    with _make_judge(options) as judge:
        problem = _problem(options, judge.device)
        verdict = judge.evaluate(
            code,
            problem,
            seed=options.seed,
            timed=not options.no_timing,
            wanted=options.wanted or "",
            sanitized=options.sanitize,
        )
    text = json.dumps(verdict.to_dict()) if options.json else report(verdict, problem.name)
    print("".join(map(_shown, text)))
    return 0


def _problem(options: argparse.Namespace, device: str) -> Problem:
    if options.task is not None:
        from agent_env.kernels.tasks import load_task

        return load_task(options.task, device)
    if options.kernelbench is not None:
        from agent_env.adapters.kernelbench import load_problem

        return load_problem(
            options.level, options.problem, options.kernelbench, shrink=options.shrink
        )
    from agent_env.kernels.reference_file import load_reference

    _read_file(options.reference, "reference")
    return load_reference(options.reference)


def _read_file(path: str, what: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return file.read(LONGEST_BYTES)
    except OSError as error:
        raise ValueError(f"The {what} {path!r} cannot be read: {error.strerror}.") from None


def _shown(character: str) -> str:
    """What a program said may hold what no terminal should be told, or cannot be encoded."""
    if character.isprintable() or character in "\n\t":
        return character
    return character.encode("unicode_escape").decode("ascii")


def report(verdict: Verdict, problem: str) -> str:
    """The verdict for people, a few lines."""
    lines = [f"{verdict.status.value}: {verdict.reason}"]
    if verdict.hacks:
        lines.append(f"  seen       {', '.join(verdict.hacks)}")
    timing = verdict.timing
    if timing is not None:
        low, high = timing.speedup_ci
        lines.append(
            f"  speed-up   {timing.speedup_x:.3f}x [{low:.3f}, {high:.3f}] over the baseline "
            f"({timing.candidate_us:.1f} us against {timing.reference_us:.1f} us, "
            f"{timing.pairs} pairs)"
        )
        if timing.noisy:
            lines.append("  noisy      the estimates disagree; this number is not to be believed")
        if not timing.is_performance:
            lines.append("  no speed   an emulated or shrunk run; its time says nothing")
    used = verdict.resources
    if used is not None:
        lines.append(
            f"  resources  {used.registers} registers, {used.shared_bytes} B shared, "
            f"{used.spill_bytes} B spilled"
        )
    if verdict.missing:
        lines.append(f"  missing    isolation by {', '.join(verdict.missing)}")
    lines.append(
        f"  problem    {problem}, {verdict.language} on {verdict.device}, {verdict.wall_s:.2f} s"
    )
    if verdict.log.strip():
        lines += ["  log", *(f"    {line}" for line in verdict.log.strip().splitlines())]
    return "\n".join(lines)


def _list(options: argparse.Namespace) -> int:
    from agent_env.kernels.tasks import list_tasks
    from agent_env.kernels.toolchains import survey

    with _make_judge(options) as judge:
        layers, missing = judge.isolation()
        device = judge.device
    tools = survey()
    if options.json:
        known = {
            "tasks": list(list_tasks()),
            "toolchains": [
                {"name": one.name, "version": one.version, "missing": one.missing} for one in tools
            ],
            "isolation": list(layers),
            "missing": missing,
            "device": device,
        }
        print(json.dumps(known))
        return 0
    print("tasks")
    for name in list_tasks():
        print(f"  {name}")
    print("tool chains")
    for one in tools:
        state = one.version if one.available else f"not available here: {one.missing}"
        print(f"  {one.name:<8} {state}  ({one.serves})")
    print("isolation")
    for layer in layers:
        print(f"  {layer}")
    for layer, why in missing.items():
        print(f"  {layer:<10} missing: {why}")
    return 0
