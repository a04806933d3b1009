from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_env import ToolError
from agent_env.domains.retail.arithmetic import evaluate

numbers = st.decimals(min_value=0, max_value=99, places=2, allow_nan=False).map(str)
sums = st.recursive(
    numbers,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(" ".join),
        inner.map("({})".format),
        inner.map("-{}".format),
    ),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("1+1", "2"),
        ("3 * (19.90 + 4)", "71.7"),
        ("0.1 + 0.2", "0.3"),
        ("$1,290.00 - $5", "1285"),
        ("1,000,000 * 2", "2000000"),
        ("10 / 4", "2.5"),
        ("1/3", "0.3333"),
        ("2/3", "0.6667"),
        ("-(5)", "-5"),
        ("+5 - -5", "10"),
        ("0 * -1", "0"),
        ("-0.00001", "0"),
        ("100", "100"),
        (" 7 ", "7"),
        (".5 + 1.", "1.5"),
        ("2 - 3 - 4", "-5"),
        ("2 + 3 * 4", "14"),
    ],
)
def test_sums(expression: str, result: str) -> None:
    assert evaluate(expression) == result


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("1/0", "divides by zero"),
        ("0/(1-1)", "divides by zero"),
        ("2**3", "cannot be read"),
        ("7//2", "cannot be read"),
        ("1 2", "cannot be read"),
        ("1(2)", "cannot be read"),
        ("()", "cannot be read"),
        ("", "cannot be read"),
        (".", "cannot be read"),
        ("(1", "cannot be read"),
        ("01", "cannot be read"),
        ("1,2", "decimal numbers"),
        ("1,2345", "decimal numbers"),
        ("a", "decimal numbers"),
        ("1e9", "decimal numbers"),
        ("1_0", "decimal numbers"),
        ("__import__('os')", "decimal numbers"),
        ("٣ + 1", "decimal numbers"),
        ("1\n+1", "decimal numbers"),
        ("\ud800", "decimal numbers"),
        ("9" * 60, "too large"),
        ("*".join(["9" * 9] * 20), "too large"),
        ("1" * 201, "has 201 characters; give at most 200"),
    ],
)
def test_what_is_no_sum_is_refused(expression: str, message: str) -> None:
    with pytest.raises(ToolError, match=message):
        evaluate(expression)


def answer(expression: str) -> str:
    """The result, or the sentence of the refusal."""
    try:
        return evaluate(expression)
    except ToolError as refusal:
        return str(refusal)


@pytest.mark.parametrize("deep", ["(" * 100 + "1" + ")" * 99, "-" * 199 + "1", "(-" * 66 + "1"])
def test_a_deep_expression_is_answered(deep: str) -> None:
    assert answer(deep) in ("1", "-1") or "cannot be read" in answer(deep)


@given(sums)
def test_results_are_those_of_exact_arithmetic(expression: str) -> None:
    code = re.sub(r"[0-9.]+", r"Fraction('\g<0>')", expression)
    try:
        exact = eval(code, {"Fraction": Fraction})  # Drawn from the grammar above, nothing else.
    except ZeroDivisionError:
        with pytest.raises(ToolError, match="divides by zero"):
            evaluate(expression)
        return
    assert abs(Fraction(evaluate(expression)) - exact) <= Fraction(1, 19_999)


@given(st.text(alphabet="0123456789.+-*/() ,$", max_size=30))
def test_no_text_raises_anything_but_a_refusal(expression: str) -> None:
    said = answer(expression)
    assert re.fullmatch(r"-?\d{1,15}(\.\d{0,3}[1-9])?|The .{10,100}", said)
