"""A candidate's text as the static rules see it: names resolved through imports and plain aliases.

Place in the flow: `policy` makes one `Program` a candidate; the rules ask it what is referred to,
what is assigned and which kernels there are.

    import os as o; g = getattr(o, "fork"); g()        refers to "os.fork"
    __import__("gc").get_objects()                     refers to "gc.get_objects"
    vars(torch)["allclose"], sys.modules["time"]       "torch.allclose", "time"

What it does not do: no types and no flow; who wants to hide from it can, and meets the judge.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

API = "agent_env.kernels.api"
COMPILERS: Mapping[str, str] = {
    f"{API}.cpp": "cpp",
    f"{API}.cuda": "cuda",
    "torch.utils.cpp_extension.load_inline": "cpp",
    "torch.utils.cpp_extension.load": "cpp",
}
"""Calls that make kernels, and of which language."""
JIT = frozenset(("triton.jit", "triton.runtime.jit"))
DEEPEST = 32
"""Links of an attribute chain that are followed."""
_IMPORTERS = frozenset(("__import__", "importlib.import_module", "builtins.__import__"))
_BUILTINS = frozenset(dir(builtins))
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(slots=True)
class Program:
    """One candidate, read."""

    tree: ast.Module
    nodes: list[ast.AST] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    """What a name stands for, for names that are imported or plainly assigned from such."""
    own: set[str] = field(default_factory=set)
    """Functions and arguments of the program's own."""
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Reads the imports, then aliases of them."""
        # Nobody is __main__ here, so that what stands below that question does not run.
        self.tree.body = [one for one in self.tree.body if not _asks_for_main(one)]
        self.nodes = list(ast.walk(self.tree))
        for node in self.nodes:
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node
        for name, path, _ in self.imports():
            self.aliases[name] = path
        for _ in range(3):  # an alias of an alias of an alias
            self._read_aliases()
        for node in self.nodes:
            if isinstance(node, ast.arg):
                self.own.add(node.arg)
                self.aliases.pop(node.arg, None)  # an argument of that name is something else
            elif isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
                self.own.add(node.name)

    def imports(self) -> Iterator[tuple[str, str, ast.stmt]]:
        """Each imported name, what it stands for, and the statement."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for one in node.names:
                    root = one.name if one.asname else one.name.split(".")[0]
                    yield one.asname or root, root, node
            elif isinstance(node, ast.ImportFrom):
                for one in node.names:
                    yield one.asname or one.name, f"{node.module or ''}.{one.name}", node

    def modules(self) -> Iterator[tuple[str, ast.stmt]]:
        """Every module that is imported by a statement, in full."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((one.name, node) for one in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((f"{node.module or ''}.{one.name}", node) for one in node.names)

    def _read_aliases(self) -> None:
        for node in self.nodes:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    path = self.path(value)
                    if "." in path or path in self.aliases.values() or path in _BUILTINS:
                        self.aliases.setdefault(name, path)

    def path(self, node: ast.AST) -> str:
        """What an expression refers to, such as "torch.nn.functional.gelu"; empty if unknown."""
        links: list[str] = []
        while len(links) < DEEPEST:
            match node:
                case ast.Attribute(value=value, attr=attr):
                    links.append(attr)
                    node = value
                case ast.Name(id=name):
                    builtin = name in _BUILTINS and name not in self.own
                    root = self.aliases.get(name, name if builtin else "")
                    return ".".join([root, *reversed(links)]) if root else ""
                case ast.Call() | ast.Subscript():
                    inner = self._indirect(node)
                    if inner is None:
                        return ""
                    root_node, attr = inner
                    if root_node is None:
                        return ".".join([attr, *reversed(links)])
                    links.append(attr)
                    node = root_node
                case _:
                    return ""
        return ""

    def _indirect(self, node: ast.Call | ast.Subscript) -> tuple[ast.expr | None, str] | None:
        """Object and attribute that a call or subscript amounts to; no object means a module."""
        match node:
            case ast.Call(func=ast.Name(id="getattr"), args=[owner, ast.Constant(str(name)), *_]):
                return owner, name
            case ast.Call(func=function, args=[ast.Constant(str(name)), *_]):
                return (None, name) if self.path(function) in _IMPORTERS else None
            case ast.Subscript(
                value=ast.Call(func=ast.Name(id="vars"), args=[owner]),
                slice=ast.Constant(str(name)),
            ):
                return owner, name
            case ast.Subscript(
                value=ast.Attribute(value=owner, attr="__dict__"), slice=ast.Constant(str(name))
            ):
                return owner, name
            case ast.Subscript(value=value, slice=ast.Constant(str(name))):
                return (None, name) if self.path(value) == "sys.modules" else None
        return None

    def references(self) -> Iterator[tuple[str, ast.expr]]:
        """Everything outside that the program refers to; the longest path of each expression."""
        for node in self.nodes:
            if isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript):
                parent = self.parents.get(node)
                if isinstance(parent, ast.Attribute):
                    continue
                path = self.path(node)
                if path:
                    yield path, node

    def calls(self) -> Iterator[tuple[str, ast.Call]]:
        """Every call with the path of what is called, empty where that is unknown."""
        for node in self.nodes:
            if isinstance(node, ast.Call):
                yield self.path(node.func), node

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function, methods among them."""
        for node in self.nodes:
            if isinstance(node, _FUNCTIONS):
                yield node

    def function_of(self, node: ast.AST) -> ast.AST | None:
        """The innermost function around a node."""
        above = self.parents.get(node)
        while above is not None and not isinstance(above, (*_FUNCTIONS, ast.Lambda)):
            above = self.parents.get(above)
        return above

    def jit_functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Functions that Triton compiles."""
        return [one for one in self.functions() if any(map(self._is_jit, one.decorator_list))]

    def _is_jit(self, decorator: ast.expr) -> bool:
        call = decorator.func if isinstance(decorator, ast.Call) else decorator
        return self.path(call) in JIT

    def compilations(self) -> list[tuple[str, ast.Call]]:
        """Calls that make kernels, each with its language."""
        found = []
        for path, call in self.calls():
            language = COMPILERS.get(path)
            if language:
                words = {word.arg for word in call.keywords}
                found.append(("cuda" if "cuda_sources" in words else language, call))
        return found

    def kernels(self) -> list[tuple[str, ast.AST]]:
        """Kernels by the name they are kept under ("" without one), and where they are made."""
        found: list[tuple[str, ast.AST]] = [(one.name, one) for one in self.jit_functions()]
        for _, call in self.compilations():
            match self.parents.get(call):
                case ast.Assign(targets=[ast.Name(id=name)]):
                    found.append((name, call))
                case ast.Assign(targets=[ast.Attribute(attr=name)]):
                    found.append((name, call))
                case ast.Expr():
                    found.append(("", call))
        return found


def _asks_for_main(statement: ast.stmt) -> bool:
    """Whether a statement is `if __name__ == "__main__":` without an else."""
    match statement:
        case ast.If(
            test=ast.Compare(
                left=ast.Name(id="__name__"),
                ops=[ast.Eq()],
                comparators=[ast.Constant(value="__main__")],
            ),
            orelse=[],
        ):
            return True
    return False
