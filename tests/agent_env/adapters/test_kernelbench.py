"""KernelBench's layout, with problems of our own in it."""

import subprocess
import sys

import pytest

from agent_env.adapters.checkout import CheckoutError
from agent_env.adapters.kernelbench import list_problems, load_problem
from agent_env.errors import UnknownNameError
from agent_env.kernels.reference_file import ReferenceFileError
from agent_env.kernels.shrink import Budget, ShrinkError

SQUARES = """
import torch

class Model(torch.nn.Module):
    def forward(self, x):
        return x * x

rows = 1024
columns = 1024 * 16

def get_inputs():
    return [torch.rand(rows, columns)]

def get_init_inputs():
    return []
"""
PRETRAINED = """
from transformers import AutoConfig

config = AutoConfig.from_pretrained("nobody/nothing")
"""


@pytest.fixture
def checkout(tmp_path):
    files = {
        "level1/10_Squares_.py": SQUARES,
        "level1/9_Broken.py": "import no_such_module_here\n",
        "level1/11_Fixed.py": SQUARES.replace("(rows, columns)", "(40960, 40960)"),
        "level1/notes.txt": "not a problem",
        "level2/1_Half.py": SQUARES.replace("x * x", "x / 2"),
        "level4/1_Large_model.py": PRETRAINED,
    }
    for name, text in files.items():
        path = tmp_path / "KernelBench" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return str(tmp_path)


def test_problems_are_listed_by_level_and_number(checkout):
    found = [(entry.level, entry.id, entry.name) for entry in list_problems(checkout)]
    assert found == [
        (1, 9, "Broken"),
        (1, 10, "Squares"),
        (1, 11, "Fixed"),
        (2, 1, "Half"),
        (4, 1, "Large_model"),
    ]
    assert [entry.id for entry in list_problems(checkout, 2)] == [1]


def test_a_problem_is_loaded_as_it_is(checkout):
    problem = load_problem(1, 10, checkout)
    assert problem.name == "10_Squares_"
    assert problem.source == SQUARES
    assert not problem.correctness_only
    assert problem.cost(problem.cases(0)[0])[0] == 2 * 4 * 1024 * 1024 * 16


def test_a_shrunk_problem_has_several_shapes_and_says_so(checkout):
    problem = load_problem(1, 10, checkout, shrink=True, budget=Budget(moved_bytes=1 << 18))
    shapes = {problem.inputs(case)[0].shape for case in problem.cases(0)}
    assert len(shapes) == 4
    assert (1, 1) in shapes
    assert problem.correctness_only
    assert "shrunk, correctness only" in problem.about


def test_the_checkout_may_be_named_by_the_environment(checkout, monkeypatch):
    monkeypatch.setenv("KERNELBENCH_PATH", checkout)
    assert len(list_problems()) == 5


def test_listing_imports_no_torch(checkout):
    code = "import sys; from agent_env.adapters.kernelbench import list_problems\n"
    code += "list_problems(sys.argv[1]); sys.exit('torch' in sys.modules)"
    command = [sys.executable, "-c", code, checkout]
    assert subprocess.run(command, check=False).returncode == 0


def test_what_is_not_there_is_told(checkout, tmp_path, monkeypatch):
    monkeypatch.delenv("KERNELBENCH_PATH", raising=False)
    with pytest.raises(CheckoutError, match="KERNELBENCH_PATH"):
        list_problems()
    (tmp_path / "other").mkdir()
    with pytest.raises(CheckoutError, match="no checkout of KernelBench"):
        list_problems(str(tmp_path / "other"))
    with pytest.raises(UnknownNameError, match="KernelBench level"):
        list_problems(checkout, 7)
    with pytest.raises(UnknownNameError, match="Known: 9, 10, 11"):
        load_problem(1, 12, checkout)


def test_what_cannot_be_used_is_told(checkout):
    with pytest.raises(CheckoutError, match="pretrained weights"):
        load_problem(4, 1, checkout)
    with pytest.raises(ReferenceFileError, match="no_such_module_here"):
        load_problem(1, 9, checkout)
    with pytest.raises(ShrinkError, match="smallest sizes"):
        load_problem(1, 11, checkout, shrink=True)
