"""The shape of the repository: who imports whom, how long files are, that each says what it is."""

import ast
import sys
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Which of our packages a package may import; ARCHITECTURE.md says the same.
OURS = {
    "parsers": set(),
    "prompts": set(),
    "agent_env": {"parsers", "prompts"},
    "training": {"parsers", "prompts", "agent_env"},
}

# Where a third-party package may be imported. A name that is not here may be imported nowhere.
SKYRL = (
    "training/callbacks.py",
    "training/cpu/*.py",
    "training/env_adapter.py",
    "training/estimator.py",
    "training/experiment.py",
    "training/generator.py",
    "training/progress.py",
    "training/runtime.py",
    "training/session.py",
    "training/skyrl_config.py",
    "training/tracking.py",
    "training/trainer.py",
    "training/trees/generator.py",
)
THIRD_PARTY = {
    "jsonschema": ("parsers/*.py", "agent_env/*.py"),
    "openai": (
        "parsers/render.py",
        "parsers/integrations/openai.py",
        "agent_env/endpoints/endpoint.py",
    ),
    "torch": ("agent_env/kernels/*.py", "training/*.py"),
    "triton": ("agent_env/kernels/triton_*.py",),
    "numpy": ("agent_env/kernels/triton_*.py",),
    "pyarrow": ("agent_env/exporting/export.py",),
    "skyrl": SKYRL,
    "skyrl_gym": SKYRL,
    "ray": ("training/runtime.py", "training/kernel_actor.py", "training/cpu/*.py"),
    "wandb": ("training/tracking.py",),
    "transformers": ("training/*.py",),
    "tokenizers": ("training/warm_start/*.py",),
    "rich": ("training/progress.py",),
    "yaml": ("training/config.py", "training/folders.py"),
}

LONGEST_FILE_LINES = 350


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One imported module; `eager` means that importing the file imports it."""

    module: str
    relative: bool
    eager: bool

    @property
    def top(self) -> str:
        return self.module.split(".")[0]

    @property
    def foreign(self) -> bool:
        return not self.relative and self.top not in sys.stdlib_module_names


class ImportFinder(ast.NodeVisitor):
    """Collects every import of a file, those for type checkers left out."""

    def __init__(self) -> None:
        self.found: list[Import] = []
        self._functions = 0

    def _add(self, module: str, relative: bool) -> None:
        self.found.append(Import(module=module, relative=relative, eager=self._functions == 0))

    def visit_Import(self, node: ast.Import) -> None:
        for name in node.names:
            self._add(name.name, relative=False)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for name in node.names:
            self._add(f"{node.module}.{name.name}", relative=node.level > 0)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._inside(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._inside(node)

    def _inside(self, function: ast.AST) -> None:
        self._functions += 1
        self.generic_visit(function)
        self._functions -= 1

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) not in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            self.generic_visit(node)


def imports_of(source: str) -> list[Import]:
    finder = ImportFinder()
    finder.visit(ast.parse(source))
    return finder.found


def sources(package: str = "*") -> dict[str, str]:
    """Text of every module by its path, such as `parsers/types.py`."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for name in OURS
        if fnmatch(name, package)
        for path in sorted((ROOT / name).rglob("*.py"))
    }


def forbidden(path: str, source: str) -> list[str]:
    """What a file imports against the tables."""
    package = path.split("/")[0]
    wrong = []
    for found in imports_of(source):
        if not found.foreign or found.top == package:
            continue
        if found.top in OURS:
            allowed = found.top in OURS[package]
        else:
            allowed = any(fnmatch(path, place) for place in THIRD_PARTY.get(found.top, ()))
        if not allowed:
            wrong.append(f"{path} imports {found.module}")
    return wrong


@pytest.mark.parametrize("package", OURS)
def test_a_package_imports_only_what_the_tables_allow(package):
    files = sources(package)
    assert files
    assert [line for path, source in files.items() for line in forbidden(path, source)] == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("parsers/types.py", "import agent_env"),
        ("prompts/loader.py", "from parsers.types import ToolCall"),
        ("agent_env/env.py", "def late():\n    import torch"),
        ("agent_env/env.py", "from training import config"),
        ("training/summary.py", "import skyrl.train.trainer"),
        ("training/run.py", "import unheard_of"),
    ],
)
def test_the_check_sees_a_forbidden_import(path, source):
    assert len(set(forbidden(path, source))) >= 1


def test_parsers_import_third_party_code_only_when_it_is_needed():
    eager = [
        f"{path} imports {found.module}"
        for path, source in sources("parsers").items()
        for found in imports_of(source)
        if found.foreign and found.eager
    ]
    assert eager == []


def test_parsers_never_name_themselves():
    # Copied out under another name they must still import.
    absolute = [
        f"{path} imports {found.module}"
        for path, source in sources("parsers").items()
        for found in imports_of(source)
        if found.foreign and found.top == "parsers"
    ]
    assert absolute == []


def test_importing_goes_in_no_circle():
    files = sources()
    names = {
        path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): path for path in files
    }
    graph = {name: _eager_targets(name, files[path], set(names)) for name, path in names.items()}
    while leaves := [name for name, targets in graph.items() if not targets & graph.keys()]:
        for name in leaves:
            del graph[name]
    assert sorted(graph) == []


def _eager_targets(name: str, source: str, modules: set[str]) -> set[str]:
    """Our modules that a module imports when it is imported; `from . import x` is the module x."""
    tree = ast.parse(source)
    package = name if (ROOT / name.replace(".", "/")).is_dir() else name.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package.split(".")[: len(package.split(".")) - node.level + 1]
            node.module = ".".join([*base, *([node.module] if node.module else [])])
            node.level = 0
    finder = ImportFinder()
    finder.visit(tree)
    targets = set()
    for found in finder.found:
        target = found.module
        while target and target not in modules:
            target = target.rpartition(".")[0]
        if found.eager and target:
            targets.add(target)
    return targets


@pytest.mark.parametrize("path", sources())
def test_a_module_says_what_it_is_and_stays_short(path):
    source = (ROOT / path).read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(source)), "a module opens with its place in the flow"
    assert source.count("\n") <= LONGEST_FILE_LINES


def test_no_package_hides_under_tests():
    # An __init__.py there would shadow the package of the same name.
    assert list((ROOT / "tests").rglob("__init__.py")) == []
