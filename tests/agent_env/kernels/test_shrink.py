import pytest
import torch

from agent_env.kernels.constants import find_constants
from agent_env.kernels.dry_run import dry_run
from agent_env.kernels.reference_file import FileProblem, load_source
from agent_env.kernels.shrink import Budget, ShrinkError, shrink

CONVOLUTION = """
import torch
import torch.nn as nn

class Model(nn.Module):
    def __init__(self, channels, groups, kernel_size):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, kernel_size)
        self.norm = nn.GroupNorm(groups, channels)

    def forward(self, x):
        return self.norm(self.conv(x)).amax(dim=(2, 3))

batch_size = 128
channels = 64
groups = 8
height = width = 512
kernel_size = 3

def get_inputs():
    return [torch.rand(batch_size, channels, height, width)]

def get_init_inputs():
    return [channels, groups, kernel_size]
"""

LAYER_NORM = """
import torch

class Model(torch.nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.norm = torch.nn.LayerNorm(shape)

    def forward(self, x, y):
        return self.norm(x) @ y

rows = 4096
shape = (2048,)
wide = 2048

def get_inputs():
    return [torch.rand(rows, *shape), torch.rand(wide, 16)]

def get_init_inputs():
    return [shape]
"""


def problem(text):
    return FileProblem(name="example", sources=(text,), path="example.py")


@pytest.mark.parametrize("text", [CONVOLUTION, LAYER_NORM])
def test_a_shrunk_problem_is_within_budget_and_runs(text):
    budget = Budget(moved_bytes=1 << 20, operations=20_000_000)
    small = shrink(problem(text), budget)
    case = small.cases(0)[0]
    assert small.cost(case)[0] <= budget.moved_bytes
    assert small.cost(case)[1] <= budget.operations
    assert problem(text).cost(case)[0] > 8 * budget.moved_bytes
    assert small.build(0)(*small.inputs(case)).isfinite().all()
    assert small.correctness_only
    assert "shrunk, correctness only" in small.about


def test_numbers_that_must_agree_shrink_together():
    small = shrink(problem(LAYER_NORM), Budget(moved_bytes=1 << 18, operations=10**7))
    values = {one.name: one.value for one in find_constants(small.source)}
    assert values["shape[0]"] == values["wide"] < 2048


def test_hidden_shapes_are_others_of_the_same_model():
    small = shrink(problem(CONVOLUTION), Budget())
    model = small.build(0)
    shapes = set()
    for case in small.cases(0):
        inputs = small.inputs(case)
        shapes.add((case.shape, inputs[0].shape))
        reference = small.reference(model, case, inputs)[0]
        assert torch.allclose(model(*inputs).double(), reference, rtol=1e-3, atol=1e-3)
    assert len(shapes) == len(small.sources) >= 3
    assert any(size % 2 for _, shape in shapes for size in shape)


def test_what_fits_already_stays_as_it_is():
    text = CONVOLUTION.replace("512", "16").replace("128", "2")
    kept = shrink(problem(text), Budget())
    assert kept.source == text
    assert not kept.correctness_only


def test_what_cannot_be_made_smaller_is_told():
    text = CONVOLUTION.replace("(batch_size, channels, height, width)", "(128, channels, 512, 512)")
    with pytest.raises(ShrinkError, match="the budget is"):
        shrink(problem(text), Budget(leeway_x=1.0))


def test_a_flow_that_hangs_on_values_is_told():
    text = CONVOLUTION.replace("return self", "assert x.sum().item() > 0; return self")
    with pytest.raises(ShrinkError, match="without values"):
        shrink(problem(text), Budget())


def test_a_dry_run_counts_and_says_nothing_of_what_does_not_fit(caplog):
    module = load_source(CONVOLUTION, "example.py")
    sizes = dry_run(module)
    assert sizes.inputs == ((128, 64, 512, 512),)
    assert sizes.operations > 2 * 128 * 64 * 64 * 9 * 510 * 510
    assert dry_run(load_source(CONVOLUTION.replace("groups = 8", "groups = 7"), "a.py")) is None
    assert caplog.text == ""
