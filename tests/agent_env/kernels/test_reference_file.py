import pickle
from textwrap import dedent

import pytest
import torch

from agent_env.kernels import check
from agent_env.kernels.reference_file import (
    SAME_TYPE_TOLERANCE,
    ReferenceFileError,
    load_reference,
)

LINEAR = """
import torch
import torch.nn as nn

class Model(nn.Module):
    def __init__(self, width, gain):
        super().__init__()
        self.layer = nn.Linear(width, width)
        self.gain = gain
        self.table = torch.linspace(0, 1, width)

    def forward(self, x, labels):
        return torch.relu(self.layer(x)) * self.gain + self.table * labels[:, None]

batch = 6
width = 8

def get_inputs():
    return [torch.rand(batch, width), torch.randint(0, 2, (batch,)).float() * 2 - 1]

def get_init_inputs():
    return [width, 1.5]
"""


def written(tmp_path, text, name="ref.py"):
    path = tmp_path / name
    path.write_text(dedent(text), encoding="utf-8")
    return path


@pytest.fixture
def linear(tmp_path):
    return load_reference(written(tmp_path, LINEAR))


def simple(body, inputs="[torch.randn(4, 5)]"):
    return f"""
import torch

class Model(torch.nn.Module):
    def forward(self, x):
        {body}

def get_inputs():
    return {inputs}

def get_init_inputs():
    return []
"""


def test_a_file_is_a_problem(linear):
    assert linear.name == "ref"
    assert linear.init_inputs() == [8, 1.5]
    assert linear.cases(1)[0].name == "timed"
    assert {case.regime for case in linear.cases(1)} == {"unit", "large", "adversarial"}
    moved, operations = linear.cost(linear.cases(1)[0])
    assert moved == 4 * (6 * 8 + 6 + 8 * 8 + 8 + 6 * 8)
    assert operations >= 2 * 6 * 8 * 8


def test_weights_and_inputs_come_from_seeds_alone(linear):
    case = linear.cases(1)[0]
    torch.manual_seed(1)
    state = torch.random.get_rng_state()
    first, model = linear.inputs(case), linear.build(3)
    assert torch.equal(torch.random.get_rng_state(), state)
    torch.manual_seed(2)
    assert all(map(torch.equal, first, linear.inputs(case)))
    assert torch.equal(model.layer.weight, linear.build(3).layer.weight)
    assert not torch.equal(model.layer.weight, linear.build(4).layer.weight)


def test_weights_are_those_that_a_candidate_gets_under_the_same_seed(linear):
    torch.manual_seed(3)
    assert torch.equal(torch.nn.Linear(8, 8).weight, linear.build(3).layer.weight)


def test_the_reference_is_in_float64_and_leaves_the_model_alone(linear):
    model = linear.build(0)
    for case in linear.cases(2):
        inputs = linear.inputs(case)
        (reference,) = linear.reference(model, case, inputs)
        assert reference.dtype == torch.float64
        assert model.layer.weight.dtype == model.table.dtype == inputs[0].dtype == torch.float32
        assert check.compare(check.expect(linear, model, case), [model(*inputs)]) is None
        wide = torch.relu(inputs[0].double() @ model.layer.weight.double().t())
        assert wide.shape == reference.shape


def test_regimes_move_values_but_not_labels(linear):
    by_regime = {case.regime: linear.inputs(case) for case in linear.cases(1)}
    assert by_regime["unit"][0].max() <= 1.0
    assert by_regime["large"][0].max() > 8.0
    assert by_regime["adversarial"][0].min() < 0.0
    assert (by_regime["adversarial"][0] == 0).any()
    for _, labels in by_regime.values():
        assert set(labels.tolist()) <= {-1.0, 1.0}


def test_a_regime_that_the_operation_does_not_survive_is_left_out(tmp_path):
    problem = load_reference(written(tmp_path, simple("return torch.log(x)", "[torch.rand(3, 3)]")))
    assert {case.regime for case in problem.cases(0)} == {"unit", "large"}


def test_without_float64_the_type_stays_and_the_tolerance_is_wider(tmp_path):
    text = simple("return x @ torch.ones(5, 2, dtype=torch.float32)")
    problem = load_reference(written(tmp_path, text))
    case = problem.cases(0)[0]
    (reference,) = problem.reference(problem.build(0), case, problem.inputs(case))
    assert reference.dtype == torch.float64
    assert problem.tolerance(case) == SAME_TYPE_TOLERANCE
    assert "tolerance is wider" in problem.about


def test_a_layer_that_a_closure_holds_is_widened_too(tmp_path):
    closure = "self.gain = gain; layer = self.layer; self.run = lambda x: layer(x)"
    text = LINEAR.replace("self.gain = gain", closure)
    problem = load_reference(written(tmp_path, text.replace("self.layer(x)", "self.run(x)")))
    plain = load_reference(written(tmp_path, LINEAR, "plain.py"))
    case = problem.cases(0)[0]
    given = (problem.build(7), case, problem.inputs(case))
    assert problem.is_wide()
    assert torch.equal(problem.reference(*given)[0], plain.reference(*given)[0])


def test_a_problem_can_be_sent_to_another_process(linear):
    sent = pickle.loads(pickle.dumps(linear))
    assert sent == linear
    assert torch.equal(sent.build(0).layer.weight, linear.build(0).layer.weight)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("class Model:\n    pass\n", "no get_inputs and no get_init_inputs"),
        ("class Model(:\n", "SyntaxError"),
        ("raise KeyError('gone')\n", "KeyError: 'gone'"),
        ("import no_such_module_here\n", "no_such_module_here"),
    ],
)
def test_what_is_no_reference_is_told_in_one_sentence(tmp_path, text, message):
    with pytest.raises(ReferenceFileError, match=message):
        load_reference(written(tmp_path, text))


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path):
    with pytest.raises(ReferenceFileError, match="cannot be read"):
        load_reference(tmp_path / "none.py")
    (tmp_path / "latin.py").write_bytes(b"x = '\xff'")
    with pytest.raises(ReferenceFileError, match="cannot be read"):
        load_reference(tmp_path / "latin.py")
