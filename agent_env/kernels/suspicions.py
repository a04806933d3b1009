"""Static rules that only flag: each has honest uses, so the program is judged by running it.

Place in the flow: `policy` runs every entry of SUSPICIONS; the names end up in the verdict.

What it does not do: it refuses nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator

from agent_env.kernels.findings import Finding, flagged, refused
from agent_env.kernels.program import Program

_SPOKEN = {"cpp": "C++", "cuda": "CUDA", "triton": "Triton"}
_BROAD = frozenset(("Exception", "BaseException", "RuntimeError"))
_LOOKUPS = frozenset(("get", "setdefault", "pop"))


def silent_fallback(program: Program) -> Iterator[Finding]:
    """A failing kernel answered by torch: the kernel's faults would never be seen."""
    kernels = {name for name, _ in program.kernels() if name}
    made = {id(call) for _, call in program.compilations()}
    for node in program.nodes:
        if not isinstance(node, ast.Try):
            continue
        inside = [one for statement in node.body for one in ast.walk(statement)]
        tries = any(id(one) in made or _named(one) in kernels for one in inside)
        if not tries:
            continue
        for handler in node.handlers:
            raises = any(isinstance(one, ast.Raise) for one in ast.walk(handler))
            if not raises and _catches_all(program, handler):
                sentence = "A failure of the kernel is hidden by another way to the answer."
                yield flagged("silent_fallback", handler, sentence)


def _catches_all(program: Program, handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or program.path(kind) in _BROAD for kind in kinds)


def _named(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def keyed_cache(program: Program) -> Iterator[Finding]:
    """Something looked up by a tensor's address: contents change where addresses do not."""
    keys = {
        target.id
        for node in program.nodes
        if isinstance(node, ast.Assign) and _is_identity(program, node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in program.nodes:
        for key in _keys(node):
            if _is_identity(program, key) or (isinstance(key, ast.Name) and key.id in keys):
                sentence = "Something is looked up by a tensor's address or identity."
                yield flagged("pointer_replay", node, sentence)


def _keys(node: ast.AST) -> Iterable[ast.expr]:
    match node:
        case ast.Subscript(slice=key):
            return [key]
        case ast.Call(func=ast.Attribute(attr=attr), args=[key, *_]) if attr in _LOOKUPS:
            return [key]
        case ast.Compare(left=left, ops=[ast.In() | ast.NotIn() | ast.Eq() | ast.NotEq()]):
            return [left, *node.comparators]
    return []


def _is_identity(program: Program, node: ast.expr) -> bool:
    """Whether an expression is an address, or a tuple or text that holds one; no arithmetic."""
    match node:
        case ast.Tuple(elts=items):
            return any(_is_identity(program, one) for one in items)
        case ast.Call(func=ast.Attribute(attr="data_ptr"), args=[]):
            return True
        case ast.Attribute(attr="_version"):
            return True
        case ast.Call(func=ast.Name(id="id"), args=[_]):
            return True
    return False


def reference_subclass(program: Program) -> Iterator[Finding]:
    """ModelNew that is the baseline itself under another name."""
    for node in program.nodes:
        if not isinstance(node, ast.ClassDef) or node.name != "ModelNew":
            continue
        bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
        has_forward = any(
            isinstance(one, ast.FunctionDef) and one.name == "forward" for one in node.body
        )
        if "Model" in bases and not has_forward:
            sentence = "ModelNew takes its forward from Model."
            yield flagged("reference_subclass", node, sentence)


def decoy_kernel(program: Program) -> Iterator[Finding]:
    """Kernels that are never launched, or whose output nobody reads."""
    for name, made in program.kernels():
        if not name or not _uses(program, name, made):
            yield flagged("decoy_kernel", made, f"The kernel {name or '...'} is never launched.")
    names = {name for name, _ in program.kernels() if name}
    for function in program.functions():
        if function.name == "forward":
            yield from _unread_outputs(function, names)


def _uses(program: Program, name: str, made: ast.AST) -> bool:
    inside = set(map(id, ast.walk(made)))
    return any(
        _named(node) == name
        and isinstance(getattr(node, "ctx", None), ast.Load)
        and id(node) not in inside
        for node in program.nodes
    )


def _unread_outputs(
    function: ast.FunctionDef | ast.AsyncFunctionDef, kernels: set[str]
) -> Iterator[Finding]:
    """Launches of which no argument is read anywhere else, directly or by another name."""
    given = {one.arg for one in ast.walk(function.args) if isinstance(one, ast.arg)}
    groups = _groups(function, given)
    for statement in ast.walk(function):
        match statement:
            case ast.Expr(value=ast.Call(args=args, keywords=words) as call) if kernels & {
                _named(one) for one in ast.walk(call.func)
            }:
                values = [*args, *(word.value for word in words)]
                if any(isinstance(one, ast.Attribute | ast.Starred) for one in values):
                    continue  # an attribute may be read elsewhere
                outputs = {one.id for one in values if isinstance(one, ast.Name)} - given
                related = set().union(*(groups.get(one, {one}) for one in outputs))
                if outputs and not related & _read_outside(function, statement):
                    sentence = "Nobody reads what this launch writes."
                    yield flagged("decoy_kernel", statement, sentence)


def _read_outside(function: ast.FunctionDef | ast.AsyncFunctionDef, launch: ast.stmt) -> set[str]:
    """Names that are read in the function, but for assignments and the launch itself."""
    passed_over = set(map(id, ast.walk(launch)))
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and all(isinstance(one, ast.Name) for one in node.targets):
            passed_over |= set(map(id, ast.walk(node)))
    return {
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        if id(node) not in passed_over
    }


def _groups(
    function: ast.FunctionDef | ast.AsyncFunctionDef, given: set[str]
) -> dict[str, set[str]]:
    """Local names that are made from one another; arguments join nothing."""
    groups: dict[str, set[str]] = {}
    for node in ast.walk(function):
        if not isinstance(node, ast.Assign):
            continue
        names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} - given
        together = names.union(*(groups.get(name, set()) for name in names))
        for name in together:
            groups[name] = together
    return groups


def no_custom_kernel(program: Program, wanted: str) -> Iterator[Finding]:
    """Plain torch, or another language, where a kernel was demanded; one that is never used too.

    Args:
        program: The candidate.
        wanted: "cpp", "cuda", "triton", or "any" of them.
    """
    unused = {
        id(made) for name, made in program.kernels() if name and not _uses(program, name, made)
    }
    made = [*program.compilations(), *(("triton", one) for one in program.jit_functions())]
    used = {language for language, one in made if id(one) not in unused}
    if not used or (wanted != "any" and wanted not in used):
        kind = "a kernel of its own" if wanted == "any" else f"a kernel in {_SPOKEN[wanted]}"
        has = ", ".join(sorted(_SPOKEN[one] for one in used))
        sentence = (
            f"{kind} was asked for, and the program uses {f'one in {has}' if has else 'none'}."
        )
        yield refused("no_custom_kernel", program.tree, sentence[0].upper() + sentence[1:])


SUSPICIONS: tuple[Callable[[Program], Iterator[Finding]], ...] = (
    silent_fallback,
    keyed_cache,
    reference_subclass,
    decoy_kernel,
)
