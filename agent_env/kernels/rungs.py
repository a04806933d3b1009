"""The rungs below running: what the source tells, and what a candidate is compared with.

Place in the flow: `judge` calls `prepare` (text, policy, compile) and `expectations`, both in its
own process, before a child is forked.

What it does not do: it runs nothing of a candidate.
"""

from __future__ import annotations

import ast
import hashlib
import json
import secrets
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent_env.errors import EnvError
from agent_env.kernels import policy, sanitize
from agent_env.kernels.check import Finding, Plan, make_plan
from agent_env.kernels.limits import Limits
from agent_env.kernels.nursery import Flavour
from agent_env.kernels.problem import Problem
from agent_env.kernels.verdict import Resources, Status

if TYPE_CHECKING:
    from torch import nn

DEVICES = ("cpu", "cuda", "auto")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What is known of a candidate before it runs.

    Attributes:
        code: Its text.
        finding: Why it is not run, or None.
        hacks: Names of what its text makes suspicious.
        language: "torch", "cpp", "cuda" or "triton".
        log: A compiler's message.
        artefacts: Files for `api`, by name.
        resources: What a compiler said of its kernels.
        flavour: The zygote that it needs.
        is_performance: Whether its times say anything about speed.
    """

    code: str
    finding: Finding | None = None
    hacks: tuple[str, ...] = ()
    language: str = ""
    log: str = ""
    artefacts: Mapping[str, bytes] = field(default_factory=dict)
    resources: Resources | None = None
    flavour: Flavour = field(default_factory=Flavour)
    is_performance: bool = True


def device_named(name: str) -> str:
    """The device that a name means on this machine.

    Raises:
        ValueError: There is no such device, or this machine has no GPU.
    """
    if name not in DEVICES:
        raise ValueError(f"The device is {name!r}; give one of: {', '.join(DEVICES)}.")
    if name == "cpu":
        return name
    import torch

    here = torch.cuda.is_available()
    if name == "cuda" and not here:
        raise ValueError("The device is 'cuda', and torch sees no GPU here; give 'cpu'.")
    return "cuda" if here else "cpu"


def prepare(
    code: str | bytes,
    cache_dir: str | Path | None,
    limits: Limits,
    device: str,
    *,
    static_rules: bool = True,
    wanted: str = "",
    sanitized: bool = False,
) -> Prepared:
    """What the text itself tells, and what its compilers make of it; arguments as of `Judge`."""
    text, finding = _read(code, limits)
    if finding is None:
        finding = _syntax(text)
    if finding is not None:
        log = finding.reason if finding.status is Status.COMPILE_ERROR else ""
        return Prepared(code=text, finding=finding, log=log)
    refused, hacks, language = _policy(text, wanted, static_rules=static_rules)
    if refused is not None:
        return Prepared(code=text, finding=refused, hacks=hacks, language=language)
    return _compiled(text, hacks, language, cache_dir, limits, device, sanitized=sanitized)


def _read(code: str | bytes, limits: Limits) -> tuple[str, Finding | None]:
    if len(code) > limits.source_bytes:
        reason = f"The program has {len(code)} bytes; at most {limits.source_bytes} are read."
        return "", Finding(status=Status.COMPILE_ERROR, reason=reason)
    try:
        text = code.decode("utf-8-sig") if isinstance(code, bytes) else code
        text.encode("utf-8")  # a lone surrogate is no text either
    except UnicodeError as error:
        reason = f"The program is not UTF-8: {error}"
        return "", Finding(status=Status.COMPILE_ERROR, reason=reason)
    if not text.strip():
        return "", Finding(status=Status.NO_CODE, reason="There is no program: the text is empty.")
    return text, None


def _syntax(text: str) -> Finding | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text, "candidate.py")
    except SyntaxError as error:
        near = f"\n    {error.text.rstrip()}" if error.text else ""
        reason = f"candidate.py, line {error.lineno}: {error.msg}{near}"
    except (ValueError, RecursionError, MemoryError) as error:  # NUL bytes; nested too deeply
        reason = f"candidate.py cannot be read: {error}"
    else:
        return None
    return Finding(status=Status.COMPILE_ERROR, reason=reason)


def _policy(
    text: str, wanted: str, *, static_rules: bool
) -> tuple[Finding | None, tuple[str, ...], str]:
    """What the static rules refuse, the names of all they saw, and the language."""
    language = policy.language_of(text)
    if not static_rules:
        return None, (), language
    found = policy.check_source(text, wanted=wanted)
    names = tuple(dict.fromkeys(one.rule for one in found))
    refused = [one for one in found if one.severity is policy.Severity.REFUSE]
    if not refused:
        return None, names, language
    first = refused[0]
    reason = f"candidate.py, line {first.line}: {first.sentence}"
    return Finding(status=Status.POLICY, reason=reason), names, language


def _compiled(
    text: str,
    hacks: tuple[str, ...],
    language: str,
    cache_dir: str | Path | None,
    limits: Limits,
    device: str,
    *,
    sanitized: bool,
) -> Prepared:
    from agent_env.kernels import compile as compiling
    from agent_env.kernels import toolchains
    from agent_env.kernels.cache import Cache

    cache = Cache(Path(cache_dir) if cache_dir is not None else compiling.default_folder())
    more = sanitize.FLAGS if sanitized else ()
    built = compiling.compile_candidate(text, cache, limits.compile_s, device=device, more=more)
    if sanitized and built.ok and "cpp" not in built.languages:
        raise EnvError("SanitizeError", "Only C++ is sanitized, and the program has no cpp(...).")
    known: dict[str, Any] = {
        "code": text,
        "hacks": hacks,
        "language": language,
        "log": built.log,
    }
    if not built.ok:
        timeout = built.status is compiling.BuildStatus.TIMEOUT
        status = Status.TIMEOUT if timeout else Status.COMPILE_ERROR
        if built.status is compiling.BuildStatus.UNAVAILABLE:
            raise EnvError("ToolchainError", built.reason)
        return Prepared(**known, finding=Finding(status=status, reason=built.reason))
    if built.compile_only:
        reason = f"It compiles, and cannot be run here: {built.compile_only}"
        finding = Finding(status=Status.RUNTIME_ERROR, reason=reason)
        return Prepared(**known, finding=finding, resources=built.resources)
    artefacts = {f"{name}.json": json.dumps(facts).encode() for name, facts in built.facts.items()}
    artefacts |= {f"{name}.so": path.read_bytes() for name, path in built.artefacts.items()}
    return Prepared(
        **known,
        flavour=sanitize.flavour() if sanitized else _flavour(language, device),
        artefacts=artefacts,
        resources=built.resources,
        is_performance=all(
            toolchains.is_performance(one, device) for one in (language, *built.languages)
        ),
    )


def _flavour(language: str, device: str) -> Flavour:
    """The zygote that a language needs.

    Raises:
        EnvError: This machine cannot run it.
    """
    if language != "triton" or device != "cpu":
        return Flavour()
    from agent_env.kernels import triton_cpu

    if missing := triton_cpu.problem():
        raise EnvError("ToolchainError", missing)
    return Flavour(name="triton", environment=triton_cpu.ENVIRONMENT, preload=triton_cpu.PRELOAD)


def launches(
    prepared: Prepared,
    problem: Problem,
    plan: Plan,
    seed: int,
    cache_dir: str | Path | None,
) -> tuple[Finding | None, Resources | None, str]:
    """What a Triton candidate's launches make of the GPU that it was written for, without one.

    Returns:
        Why they do not fit it, what they take of it, and what to say if neither could be known.
    """
    from agent_env.kernels import compile as compiling
    from agent_env.kernels.cache import Cache
    from agent_env.kernels.triton_aot import compile_launches

    cache = Cache(Path(cache_dir) if cache_dir is not None else compiling.default_folder())
    found = compile_launches(
        prepared.code, list(problem.init_inputs()), plan.timed.inputs, cache, seed=seed
    )
    if found.ok or found.missing:
        return None, found.resources, found.missing
    finding = Finding(status=Status.COMPILE_ERROR, reason=found.reason, log=found.log)
    return finding, found.resources, ""


def seeds(master: int | None) -> tuple[int, int]:
    """The seeds of weights and of contents; neither tells the other one.

    The candidate's process is told the first, since it builds its own weights, and may look for
    what it was derived from; so a `master` that others know, or that is small, hides nothing.

    Args:
        master: What both are derived from; None draws what nobody can guess.
    """
    master = secrets.randbits(128) if master is None else master
    weights, contents = (
        int.from_bytes(hashlib.sha256(f"{what} {master}".encode()).digest()[:8], "big") >> 33
        for what in ("weights", "contents")
    )
    return weights, contents


def expectations(problem: Problem, weights: int, contents: int) -> tuple[nn.Module, Plan]:
    """The baseline under its seed, and the calls under theirs with what is expected of them.

    The global random state of torch is left as it was.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        # In training mode, as KernelBench runs both; the candidate is built so too.
        model = problem.build(weights)
        return model, make_plan(problem, model, contents)


@contextmanager
def one_thread() -> Iterator[None]:
    """Has torch compute on one thread in this process for the block.

    References are small, and a pool of threads on busy cores waits longer than it computes.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
