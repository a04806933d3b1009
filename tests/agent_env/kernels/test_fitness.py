import pytest
import torch

from agent_env.kernels.fitness import ignored_inputs, unfit
from agent_env.kernels.reference_file import FileProblem
from agent_env.kernels.tasks import list_tasks, load_task


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Threads that wait for each other cost more here than they bring."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def problem(body, inputs="[torch.rand(8, 40)]", before="pass"):
    text = f"""
import torch

class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        {before}

    def forward(self, x, *more):
        return {body}

def get_inputs():
    return {inputs}

def get_init_inputs():
    return []
"""
    return FileProblem(name="example", sources=(text,), path="example.py")


@pytest.mark.parametrize(
    ("body", "reasons"),
    [
        ("torch.tanh(x) * x.sum()", ()),
        ("torch.softmax(x.repeat(1, 100), dim=1)", ("loosely_constant", "loosely_zero")),
        ("x - x", ("same_for_all_seeds", "constant", "loosely_constant", "loosely_zero")),
        ("torch.linspace(0, 9, 5) + 0 * x.sum()", ("same_for_all_seeds",)),
        ("torch.abs(torch.abs(x) ** 1.0)", ()),
        ("x + 0", ("passthrough",)),
        ("torch.nn.functional.dropout(x, 0.5)", ("random",)),
        ("x / 0", ("unsound",)),
        ("torch.sin(x * 1e9)", ("unsound",)),
    ],
)
def test_why_a_problem_is_unfit(body, reasons):
    assert unfit(problem(body)) == reasons


def test_relu_of_positive_inputs_is_told_from_them_by_the_adversarial_case():
    assert unfit(problem("torch.relu(x)")) == ()


def test_an_input_that_does_not_matter_is_found():
    inputs = "[torch.rand(8, 4), torch.rand(8, 4), torch.rand(1)]"
    assert ignored_inputs(problem("x + 0 * more[0] + more[1]", inputs)) == (1,)


@pytest.mark.parametrize("name", list_tasks())
def test_our_own_tasks_are_fit(name):
    reasons = set(unfit(load_task(name)))
    assert reasons <= {"loosely_zero", "loosely_constant"}
