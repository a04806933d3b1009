from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_env.errors import UnknownNameError
from agent_env.external.attempt import Attempt, Check, Level
from agent_env.external.modes import find_mode, list_modes
from agent_env.external.settings import ExternalSettings

RIGHT = (Level(name="definition", passed=True), Level(name="tests", passed=True))


def test_the_folder_is_the_list() -> None:
    assert list_modes() == ("expert_edits", "level_feedback", "level_passed", "passed", "plain")


def test_level_feedback_tells_levels_every_failing_check_and_the_best(attempt: Attempt) -> None:
    assert find_mode("level_feedback")(attempt) == (
        "2 of 3 checks failed.\n"
        "definition: passed\n"
        "syntax: passed\n"
        "tests: failed: 2 of 3 failed\n"
        "These checks failed:\n"
        "assert double(2) == 4\n"
        "  it returned 2\n"
        "assert double(3) == 6\n"
        "Best so far: 1 of 3 checks passed, in answer 1.\n"
        "Send the whole program again, with the faults mended. Answers left: 2."
    )


def test_level_passed_tells_no_reason(attempt: Attempt) -> None:
    told = find_mode("level_passed")(attempt)
    assert told.splitlines()[:3] == ["definition: passed", "syntax: passed", "tests: failed"]
    assert "assert" not in told
    assert "2 of 3" not in told


def test_a_level_that_was_not_reached_is_no_failure(attempt: Attempt) -> None:
    levels = (Level(name="syntax", passed=False), Level(name="tests", passed=None))
    told = find_mode("level_passed")(replace(attempt, levels=levels))
    assert told.splitlines()[:2] == ["syntax: failed", "tests: not reached"]


def test_passed_is_one_line(attempt: Attempt) -> None:
    passed = find_mode("passed")
    assert passed(attempt) == "The program did not pass; revise it."
    assert passed(replace(attempt, levels=RIGHT)) == "The program passed."


def test_plain_says_the_same_of_right_and_wrong(attempt: Attempt) -> None:
    plain = find_mode("plain")
    assert plain(attempt) == plain(replace(attempt, levels=RIGHT, failing=(), verdict="All."))
    assert "```python\ndef double(x):\n    return x\n```" in plain(attempt)
    assert "held no program" in plain(replace(attempt, code=" \n"))


def test_a_fence_in_the_code_closes_nothing(attempt: Attempt) -> None:
    told = find_mode("plain")(replace(attempt, code='x = """\n````\n"""'))
    assert "\n`````python\n" in told
    assert told.count("`````") == 2


def test_the_last_answer_is_not_asked_for_again(attempt: Attempt) -> None:
    told = find_mode("level_feedback")(replace(attempt, turns_left=0))
    assert told.endswith("That was the last answer.")


def test_long_messages_lose_their_middle(attempt: Attempt) -> None:
    told = find_mode("level_feedback")(
        replace(attempt, verdict="A" * 9_000 + "B", failing=(Check(text="assert " + "x" * 9_000),))
    )
    assert len(told) < 4_000
    assert "[... 7001 characters left out ...]" in told
    assert "B\ndefinition" in told


texts = st.text(st.characters(codec=None), max_size=60)
levels = st.builds(
    Level, name=st.just("tests"), passed=st.sampled_from([True, False, None]), detail=texts
)


@given(
    st.sampled_from(list_modes()),
    st.builds(
        Attempt,
        code=texts,
        levels=st.lists(levels, min_size=1, max_size=4).map(tuple),
        failing=st.lists(st.builds(Check, text=texts, got=texts), max_size=3).map(tuple),
        verdict=texts,
        best=texts,
        turn=st.just(1),
        turns_left=st.integers(0, 3),
    ),
)
def test_every_mode_says_something_that_can_be_sent(mode: str, attempt: Attempt) -> None:
    told = find_mode(mode)(attempt)
    assert told.strip()
    told.encode("utf-8")


def test_an_attempt_that_is_none_is_refused(attempt: Attempt) -> None:
    with pytest.raises(ValueError, match="no levels"):
        replace(attempt, levels=())
    with pytest.raises(ValueError, match="turn 0 with 2 left"):
        replace(attempt, turn=0)


EXPERT = {"expert_edits_model": "m", "expert_edits_url": "http://localhost:1/v1"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "level_fedback"}, "Did you mean 'level_feedback'?"),
        ({"on_failure": "plane"}, "Did you mean 'plain'?"),
        ({"sandbox_slice": "two"}, "external.sandbox_slice is 'two'"),
        ({"disjoint": "yes"}, "external.disjoint is 'yes'; give true or false."),
        ({"expert_timeout_s": 0}, "external.expert_timeout_s is 0"),
        ({"mode": "expert_edits"}, "needs external.expert_edits_model"),
        ({"mode": "expert_edits", "expert_edits_model": "m"}, "needs external.expert_edits_url"),
        ({"mode": "expert_edits", **EXPERT, "expert_edits_url": "localhost"}, "give a URL"),
        ({"mode": "plain", **EXPERT}, "external.mode=plain asks no expert"),
    ],
)
def test_settings_are_refused_with_one_sentence(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match="external") as caught:
        ExternalSettings(**options)  # type: ignore[arg-type]
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_settings_come_from_a_domains_options_and_go_round() -> None:
    settings = ExternalSettings.from_options(
        {"turns": 3, "external_mode": "passed", "external_sandbox_slice": -2}
    )
    assert (settings.mode, settings.sandbox_slice) == ("passed", -2)
    assert ExternalSettings(**settings.to_dict()) == settings
    with pytest.raises(UnknownNameError, match="Did you mean 'mode'"):
        ExternalSettings.from_options({"external_mod": "plain"})
