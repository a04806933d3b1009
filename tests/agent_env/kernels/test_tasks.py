"""Every kernel task: its cases reproduce, and no program that skips the work passes."""

import dataclasses
import functools
import pickle
import subprocess
import sys

import pytest
import torch

from agent_env.errors import UnknownNameError
from agent_env.kernels import check
from agent_env.kernels.draw import PATTERNS, REGIMES
from agent_env.kernels.task import as_tuple
from agent_env.kernels.tasks import list_tasks, load_task


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Threads that wait for each other cost more here than they bring."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@functools.cache
def worked(name):
    """What the judge expects in every case of a task, worked out once; tests change none of it."""
    task = load_task(name)
    model = task.build(0)
    return [check.expect(task, model, case) for case in task.cases(5)]


def run(task, inputs):
    with torch.no_grad():
        return as_tuple(task.build(0)(*inputs))


def passes(one, outputs):
    """Whether the judge takes the outputs."""
    form = [(output.shape, output.dtype) for output in outputs]
    wanted = [(output.shape, output.dtype) for output in one.baseline]
    return form == wanted and check.compare(one, outputs) is None


@pytest.fixture(params=list_tasks())
def task(request):
    return load_task(request.param)


def test_there_are_twenty_four_tasks():
    assert len(list_tasks()) == 24


def test_listing_tasks_imports_no_torch():
    code = "import sys; from agent_env.kernels.tasks import list_tasks; list_tasks()\n"
    code += "sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_unknown_task_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'gemm_f32'"):
        load_task("gem_f32")
    with pytest.raises(UnknownNameError, match="device"):
        load_task("gemm_f32", "tpu")


def test_a_task_says_what_it_is(task):
    assert load_task(task.name).name == task.name
    assert task.about.endswith(".")
    assert task.source.startswith("class Model(nn.Module)")


def test_cases_are_the_timed_one_and_three_shapes_in_three_ranges(task):
    cases = task.cases(1)
    assert cases[0].name == "timed"
    assert {(case.shape, case.regime) for case in cases[1:]} == {
        (shape, regime) for shape in (1, 2, 3) for regime in REGIMES
    }
    assert len({case.seed for case in cases}) == len(cases)
    assert {case.seed for case in cases}.isdisjoint(case.seed for case in task.cases(2))


def test_a_task_can_be_sent_to_another_process(task):
    sent = pickle.loads(pickle.dumps(task))
    case = task.cases(1)[0]
    assert same(sent.inputs(case), task.inputs(case))
    assert type(sent.build(0)) is task.model


def test_shapes_differ_and_the_last_is_tiny(task):
    shapes = [dict(shape) for shape in task.shapes]
    assert all(shapes.count(shape) == 1 for shape in shapes)
    assert set(map(frozenset, shapes)) == {frozenset(shapes[0])}
    assert weight(worked(task.name)[-1].inputs) < 256 < weight(worked(task.name)[0].inputs)
    assert set(task.adversarial) <= set(PATTERNS)


def weight(inputs):
    """Bytes of all tensors."""
    return sum(v.numel() * v.element_size() for v in inputs if isinstance(v, torch.Tensor))


def test_inputs_come_from_the_case_alone(task):
    for one in worked(task.name):
        torch.manual_seed(one.case.seed % 7)
        assert same(one.inputs, task.inputs(one.case))
        assert not same(one.inputs, another(task, one.case))


def another(task, case):
    return task.inputs(dataclasses.replace(case, seed=case.seed + 1))


def same(left, right):
    return all(
        torch.equal(one, two) if isinstance(one, torch.Tensor) else one == two
        for one, two in zip(left, right, strict=True)
    )


def test_the_baseline_is_right_and_finite_in_every_case(task):
    for one in worked(task.name):
        assert all(bool(output.isfinite().all()) for output in one.reference)
        assert all(output.dtype in (torch.float64, torch.int64) for output in one.reference)
        assert passes(one, one.baseline)


def test_single_precision_is_told_from_half(task):
    one = worked(task.name)[0]
    rounded = [half(value) for value in run(task, [half(value) for value in one.inputs])]
    assert not passes(one, rounded)


def half(value):
    floats = isinstance(value, torch.Tensor) and value.is_floating_point()
    return value.bfloat16().float() if floats else value


# What a program may do instead of the work, given all cases and the one it has to answer.
def zeros(cases, one):
    return [torch.zeros_like(output) for output in one.baseline]


def own_mean(cases, one):
    """The mean of the right answer: no constant that knows less does better."""
    return [torch.full_like(o, o.double().mean().item()) for o in one.baseline]


def passthrough(cases, one):
    """The first input that has the shape, zeros where none has."""
    return [
        next(
            (v.to(o.dtype) for v in one.inputs if getattr(v, "shape", None) == o.shape),
            torch.zeros_like(o),
        )
        for o in one.baseline
    ]


def replay(cases, one):
    """The answer of the first case that had these shapes."""
    wanted = [output.shape for output in one.baseline]
    return next(c.baseline for c in cases if [output.shape for output in c.baseline] == wanted)


def all_but_the_last(cases, one):
    """Zero in the last element of every output."""
    answers = [output.clone() for output in one.baseline]
    for answer in answers:
        answer.view(-1)[-1] = 0
    return answers


@pytest.mark.parametrize("program", [zeros, own_mean, passthrough, replay, all_but_the_last])
def test_no_program_passes_without_the_work(task, program):
    cases = worked(task.name)
    assert not all(passes(one, program(cases, one)) for one in cases)


def test_every_input_counts(task):
    cases = worked(task.name)
    for place in range(len(cases[0].inputs)):
        ignored = [passes(one, run(task, swapped(task, one, place))) for one in cases]
        assert not all(ignored), f"input {place} may be ignored"


def swapped(task, one, place):
    """The inputs, one of them drawn anew or, where it is a number, the next."""
    changed = list(one.inputs)
    number = not isinstance(changed[place], torch.Tensor)
    changed[place] = changed[place] + 1 if number else another(task, one.case)[place]
    return changed


def test_a_gpu_times_the_large_shape(task):
    gpu = load_task(task.name, "cuda")
    assert gpu.cost(gpu.cases(0)[0])[0] > 50 * task.cost(task.cases(0)[0])[0]
    assert gpu.shapes[1:] == task.shapes[1:]


def test_cost_is_about_what_inputs_and_outputs_weigh(task):
    one = worked(task.name)[0]
    moved, operations = task.cost(one.case)
    whole = weight(one.inputs) + weight(one.baseline)
    assert whole * 0.7 < moved < whole * 1.1
    assert operations > 0


def test_the_matrix_product_is_in_bfloat16_on_a_gpu():
    gpu = load_task("gemm_f32", "cuda")
    case = gpu.cases(0)[1]
    assert gpu.inputs(case)[0].dtype == torch.bfloat16
    assert gpu.cost(case)[0] * 2 == load_task("gemm_f32").cost(case)[0]


def one_pass_layer_norm(x, weight, bias):
    variance = (x * x).mean(1, keepdim=True) - x.mean(1, keepdim=True) ** 2
    return (x - x.mean(1, keepdim=True)) * torch.rsqrt(variance.clamp_min(0) + 1e-5) * weight + bias


def one_pass_group_norm(x, weight, bias):
    rows = x.reshape(x.shape[0], 8, -1)
    mean = rows.mean(-1, keepdim=True)
    variance = (rows * rows).mean(-1, keepdim=True) - mean**2
    rows = (rows - mean) * torch.rsqrt(variance.clamp_min(0) + 1e-5)
    scaled = rows.view_as(x) * weight.view(1, -1, 1, 1) + bias.view(1, -1, 1, 1)
    return torch.nn.functional.silu(scaled)


def softmax_without_maximum(x, lengths):
    weights = x.exp() * (torch.arange(x.shape[1]) < lengths[:, None])
    return weights / weights.sum(1, keepdim=True)


def loss_without_maximum(logits, target):
    return logits.exp().sum(1).log() - logits.gather(1, target[:, None]).squeeze(1)


def attention_without_maximum(query, key, value):
    weights = (query @ key.mT / query.shape[-1] ** 0.5).exp().tril()
    return weights / weights.sum(-1, keepdim=True) @ value


def last_of_equals(x):
    return x.max(1).values, x.shape[1] - 1 - x.flip(1).max(1).indices


def scaled_denormals_away(x, source, target, scale):
    kept = torch.where(x.abs() < 1.2e-38, 0.0, x)
    return torch.zeros_like(x).index_add_(0, target, kept[source] * scale[:, None])


# Programs that are right on most values, by the task that must tell them.
SHORTCUTS = {
    "ew_gelu_bias": lambda x, bias: torch.nn.functional.gelu(x + bias, approximate="tanh"),
    "ew_swiglu": lambda x: x[:, : x.shape[1] // 2].clamp(min=-20) * x[:, x.shape[1] // 2 :],
    "row_softmax_masked": softmax_without_maximum,
    "log_softmax_nll": loss_without_maximum,
    "layernorm_affine": one_pass_layer_norm,
    "groupnorm_silu": one_pass_group_norm,
    "row_argmax_max": last_of_equals,
    "attn_causal_small": attention_without_maximum,
    "gather_scale_scatter": scaled_denormals_away,
    "rope_interleaved": lambda x, c, s: torch.cat(
        [x[..., 0::2] * c - x[..., 1::2] * s, x[..., 0::2] * s + x[..., 1::2] * c], -1
    ),
    "stencil_5pt_steps": lambda x, steps: load_task("stencil_5pt_steps").build(0)(x, 4),
    "gemm_f32": lambda a, b: (a.bfloat16() @ b.bfloat16()).float(),
    "int8_dequant_gemm": lambda x, w, s: x @ (w.float() * s).half().float(),
}


@pytest.mark.parametrize("name", SHORTCUTS)
def test_a_shortcut_that_loses_digits_or_cases_is_told(name):
    with torch.no_grad():
        found = [passes(one, as_tuple(SHORTCUTS[name](*one.inputs))) for one in worked(name)]
    assert not all(found)
