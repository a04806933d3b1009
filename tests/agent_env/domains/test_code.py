"""The `code` domain: its tasks and its judge; episodes are in `test_code_episodes.py`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_env.domains.code.answer import find_program
from agent_env.domains.code.judge import CodeJudge
from agent_env.domains.code.problem import load_problems, read_problem, read_test
from agent_env.kernels.functions import LIMITS, FunctionRunner
from agent_env.kernels.limits import Limits

PROBLEMS = load_problems()
ROMAN = PROBLEMS["roman"]
WRONG = "def roman(number):\n    return 'I' * number\n"
RAISING = "def roman(number):\n    return 'I' / number\n"
UNREADABLE = "def roman(number:\n    return ''\n"


def block(code: str) -> str:
    return f"Here it is:\n```python\n{code}```\n"


@pytest.fixture(scope="module")
def runner() -> Iterator[FunctionRunner]:
    quick = {**LIMITS.to_dict(), "call_s": 0.5, "load_s": 2.0, "evaluation_s": 4.0}
    runner = FunctionRunner(Limits(**quick))  # type: ignore[arg-type]
    yield runner
    runner.close()


@pytest.fixture(scope="module")
def judge(runner: FunctionRunner) -> CodeJudge:
    return CodeJudge(runner, sandbox_slice="all")


# Tasks.


def test_there_are_twelve_tasks_with_tests_for_both_sides(judge: CodeJudge) -> None:
    assert len(PROBLEMS) == 12
    for problem in PROBLEMS.values():
        told, paying = judge.tests(problem)
        assert len(told) >= 3
        assert len(paying) >= 6
        assert {one.text for one in told}.isdisjoint(one.text for one in paying)


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_solution_is_right_and_stubs_are_not(name: str, judge: CodeJudge) -> None:
    problem = PROBLEMS[name]
    right = judge.judge(block(problem.solution), problem)
    assert (right.is_right, right.value, right.failing) == (True, 1.0, ())
    for stub in ("return None", "return []", "return ''", "return 0", "return True", "pass"):
        found = judge.judge(block(f"{problem.signature}:\n    {stub}\n"), problem)
        assert not found.is_right, stub
        assert found.value < 0.6, stub


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = 1", "defines no function f with a docstring"),
        ("def f(): pass", "defines no function f with a docstring"),
        ('def f():\n    "Doc."\n', "has no asserts"),
        ('def f():\n    "Doc."\nTESTS = "assert g() == 1"\n', "never calls f"),
        ('def f():\n    "Doc."\nTESTS = "assert f(x) == 1"\n', "what is no plain value"),
        ('def f():\n    "Doc."\nTESTS = "for x in 1, 2:\\n assert f()"\n', "no single assert"),
        ('def f():\n    "Doc."\nTESTS = "assert ("\n', "The tests are no Python"),
    ],
)
def test_a_file_that_is_no_task_is_named(source: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_problem("f", source)


def test_conditions_are_evaluated_on_what_came_back() -> None:
    test = read_test("assert sorted(f([2, 1])) == [1, 2] and len(f('a', n=1)) == 1", "f")
    assert [one.positional for one in test.calls] == [([2, 1],), ("a",)]
    assert dict(test.calls[1].named) == {"n": 1}
    assert test.holds([[2, 1], "x"])
    assert not test.holds([[2, 1], "xy"])
    assert not test.holds([None, 5])


# Reading answers.


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("```python\ndef f():\n    return 1\n```", "def f():\n    return 1"),
        ("```\nx\n```\n```py\ndef f(): pass\n```\n```\ny\n```", "def f(): pass"),
        ("```python\ndef f(:\n```\n```python\ndef f(): pass\n```", "def f(): pass"),
        ("```python\ndef f(): pass\n```\n```python\ndef f(:\n```", "def f(): pass"),
        ("```python\ndef f(:\n```", "def f(:"),
        ("```python\ng = 1\n```", "g = 1"),
        ("<think>```python\ndef f(): draft\n```</think>def f():\n    return 2", None),
        ("import re\n\ndef f():\n    return 2", "import re\n\ndef f():\n    return 2"),
        ("Sure:\ndef f():\n    return 2", "def f():\n    return 2"),
        ("```", ""),
        ("", ""),
        ("I am done.", ""),
        ("the function f = nothing", ""),
    ],
)
def test_the_program_is_found_in_the_answer(answer: str, code: str | None) -> None:
    found = find_program(answer, "f")
    assert found == ("def f():\n    return 2" if code is None else code)


@given(
    st.text()
    | st.lists(st.sampled_from(["```python\n", "```\n", "def f():\n", " x\n"])).map("".join)
)
def test_any_answer_can_be_read(answer: str) -> None:
    assert find_program(answer, "f") in (find_program(answer, "f"), "")


# Judging.


def levels_of(judge: CodeJudge, code: str) -> list[bool | None]:
    return [level.passed for level in judge.judge(block(code), ROMAN).levels]


def test_the_ladder(judge: CodeJudge) -> None:
    assert [level.passed for level in judge.judge("```", ROMAN).levels] == [False, None, None]
    assert levels_of(judge, "def other():\n    pass\n") == [False, True, None]
    assert levels_of(judge, UNREADABLE) == [True, False, None]
    assert levels_of(judge, f"1 / 0\n{WRONG}") == [True, True, False]
    assert levels_of(judge, WRONG) == [True, True, False]
    assert levels_of(judge, ROMAN.solution) == [True, True, True]
    values = [
        judge.judge(answer, ROMAN).value
        for answer in ("```", block(UNREADABLE), block(RAISING), block(ROMAN.solution))
    ]
    assert values == [0.0, 0.1, 0.2, 1.0]


def test_part_of_the_tests_is_part_of_the_reward(judge: CodeJudge) -> None:
    found = judge.judge(block(WRONG), ROMAN)
    assert (found.passed, found.paying) == (1, 8)
    assert found.value == pytest.approx(0.2 + 0.8 / 8)


def test_every_failing_assert_of_the_slice_is_named_and_no_other(
    judge: CodeJudge, runner: FunctionRunner
) -> None:
    told, paying = judge.tests(ROMAN)
    found = judge.judge(block(RAISING), ROMAN)
    assert [check.text for check in found.failing] == [one.text for one in told]
    assert "raised TypeError" in found.failing[0].got
    for wanted, kept in ((1, told[:1]), (2, told[:2]), (-1, told[-1:])):
        sliced = CodeJudge(runner, sandbox_slice=wanted).judge(block(RAISING), ROMAN)
        assert [check.text for check in sliced.failing] == [one.text for one in kept]
        assert sliced.paying == len(paying)


CHEATS = {
    "leaves with status 0": "import os\nos._exit(0)\ndef roman(n): return ''\n",
    "leaves when called": "import os\ndef roman(n): os._exit(0)\n",
    "loops": "def roman(n):\n    while True: pass\n",
    "prints that it passed": "def roman(n):\n    print('passed', 'All tests passed.')\n",
    "is equal to anything": (
        "class Any(str):\n    def __eq__(self, other): return True\n"
        "    __hash__ = str.__hash__\ndef roman(n): return Any()\n"
    ),
    "changes what equality means": (
        "import builtins\nbuiltins.bool = lambda *x: True\nbuiltins.str = object\n"
        "def roman(n): return None\n"
    ),
    "reads the tests": (
        "import glob\nfrom agent_env.domains.code.problem import load_problems\n"
        "answers = load_problems()['roman'].solution\nexec(answers)\n"
    ),
    "imports the solution": "from agent_env.domains.code.tasks.roman import roman\n",
    "writes a passed message": (
        "import os, struct\ndef roman(n):\n"
        '    said = b\'{"kind": "passed", "text": "true"}\'\n'
        "    for fd in range(3, 64):\n"
        "        try: os.write(fd, struct.pack('<I', len(said)) + said)\n"
        "        except OSError: pass\n"
    ),
}


@pytest.mark.parametrize("name", CHEATS)
def test_no_cheat_passes(judge: CodeJudge, name: str) -> None:
    found = judge.judge(block(CHEATS[name]), ROMAN)
    assert not found.is_right
    assert found.passed == 0
    assert found.value <= 0.2


def test_an_equal_answer_is_judged_once(judge: CodeJudge, monkeypatch: pytest.MonkeyPatch) -> None:
    first = judge.judge(block(WRONG), ROMAN)
    monkeypatch.setattr(judge.runner, "run", None)
    assert judge.judge(f"Again.\n{block(WRONG)}", ROMAN) is first


def test_both_sides_share_their_tests_only_on_purpose(runner: FunctionRunner) -> None:
    told, paying = CodeJudge(runner, sandbox_slice=0, disjoint=False).tests(ROMAN)
    assert [one.text for one in told] == [one.text for one in paying]
    assert len(paying) == len(ROMAN.tests)
