"""Static rules that refuse a program.

Place in the flow: `policy` runs every entry. FORBIDDEN is a table of names; `ACTS` are rules that
need more than a name.

What it does not do: nothing here is flow-sensitive, and a name that a program defines itself is not
ours. False alarms cost more than misses, since the judge catches what runs.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from agent_env.kernels.findings import Finding, refused
from agent_env.kernels.program import API, Program


@dataclass(frozen=True, slots=True, kw_only=True)
class _Forbidden:
    """Names that no candidate needs.

    Attributes:
        names: Dotted; what lies below each is meant too.
        why: What to say, after the name.
    """

    names: tuple[str, ...]
    why: str


FORBIDDEN: Mapping[str, _Forbidden] = {
    "background_thread": _Forbidden(
        names=(
            *("threading", "_thread", "multiprocessing", "concurrent", "asyncio"),
            *("torch.multiprocessing", "torch.jit.fork", "torch.jit._fork", "torch.futures"),
        ),
        why="starts work that goes on beside forward; use OpenMP inside a kernel",
    ),
    "process_control": _Forbidden(
        names=(
            *("subprocess", "pty", "signal", "resource", "os.fork", "os.forkpty", "os.system"),
            *("os.popen", "os.kill", "os.killpg", "os.posix_spawn", "os.posix_spawnp"),
            *("os.execv", "os.execve", "os.execvp", "os.execvpe", "os.execl", "os.execle"),
            *("os.execlp", "os.execlpe", "os.spawnl", "os.spawnle", "os.spawnlp", "os.spawnlpe"),
            *("os.spawnv", "os.spawnve", "os.spawnvp", "os.spawnvpe", "os.setpriority"),
            *("os.nice", "os.sched_setaffinity", "os.sched_setscheduler", "os.unshare"),
        ),
        why="starts, ends or steers processes; kernels go through agent_env.kernels.api",
    ),
    "network": _Forbidden(
        names=("socket", "socketserver", "http", "urllib", "ssl", "ftplib", "smtplib", "requests"),
        why="reaches for the network, and there is none",
    ),
    "memory_access": _Forbidden(
        names=("ctypes", "cffi", "mmap", "_ctypes", "_cffi_backend"),
        why="reaches into memory; C++ goes through agent_env.kernels.api.cpp",
    ),
    "object_walk": _Forbidden(
        names=("gc.get_objects", "gc.get_referrers", "gc.get_referents", "gc.callbacks"),
        why="looks for objects that are not the program's",
    ),
    "frame_walk": _Forbidden(
        names=(
            *("sys._getframe", "sys._current_frames", "sys.settrace", "sys.setprofile"),
            *("inspect.stack", "inspect.currentframe", "inspect.trace", "inspect.getouterframes"),
            *("traceback.walk_stack", "sys._getframemodulename", "sys.monitoring"),
        ),
        why="looks at the frames of its callers",
    ),
    "judge_tampering": _Forbidden(
        names=(
            *("os.write", "os.writev", "os.pwrite", "os.sendfile", "os.dup", "os.dup2"),
            *("os.close", "os.closerange", "os.fdopen", "os.pipe", "os.openpty"),
            *("faulthandler", "sys.modules", "sys.meta_path", "sys.path_hooks", "sys.addaudithook"),
        ),
        why="touches the judge's own files and hooks",
    ),
    "module_reload": _Forbidden(
        names=(
            *("importlib.reload", "importlib.util.module_from_spec", "importlib.machinery"),
            *("importlib.util.spec_from_file_location", "imp", "runpy"),
        ),
        why="loads modules by other ways than an import",
    ),
    "early_exit": _Forbidden(
        names=("os._exit", "os.abort", "sys.exit", "atexit", "exit", "quit"),
        why="leaves, or acts on leaving; return from forward",
    ),
    "package_install": _Forbidden(
        names=("pip", "ensurepip", "pkg_resources"),
        why="installs packages; only what is here can be used",
    ),
    "torch_compile": _Forbidden(
        names=(
            *("torch.compile", "torch._dynamo", "torch._inductor", "torch.jit.script"),
            *("torch.jit.trace", "torch.export", "torch.fx"),
        ),
        why="has torch make the kernel; write it",
    ),
    "cuda_graph": _Forbidden(
        names=("torch.cuda.CUDAGraph", "torch.cuda.graph", "torch.cuda.make_graphed_callables"),
        why="replays a recorded call",
    ),
    "side_stream": _Forbidden(
        names=("torch.cuda.Stream", "torch.cuda.ExternalStream", "torch.cuda.stream"),
        why="leaves the stream on which the call is timed",
    ),
    "lazy_tensor": _Forbidden(
        names=(
            *("torch.utils._python_dispatch", "torch.overrides", "torch._subclasses"),
            *("torch.Tensor._make_subclass", "torch.Tensor._make_wrapper_subclass"),
        ),
        why="puts something of its own where torch's tensors are expected",
    ),
    "precision_downgrade": _Forbidden(
        names=(
            *("torch.set_default_dtype", "torch.set_default_tensor_type", "torch.autocast"),
            *("torch.amp.autocast", "torch.cuda.amp.autocast", "torch.cpu.amp.autocast"),
            "torch.set_float32_matmul_precision",
            *("torch.set_flush_denormal", "torch.backends.cuda.matmul.allow_tf32"),
            "torch.backends.cudnn.allow_tf32",
        ),
        why="lowers the precision of everything that torch computes",
    ),
    "seed_reading": _Forbidden(
        names=("torch.initial_seed", "torch.random.initial_seed", "torch.get_rng_state"),
        why="reads what inputs are made from",
    ),
    "built_code": _Forbidden(
        names=(
            *("exec", "eval", "compile", "builtins", "__builtins__", "code", "codeop", "marshal"),
            *("types.CodeType", "types.FunctionType", "__import__", "pickle", "dill"),
        ),
        why="runs code that its text does not show; write it out",
    ),
}

_FRAME_ATTRIBUTES = frozenset(("f_back", "f_globals", "f_locals", "tb_frame", "gi_frame"))
_INNER_ATTRIBUTES = frozenset(
    ("__globals__", "__code__", "__closure__", "__subclasses__", "__builtins__")
)
_CLOCKS = frozenset(("time", "timeit"))
_CLOCK_NAMES = frozenset(("Event", "synchronize", "elapsed_time", "record"))
_SETTINGS = ("torch.backends.",)
"""Attributes that are there to be assigned."""
_TENSORS = frozenset(("torch.Tensor", "torch.nn.Parameter", "torch.nn.parameter.Parameter"))
_HOOKS = frozenset(("__torch_function__", "__torch_dispatch__"))


def forbidden_names(program: Program) -> Iterator[Finding]:
    """Imports of, and references to, what FORBIDDEN names."""
    seen = [*program.modules(), *program.references()]
    for path, node in seen:
        found = _rule_of(path)
        if found:
            rule, name = found
            yield refused(rule, node, f"{name} {FORBIDDEN[rule].why}.")


def _rule_of(path: str) -> tuple[str, str] | None:
    path = path.removeprefix("builtins.") if path.startswith("builtins.") else path
    links = path.split(".")
    for count in range(1, len(links) + 1):
        name = ".".join(links[:count])
        rule = _BY_NAME.get(name)
        if rule:
            return rule, name
    return None


_BY_NAME = {name: rule for rule, entry in FORBIDDEN.items() for name in entry.names}


def imported_judge(program: Program) -> Iterator[Finding]:
    """Imports of the judge's own modules; only the api is for candidates."""
    for path, node in program.modules():
        inside = path.split(".")[0] in ("agent_env", "training", "parsers", "prompts")
        allowed = f"{path}.".startswith(f"{API}.") or path == "agent_env.kernels.api"
        if inside and not allowed:
            yield refused("judge_tampering", node, f"Only {API} may be imported, not {path}.")


def frames(program: Program) -> Iterator[Finding]:
    """Attributes that lead to other frames, or into other functions."""
    for node in program.nodes:
        if isinstance(node, ast.Attribute) and node.attr in _FRAME_ATTRIBUTES:
            yield refused("frame_walk", node, f".{node.attr} looks at the frames of its callers.")
        elif isinstance(node, ast.Attribute) and node.attr in _INNER_ATTRIBUTES:
            sentence = f".{node.attr} reaches into functions that are not the program's."
            yield refused("foreign_globals", node, sentence)


def patches(program: Program) -> Iterator[Finding]:
    """Assignments to attributes of imported things, by statement, setattr or their dictionary."""
    for node in program.nodes:
        if isinstance(node, ast.Attribute | ast.Subscript):
            if isinstance(node.ctx, ast.Store | ast.Del):
                path = program.path(node)
                if path and path.split(".")[0] in _roots(program):
                    yield from _patch(path, node)
        elif isinstance(node, ast.Call):
            yield from _patching_call(program, node)


def _patching_call(program: Program, call: ast.Call) -> Iterator[Finding]:
    name = program.path(call.func)
    if name in ("setattr", "delattr") and call.args:
        owner = program.path(call.args[0])
        named = call.args[1] if len(call.args) > 1 else None
        attr = named.value if isinstance(named, ast.Constant) else None
        if owner and owner.split(".")[0] in _roots(program):
            yield from _patch(f"{owner}.{attr if isinstance(attr, str) else '...'}", call)
    elif name.startswith("unittest.mock."):
        yield from _patch(name, call)


def _roots(program: Program) -> set[str]:
    return {path.split(".")[0] for path in program.aliases.values()} - {"self"}


def _patch(path: str, node: ast.AST) -> Iterator[Finding]:
    if path.startswith(_SETTINGS) or path.startswith("os.environ"):
        return
    links = path.split(".")
    clock = links[0] in _CLOCKS or _CLOCK_NAMES & set(links)
    rule = "patched_clock" if clock else "patched_library"
    yield refused(rule, node, f"{path} is not the program's; it may not be replaced.")


def tensor_kinds(program: Program) -> Iterator[Finding]:
    """Tensor subclasses, dispatch hooks, and objects that change their class."""
    for node in program.nodes:
        match node:
            case ast.ClassDef(name=name, bases=bases):
                if any(program.path(base) in _TENSORS for base in bases):
                    yield refused("lazy_tensor", node, f"{name} is a kind of tensor; return one.")
            case ast.FunctionDef(name=name) if name in _HOOKS:
                yield refused("lazy_tensor", node, f"{name} changes what torch's functions do.")
            case ast.Attribute(attr="__class__", ctx=ast.Store()):
                yield refused("lazy_tensor", node, "An object's class may not be replaced.")
            case ast.Attribute(attr="as_subclass"):
                yield refused("lazy_tensor", node, "as_subclass makes no plain tensor; return one.")


def overridden_operators(program: Program) -> Iterator[Finding]:
    """Torch's own operators given another implementation."""
    for path, call in program.calls():
        match call.args:
            case [ast.Constant(value="aten" | "prim" as name), *_] if path == (
                "torch.library.Library"
            ):
                sentence = f"Operators of {name} may not be replaced; register your own."
                yield refused("patched_library", call, sentence)


def unknown_imports(program: Program) -> Iterator[Finding]:
    """Imports of modules whose name the text does not tell."""
    for path, call in program.calls():
        if path == "importlib.import_module":
            if not (call.args and isinstance(call.args[0], ast.Constant)):
                yield refused("built_code", call, "A module's name must be written out.")
        elif path == "getattr" and len(call.args) > 1:
            owner = program.path(call.args[0]).split(".")[0]
            hidden = isinstance(call.args[1], ast.BinOp | ast.JoinedStr | ast.Call)
            if hidden and owner in ("os", "sys", "gc", "inspect", "importlib", "builtins"):
                yield refused("built_code", call, f"A name of {owner} must be written out.")


def pieced_names(program: Program) -> Iterator[Finding]:
    """Names of what is forbidden, put together from pieces so that they are not read."""
    for node in program.nodes:
        if isinstance(node, ast.BinOp) and _joined(node) in _HIDDEN:
            yield refused("built_code", node, "A name is put together from pieces; write it out.")


def _joined(node: ast.expr) -> str:
    """A sum of string literals, or an empty string."""
    parts: list[str] = []
    while isinstance(node, ast.BinOp):
        if not (isinstance(node.right, ast.Constant) and isinstance(node.right.value, str)):
            return ""
        parts.append(node.right.value)
        node = node.left
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        return ""
    return "".join([node.value, *reversed(parts)]) if len(parts) < 16 else ""


_HIDDEN = (
    _FRAME_ATTRIBUTES
    | _INNER_ATTRIBUTES
    | _HOOKS
    | {"__traceback__", "_getframe", "agent_env", "agent_env.kernels"}
)


def files(program: Program) -> Iterator[Finding]:
    """Writing outside of the scratch folder, and looking where no program's business is."""
    for path, call in program.calls():
        if path not in ("open", "io.open", "os.open", "pathlib.Path", "io.FileIO") or not call.args:
            continue
        place = call.args[0].value if isinstance(call.args[0], ast.Constant) else ""
        if not isinstance(place, str):
            continue
        if place.startswith(("/proc", "/sys", "/dev")):
            yield refused("judge_tampering", call, f"{place} is none of the program's business.")
        elif place.startswith(("/", "..", "~")) and _writes(call):
            yield refused("filesystem", call, f"{place} is outside of the scratch folder.")


def _writes(call: ast.Call) -> bool:
    given = [*call.args[1:2], *(word.value for word in call.keywords if word.arg == "mode")]
    return any(
        isinstance(one, ast.Constant)
        and isinstance(one.value, str)
        and set(one.value) & set("wax+")
        for one in given
    )


def output_streams(program: Program) -> Iterator[Finding]:
    """sys.stdout and its kin replaced: what a program prints is read by people."""
    for node in program.nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            path = program.path(node)
            if path in ("sys.stdout", "sys.stderr", "sys.__stdout__", "sys.__stderr__"):
                yield refused("judge_tampering", node, f"{path} may not be replaced.")


ACTS: tuple[Callable[[Program], Iterator[Finding]], ...] = (
    imported_judge,
    frames,
    patches,
    tensor_kinds,
    overridden_operators,
    unknown_imports,
    pieced_names,
    files,
    output_streams,
)
