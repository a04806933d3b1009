from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_env.external.slicing import (
    check_slice,
    list_tests,
    slice_tests,
    split_tests,
    statements,
)

TESTS = '''
table = {"a": 1}

assert look(table, "a") == 1
assert look(
    table,
    "b",
) is None
assert look({}, "a") is None; assert look({"x": 2}, "x") == 2
other = {"z": """
assert nothing == 1
"""}
for key in other:
    assert look(other, key)
assert look(other, "q") is None
'''
ONE_LINERS = tuple(f"assert double({n}) == {2 * n}" for n in range(12))


def asserts_in(text: str) -> int:
    return sum(isinstance(one, ast.Assert) for one in ast.walk(ast.parse(text)))


def test_a_statement_is_what_the_parser_says_not_a_line() -> None:
    assert len(statements(TESTS)) == 8
    found = list_tests(TESTS)
    assert len(found) == 6
    assert found[1] == 'assert look(\n    table,\n    "b",\n) is None'
    assert found[2:4] == (
        'assert look({}, "a") is None',
        'assert look({"x": 2}, "x") == 2',
    )
    assert found[4].startswith("for key in other:\n    assert")


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        (1, [0]),
        (2, [0, 1]),
        (-1, [5]),
        (-2, [4, 5]),
        (0, range(6)),
        (None, range(6)),
        ("all", range(6)),
        (99, range(6)),
        (-99, range(6)),
    ],
)
def test_a_slice_counts_tests(wanted: object, kept: list[int]) -> None:
    every = list_tests(TESTS)
    assert list_tests(slice_tests(TESTS, wanted)) == tuple(every[number] for number in kept)


def test_set_up_stays_before_the_tests_that_need_it() -> None:
    assert slice_tests(TESTS, 1).startswith('table = {"a": 1}\nassert')
    assert "other" not in slice_tests(TESTS, 2)
    last = slice_tests(TESTS, -1)
    assert "table =" in last
    assert "other =" in last


def test_a_helper_with_an_assert_is_no_test_and_keeps_its_decorators() -> None:
    text = "@keep\n@also(1)\ndef check(x):\n    assert x\n\nassert check(1) is None\n"
    assert list_tests(text) == ("assert check(1) is None",)
    assert statements(text)[0] == "@keep\n@also(1)\ndef check(x):\n    assert x"


@pytest.mark.parametrize("wanted", [True, False, 1.0, "1", "every", [1]])
def test_what_is_no_slice_is_refused(wanted: object) -> None:
    with pytest.raises(ValueError, match=r"external\.sandbox_slice is") as caught:
        check_slice(wanted)
    assert "give a whole number" in str(caught.value)


@pytest.mark.parametrize("text", ["assert (", "\x00", "assert " + "(" * 5000])
def test_tests_that_are_no_python_are_named(text: str) -> None:
    with pytest.raises(ValueError, match="The tests are no Python"):
        slice_tests(text, 1)


def test_no_assert_is_refused_with_the_number_of_statements() -> None:
    with pytest.raises(ValueError, match="hold 2 statements and no assert"):
        slice_tests("x = 1\ny = 2", 1)


@given(st.lists(st.sampled_from(statements(TESTS)), min_size=1), st.integers(-9, 9))
def test_any_slice_of_any_tests_keeps_their_order(texts: list[str], count: int) -> None:
    source = "\n".join(texts)
    every = list_tests(source)
    if not every:
        with pytest.raises(ValueError, match="no assert"):
            slice_tests(source, count)
        return
    kept = list_tests(slice_tests(source, count))
    expected = every if count == 0 else every[:count] if count > 0 else every[count:]
    assert kept == expected


@given(st.lists(st.sampled_from(ONE_LINERS), min_size=2), st.text(max_size=9))
def test_what_is_told_and_what_pays_never_meet(tests: list[str], task: str) -> None:
    if len(set(tests)) < 2:
        with pytest.raises(ValueError, match="1 of them different"):
            split_tests(tests, task)
        return
    split = split_tests(tests, task)
    assert split == split_tests(tests, task)
    assert set(split.feedback).isdisjoint(split.reward)
    assert set(split.feedback) | set(split.reward) == set(tests)
    assert split.feedback
    assert split.reward


def test_layout_makes_no_new_test() -> None:
    spaced = ["assert f(1) == 2", "assert f( 1 )==2", "assert (f(1) == 2)", "assert f(2) == 4"]
    split = split_tests(spaced, "t")
    assert sorted((*split.feedback, *split.reward)) == ["assert f(1) == 2", "assert f(2) == 4"]


def test_tasks_are_split_differently() -> None:
    assert len({split_tests(ONE_LINERS, f"task{n}").feedback for n in range(20)}) > 10


def test_one_test_cannot_be_split_but_may_be_shared_on_purpose() -> None:
    with pytest.raises(ValueError, match="Task t has 1 tests, 1 of them different") as caught:
        split_tests(ONE_LINERS[:1], "t")
    assert "external.disjoint=false" in str(caught.value)
    shared = split_tests(ONE_LINERS[:1], "t", disjoint=False)
    assert shared.feedback == shared.reward == ONE_LINERS[:1]
    with pytest.raises(ValueError, match="0 tests"):
        split_tests((), "t", disjoint=False)
