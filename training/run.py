"""One run, from its command line to its exit status.

Place in the flow: ``bash training/run.sh`` -> ``python -m training`` -> here ->
``training/session.py``, which is imported only once the settings hold, because SkyRL, Ray and torch
come with it.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from training import compat
from training.config import RunConfig, help_text, load, read_arguments
from training.folders import RunFolder, open_run
from training.settings import ConfigError

ROOT = Path(__file__).resolve().parent.parent
RUNS = ROOT / "runs"
CACHE = ROOT / ".cache" / "warm_start"

_CONTROL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x1f\x7f]")

EXIT_FAILED, EXIT_BAD_SETTINGS, EXIT_INTERRUPTED = 1, 2, 130


def main(argv: Sequence[str], *, runs: Path = RUNS, cache: Path = CACHE) -> int:
    """Exit status: 0 done, 1 failed or short of its figures, 2 bad settings, 130 interrupted.

    Args:
        argv: ``[--smoke] [--config PATH] [--help] [key=value ...]``.
        runs: Where run folders are.
        cache: Where warm starts are kept.
    """
    started = time.monotonic()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter ends no run
    try:
        arguments = read_arguments(argv)
        if arguments.help:
            print(help_text())
            return 0
        config = load(arguments.overrides, arguments.path)
        _check_domain(config)
        named = any(override.startswith("name=") for override in arguments.overrides)
        with open_run(config, runs, named=named) as folder:
            return _run(config, folder, cache, started)
    except ConfigError as error:
        print(f"run: {error}", file=sys.stderr)
        return EXIT_BAD_SETTINGS


def _check_domain(config: RunConfig) -> None:
    """Raises ConfigError when the domain, one of its options or what is made of it cannot be."""
    from training.dataset import load_run_domain, turn_reward_range  # needs what is installed
    from training.warm_start import corpora

    try:
        domain = load_run_domain(config)
    except ConfigError:
        raise
    except (ValueError, LookupError, TypeError) as error:
        raise ConfigError(f"domain: {error}") from error
    corpora.check(config)
    stop = config.tree.mean_stop
    least, most = turn_reward_range(domain)
    if stop is not None and not least < stop <= most:
        raise ConfigError(
            f"tree.mean_stop={stop:g}: a turn of domain={domain.name} earns {least:g} to {most:g}; "
            "give a number in between, or leave it out so that the environment alone ends paths."
        )


def _run(config: RunConfig, folder: RunFolder, cache: Path, started: float) -> int:
    """Train in this folder. An interruption leaves the last checkpoint and says how to go on."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup means it
            signal.signal(number, signal.default_int_handler)
    terminal, errors = sys.stdout, sys.stderr
    debug = os.environ.get("DEBUG_PARSER") == "1"
    _log_to(errors, folder.log.parent / "parser.log", debug=debug)
    compat.prepare_process()
    os.environ |= compat.process_environment(cpu=config.hardware == "cpu")
    try:
        with _output_in(folder.log):
            from training.session import train  # SkyRL, Ray and torch come with it

            return train(config, folder, cache, terminal, started)
    except KeyboardInterrupt:
        kept = folder.step_kept()
        went = (
            f"the same command goes on after step {kept}"
            if kept
            else "no checkpoint was written yet"
        )
        print(f"interrupted; {went} ({folder.path})", file=errors)
        return EXIT_INTERRUPTED
    except ConfigError:
        raise  # a setting that only this machine can refuse; ``main`` answers it
    # Whatever SkyRL, Ray or torch raise, the person gets one sentence and the place of the rest.
    except Exception as error:
        with folder.log.open("a", encoding="utf-8") as file:
            file.write(logging.Formatter().formatException(sys.exc_info()) + "\n")
        print(f"the run failed: {sentence(error)}\nall of it is in {folder.log}", file=errors)
        return EXIT_FAILED


def sentence(error: BaseException) -> str:
    """What went wrong in one line: the cause that a worker raised, without a terminal's colours."""
    cause = getattr(error, "cause", None)  # Ray wraps what a worker raised
    shown = cause if isinstance(cause, BaseException) else error
    text = _CONTROL.sub("", " ".join(str(shown).split()))
    return f"{type(shown).__name__}: {text[-500:]}"


@contextlib.contextmanager
def _output_in(path: Path) -> Iterator[None]:
    """Standard output and error in a file, so that the terminal shows the run alone."""
    with (
        path.open("a", encoding="utf-8", buffering=1) as file,
        contextlib.redirect_stdout(file),
        contextlib.redirect_stderr(file),
    ):
        yield


def _log_to(stream: TextIO, parses: Path, *, debug: bool) -> None:
    """Warnings of ours on standard error always; with DEBUG_PARSER=1 conversations and parses too.

    Args:
        stream: Standard error.
        parses: Where parses go instead when a person watches: a run has thousands of them.
        debug: DEBUG_PARSER is 1.
    """
    _attach("callforge", logging.StreamHandler(stream), logging.DEBUG if debug else logging.WARNING)
    if debug and stream.isatty():
        print(f"every parse is logged in {parses}", file=stream)
        _attach("parsers", logging.FileHandler(parses, encoding="utf-8"), logging.DEBUG)
    elif debug:
        _attach("parsers", logging.StreamHandler(stream), logging.DEBUG)


def _attach(name: str, handler: logging.Handler, level: int) -> None:
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    logger = logging.getLogger(name)
    logger.addHandler(handler)
    logger.setLevel(level)
    logger.propagate = False
