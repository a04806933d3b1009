"""A candidate's kernels built before any of it runs.

Place in the flow: after the policy, the judge calls `compile_candidate`, which finds the sources in
the candidate's text (`sources`), builds each in a cage (`tool_cage`) or takes it from the `Cache`,
and says what went wrong in the compiler's own words. `stage` then lays the libraries where the
candidate's process may read them, and `api` finds them there.

What it does not do: it runs nothing of the candidate, and it does not build what the candidate
compiles by itself (`torch.utils.cpp_extension.load_inline`), which happens in the candidate's own
process, in its scratch folder, and is slow: about a minute for a source with torch's headers.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from agent_env.kernels import c_source, compile_cuda, toolchains
from agent_env.kernels.cache import Cache, Entry, key_of
from agent_env.kernels.compile_log import first_error, trim
from agent_env.kernels.product import Product
from agent_env.kernels.sources import LANGUAGES, MAX_CHARS, Source, find_sources
from agent_env.kernels.tool_cage import read_output, run_tool
from agent_env.kernels.verdict import Resources

FLAGS = (
    "-O1",
    "-O2",
    "-O3",
    "-Ofast",
    "-ffast-math",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-funroll-loops",
    "-mprefer-vector-width=256",
    "-mprefer-vector-width=512",
)
"""What a candidate may ask of g++ beside what it gets anyway."""
ALWAYS = (
    "-O3",
    "-march=native",
    "-fopenmp",
    "-std=c++17",
    "-shared",
    "-fPIC",
    "-Wl,-z,defs",
    "-fmax-errors=10",
    "-fdiagnostics-color=never",
)
TIMEOUT_S = 60.0


class BuildStatus(Enum):
    """How building a candidate ended."""

    OK = "ok"
    """Everything that it compiles is built, or it compiles nothing."""
    ERROR = "error"
    """A compiler refused a source; its message is the log."""
    REFUSED = "refused"
    """A source or a flag asks for what no candidate may have; no compiler saw it."""
    TIMEOUT = "timeout"
    """A compiler was still running at the deadline."""
    UNAVAILABLE = "unavailable"
    """This machine has not got the tool chain; that is no fault of the candidate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What became of a candidate's sources.

    Attributes:
        status: How it ended.
        reason: One sentence unless all is well.
        log: The tool chain's own message, cut to the candidate's lines.
        artefacts: Each library by its source's hash.
        facts: What is known of each library, by the same hash; JSON data.
        resources: The largest over all CUDA kernels; None where no tool chain said.
        compile_only: Why the kernels cannot run on this machine although they compile; "" if they
            can. A candidate's call then raises `KernelError` with the same sentence.
        notes: What could not be done here, such as compiling for sm_90 without nvcc.
        languages: "cpp" and "cuda", as far as the candidate compiles them. Whatever its text looks
            like, a time counts only if `toolchains.is_performance` holds for every one.
    """

    status: BuildStatus
    reason: str = ""
    log: str = ""
    artefacts: Mapping[str, Path] = field(default_factory=dict)
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    resources: Resources | None = None
    compile_only: str = ""
    notes: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the candidate may be run."""
        return self.status is BuildStatus.OK


def compile_candidate(
    code: str,
    cache: Cache,
    timeout_s: float = TIMEOUT_S,
    *,
    device: str = "cpu",
    more: Sequence[str] = (),
) -> Built:
    """Everything that the candidate hands to `api.cpp` and `api.cuda`, built for the device.

    Args:
        code: The candidate's text.
        cache: Where built things are kept.
        timeout_s: Wall time for each run of a compiler.
        device: "cpu" runs CUDA through the shim; "cuda" runs it on the GPU.
        more: The judge's own flags for g++, after all others.

    Raises:
        SyntaxError: The candidate is no Python.
        ValueError: Its text cannot be read as Python for another reason.
        OSError: The cache cannot be written.
    """
    artefacts, facts = {}, {}
    sources = find_sources(code)
    for source in sources:
        product, entry = _build(source, cache, timeout_s, device, more)
        if product.status != BuildStatus.OK.value:
            return Built(status=BuildStatus(product.status), reason=product.reason, log=product.log)
        facts[source.hash] = product.to_dict()
        if entry is not None and "library.so" in entry.files:
            artefacts[source.hash] = entry.files["library.so"]
    products = [Product.from_dict(one) for one in facts.values()]
    return Built(
        status=BuildStatus.OK,
        artefacts=artefacts,
        facts=facts,
        log="\n".join(one.log for one in products if one.log),
        resources=compile_cuda.largest([one.resources for one in products if one.resources]),
        compile_only=next((one.compile_only for one in products if one.compile_only), ""),
        notes=tuple(dict.fromkeys(one.note for one in products if one.note)),
        languages=tuple(dict.fromkeys(one.language for one in sources)),
    )


def stage(built: Built, folder: Path) -> None:
    """Copies libraries and facts into a folder, readable by everybody, for `api.use_libraries`.

    Copied and not linked, so that neither a candidate nor a full cache can change the other's file.
    A file that is there already is replaced, never written over: a process that has loaded it would
    find other code in its place and crash, at its end if not before.

    Raises:
        OSError: The folder cannot be written, or the cache lost a library meanwhile.
    """
    for name, facts in built.facts.items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(facts), encoding="utf-8")
        path.chmod(0o644)
    for name, library in built.artefacts.items():
        path = folder / f"{name}.so"
        path.unlink(missing_ok=True)
        path.write_bytes(library.read_bytes())
        path.chmod(0o755)


def default_folder() -> Path:
    """Where built things are kept unless told otherwise: the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "callforge" / "kernels"


def build_by_hand(language: str, text: str, flags: Sequence[str]) -> Path:
    """A folder with the library of one source, for a candidate that runs without a judge.

    The folder goes when the process ends.

    Raises:
        KernelError: It does not compile, or cannot be compiled here.
    """
    from agent_env.kernels.arguments import KernelError

    source = Source(language=language, text=text, flags=tuple(flags))
    product, entry = _build(source, Cache(default_folder()), TIMEOUT_S, "cpu")
    if product.status != BuildStatus.OK.value:
        raise KernelError(f"{product.reason}\n{product.log}".strip())
    folder = Path(tempfile.mkdtemp(prefix="callforge-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    files = entry.files if entry is not None else {}
    artefacts = {source.hash: files["library.so"]} if "library.so" in files else {}
    stage(
        Built(
            status=BuildStatus.OK,
            artefacts=artefacts,
            facts={source.hash: product.to_dict()},
        ),
        folder,
    )
    return folder


def _build(
    source: Source, cache: Cache, timeout_s: float, device: str, more: Sequence[str] = ()
) -> tuple[Product, Entry | None]:
    """What came of one source, from the cache where it was built before."""
    if why := _refusal(source):
        return Product(status=BuildStatus.REFUSED.value, reason=why), None
    tools = {"g++": toolchains.gxx()}
    if source.language == "cuda":
        tools["nvcc"] = toolchains.nvcc()
    key = key_of(
        source=source.hash,
        tools={name: tool.version for name, tool in tools.items()},
        architecture=toolchains.architecture(),
        always=(*ALWAYS, *more),
        shim=compile_cuda.SHIM_VERSION,
        device=device if source.language == "cuda" else "cpu",
    )
    if (entry := cache.get(key)) is not None:
        return Product.from_dict(entry.facts), entry
    if source.language == "cuda":
        product, library = compile_cuda.build(
            source, tools["g++"], tools["nvcc"], timeout_s, device
        )
    else:
        product, library = _build_cpp(source, tools["g++"], timeout_s, more)
    if product.transient:
        return product, None
    files = {"library.so": library} if library is not None else {}
    return product, cache.put(key, product.to_dict(), files)


def _refusal(source: Source) -> str:
    if source.language not in LANGUAGES:
        return f"There is no compiler for {source.language!r}; give one of {', '.join(LANGUAGES)}."
    if len(source.text) > MAX_CHARS:
        return f"A source has {len(source.text)} characters; at most {MAX_CHARS} are compiled."
    if "\0" in source.text:
        return "A source holds a NUL character; leave it out."
    for flag in source.flags:
        if flag not in FLAGS:
            return f"The flag {flag[:60]!r} is refused; known: {', '.join(FLAGS)}."
    if source.language == "cuda" and source.flags:
        return "cuda() takes no flags."
    return c_source.refusal(source.text)


def _build_cpp(
    source: Source, gxx: toolchains.Toolchain, timeout_s: float, more: Sequence[str]
) -> tuple[Product, bytes | None]:
    if gxx.path is None:
        status = BuildStatus.UNAVAILABLE.value
        return Product(status=status, reason=gxx.missing, transient=True), None
    with tempfile.TemporaryDirectory(prefix="callforge-cpp-") as name:
        folder = Path(name)
        (folder / "candidate.cpp").write_text(source.text, encoding="utf-8", errors="replace")
        flags = (*ALWAYS, *source.flags, *more)
        command = [str(gxx.path), *flags, "candidate.cpp", "-o", "library.so"]
        run = run_tool(command, folder, timeout_s=timeout_s)
        library = read_output(folder / "library.so")
        log = trim(run.log, folder=folder, own="candidate.cpp")
    if run.timed_out:
        return Product.timed_out("g++", timeout_s), None
    if run.returncode != 0 or library is None:
        return Product.refused("g++", run.returncode, log or run.log, first_error(log)), None
    functions = tuple(one.to_dict() for one in c_source.prototypes(source.text))
    return Product(status=BuildStatus.OK.value, log=log, functions=functions), library
