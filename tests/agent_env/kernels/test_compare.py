from __future__ import annotations

import pytest
import torch

from agent_env.kernels.compare import Expected, compare, expect
from agent_env.kernels.problem import Case
from agent_env.kernels.tasks import load_task


def expected(reference: list[float], baseline: list[float], allowed: float = 1e-6) -> Expected:
    return Expected(
        case=Case(name="timed", shape=0, regime="unit", seed=0),
        inputs=[],
        baseline=(torch.tensor(baseline),),
        reference=(torch.tensor(reference, dtype=torch.float64),),
        allowed=(allowed,),
    )


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("reference", "baseline", "got", "right"),
    [
        ([1.0, 2.0], [1.0, 2.0], [1.0, 2.0], True),
        ([1.0, 2.0], [1.0, 2.0], [1.0, 2.0000005], True),
        ([1.0, 2.0], [1.0, 2.0], [1.0, 2.00001], False),
        ([1.0, 2.0], [1.0, 2.0], [1.0, NAN], False),
        ([1.0, NAN], [1.0, NAN], [1.0, NAN], True),
        ([1.0, NAN], [1.0, NAN], [1.0, 0.0], False),
        ([1.0, INF], [1.0, INF], [1.0, INF], True),
        ([1.0, INF], [1.0, INF], [1.0, -INF], False),
        # float32 overflows where float64 does not: either is right, nothing else is.
        ([1.0, 1e39], [1.0, INF], [1.0, INF], True),
        ([1.0, 1e39], [1.0, NAN], [1.0, NAN], True),
        ([1.0, 1e39], [1.0, NAN], [1.0, 7.0], False),
    ],
)
def test_numbers(
    reference: list[float], baseline: list[float], got: list[float], right: bool
) -> None:
    found = compare(expected(reference, baseline), [torch.tensor(got)])
    assert (found is None) == right
    if found is not None:
        assert (found.index, found.count, found.total) == ((1,), 1, 2)


def test_integers_are_exact_whatever_is_allowed() -> None:
    case = Case(name="timed", shape=0, regime="unit", seed=0)
    whole = torch.tensor([[1, 2], [3, 4]])
    known = Expected(case=case, inputs=[], baseline=(whole,), reference=(whole,), allowed=(9.0,))
    assert compare(known, [whole.clone()]) is None
    found = compare(known, [whole + torch.tensor([[0, 0], [1, 0]])])
    assert found is not None
    assert (found.index, found.expected, found.got) == ((1, 0), 3.0, 4.0)


@pytest.mark.parametrize("name", ["row_softmax_masked", "cumsum_rows", "row_argmax_max"])
def test_the_baseline_itself_is_right_and_zeros_are_not(name: str) -> None:
    task = load_task(name)
    model = task.build(0)
    for case in task.cases(5)[:4]:
        known = expect(task, model, case)
        assert compare(known, known.baseline) is None
        assert compare(known, [torch.zeros_like(one) for one in known.baseline]) is not None
