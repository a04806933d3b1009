from __future__ import annotations

import pickle

import pytest

from agent_env.errors import EnvError, ToolError, UnknownNameError, boundary


def fail_with(error: BaseException) -> None:
    with boundary("tool get_order"):
        raise error


def test_foreign_exceptions_become_data_that_says_where() -> None:
    with pytest.raises(EnvError) as caught:
        fail_with(KeyError("total"))
    assert caught.value.to_dict() == {
        "kind": "KeyError",
        "message": "tool get_order: 'total'",
        "retryable": False,
    }


@pytest.mark.parametrize("error", [ConnectionResetError("gone"), TimeoutError("late")])
def test_what_may_pass_is_retryable(error: Exception) -> None:
    with pytest.raises(EnvError) as caught:
        fail_with(error)
    assert caught.value.retryable


@pytest.mark.parametrize("error", [ToolError("no"), EnvError("A", "b"), KeyboardInterrupt()])
def test_answers_failures_and_interrupts_pass(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught:
        fail_with(error)
    assert caught.value is error


def test_a_failure_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(EnvError("TimeoutError", "customer: late", True)))
    assert error.to_dict() == {
        "kind": "TimeoutError",
        "message": "customer: late",
        "retryable": True,
    }


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    message = str(UnknownNameError("domain", "retial", ["kernels", "retail"]))
    assert message == "There is no domain 'retial'. Did you mean 'retail'? Known: kernels, retail."
