from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_env.endpoints.endpoint import Endpoint, Retries
from agent_env.endpoints.scripted_server import Fault, Reply, ScriptedServer
from agent_env.errors import EnvError
from agent_env.external import expert
from agent_env.external.attempt import Attempt
from agent_env.external.feedback import Feedback, Told
from agent_env.external.settings import ExternalSettings

CODE = "def double(x):\n    return x\n"
EDIT = (
    "The value is to be doubled.\n"
    "<<<<< FIND\n    return x\n=====\n    return 2 * x\n>>>>> REPLACE\n"
)
GARBAGE = ("", "I would multiply it.", EDIT[:60], EDIT.replace("return x", "return y"), "```\n```")


def settings_for(url: str, on_failure: str = "infra_error") -> ExternalSettings:
    return ExternalSettings(
        mode="expert_edits",
        expert_edits_model="m",
        expert_edits_url=url,
        on_failure=on_failure,
    )


def feedback_of(url: str, on_failure: str = "infra_error", timeout_s: float = 5.0) -> Feedback:
    quick = Retries(count=1, first_wait_s=0.001, longest_wait_s=0.01)
    endpoint = Endpoint(base_url=url, model="m", timeout_s=timeout_s, retries=quick)
    return Feedback(settings_for(url, on_failure), endpoint)


def told(feedback: Feedback, attempt: Attempt) -> Told:
    try:
        return feedback.tell(attempt)
    finally:
        feedback.close()


def awaited(feedback: Feedback, attempt: Attempt) -> Told:
    async def ask() -> Told:
        try:
            return await feedback.atell(attempt)
        finally:
            await feedback.aclose()

    return asyncio.run(ask())


both_ways = pytest.mark.parametrize("tell", [told, awaited])
Tell = Callable[[Feedback, Attempt], Told]


@both_ways
def test_edits_follow_what_was_found(attempt: Attempt, tell: Tell) -> None:
    seen: list[dict[str, str]] = []

    def answer(body: object) -> Reply:
        seen.extend(body["messages"])  # type: ignore[index]
        return Reply(text=EDIT)

    with ScriptedServer(answer) as server:
        said = tell(feedback_of(server.url), attempt)
    assert said.text.startswith("2 of 3 checks failed.\n")
    assert said.text.endswith(
        "1. The value is to be doubled.\n"
        "Replace\n```\n    return x\n```\nby\n```\n    return 2 * x\n```"
    )
    assert (said.failure, said.counts["external/retries"]) == ("", 0)
    assert said.counts["external/completion_tokens"] > 0
    assert [message["role"] for message in seen] == ["system", "user"]
    assert "Write double(x)" in seen[1]["content"]
    assert "assert double(3) == 6" in seen[1]["content"]
    assert CODE.strip() in seen[1]["content"]


@both_ways
def test_an_expert_that_is_down_fails_the_environment(attempt: Attempt, tell: Tell) -> None:
    with ScriptedServer(lambda body: Reply()) as server:
        url = server.url
    with pytest.raises(EnvError, match=r"expert: m at .*the connection failed") as caught:
        tell(feedback_of(url), attempt)
    assert caught.value.retryable


@both_ways
@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.NOT_JSON, Fault.HANG, Fault.CUT])
def test_a_failing_expert_is_gone_on_without_only_on_purpose(
    attempt: Attempt, tell: Tell, fault: Fault
) -> None:
    with ScriptedServer(lambda body: Reply(text=EDIT), lambda *_: fault, hang_s=2.0) as server:
        slow = 0.1 if fault is Fault.HANG else 5.0
        with pytest.raises(EnvError, match="expert: "):
            tell(feedback_of(server.url, timeout_s=slow), attempt)
        said = tell(feedback_of(server.url, "plain", slow), attempt)
    assert "An expert was asked for edits, but none came (" in said.text
    assert said.text.startswith("2 of 3 checks failed.\n")
    assert "m at http://127.0.0.1" in said.failure
    assert "127.0.0.1" not in said.text


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_is_a_failure_and_never_no_edits(attempt: Attempt, garbage: str) -> None:
    with ScriptedServer(lambda body: Reply(text=garbage)) as server:
        with pytest.raises(EnvError, match="the expert's answer holds") as caught:
            told(feedback_of(server.url), attempt)
        assert caught.value.kind == "UnusableEdits"
        said = told(feedback_of(server.url, "plain"), attempt)
    assert "none came (UnusableEdits)" in said.text
    assert said.failure.startswith("UnusableEdits: ")
    assert said.counts["external/prompt_tokens"] > 0


def test_an_expert_may_propose_nothing_in_words(attempt: Attempt) -> None:
    with ScriptedServer(lambda body: Reply(text="<think>hm</think>\n**No edits.**")) as server:
        said = told(feedback_of(server.url), attempt)
    assert said.text.endswith("An expert read it and proposes no edit.")
    assert said.failure == ""


@both_ways
def test_nobody_is_asked_about_an_answer_without_code(attempt: Attempt, tell: Tell) -> None:
    with ScriptedServer(lambda body: Reply(text=EDIT)) as server:
        said = tell(feedback_of(server.url), replace(attempt, code=""))
        assert server.requests == 0
    assert "No expert was asked" in said.text


@both_ways
@pytest.mark.parametrize("mode", ["level_feedback", "level_passed", "passed", "plain"])
def test_other_modes_ask_nobody(attempt: Attempt, tell: Tell, mode: str) -> None:
    assert tell(Feedback(ExternalSettings(mode=mode)), attempt).failure == ""


def test_the_key_comes_from_the_environment(
    attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXPERT_KEY", "k-1")
    with ScriptedServer(lambda body: Reply(text=EDIT)) as server:
        settings = replace(settings_for(server.url), expert_key_env="EXPERT_KEY")
        feedback = Feedback(settings)
        assert "Replace" in told(feedback, attempt).text
    assert feedback._endpoint is not None
    assert feedback._endpoint.api_key == "k-1"
    assert "k-1" not in str(settings.to_dict())


def test_edits_that_fit_nowhere_are_counted_and_many_are_cut() -> None:
    code = "\n".join(f"a{n} = {n}" for n in range(20))
    one = "<<<<< FIND\na{0} = {0}\n=====\na{0} = 0\n>>>>> REPLACE\n"
    answer = "".join(one.format(n) for n in range(12, 18)) + one.format(99)
    edits = expert.read_edits(answer, code)
    assert (len(edits.taken), edits.left_out) == (6, 1)
    assert "(1 more edits were left out" in expert.edits_text(edits)
    assert "(no reason given)" in expert.edits_text(edits)
    many = "".join(one.format(n) for n in range(10, 20))
    assert len(expert.read_edits(many, code).taken) == expert.MOST_EDITS


def test_an_edit_must_stand_once_and_change_something() -> None:
    for code in ("    return x\n    return x\n", "pass"):
        with pytest.raises(expert.UnreadableEditsError, match="1 edits that fit nowhere"):
            expert.read_edits(EDIT, code)
    same = "<<<<< FIND\nx\n=====\nx\n>>>>> REPLACE"
    with pytest.raises(expert.UnreadableEditsError, match="fit nowhere"):
        expert.read_edits(same, "x")


@given(st.lists(st.sampled_from([*EDIT.splitlines(keepends=True), "x\n", "\ud800\n", "```\n"])))
def test_any_answer_is_read_or_refused(lines: list[str]) -> None:
    try:
        edits = expert.read_edits("".join(lines), CODE)
    except expert.UnreadableEditsError:
        return
    assert all(CODE.count(edit.find) == 1 for edit in edits.taken)
    expert.edits_text(edits).encode("utf-8")


def test_reading_takes_linear_time() -> None:
    started = time.perf_counter()
    for line in ("<<<<< FIND\n", "=======\n", ">>>>> REPLACE\n", "a\n"):
        with pytest.raises(expert.UnreadableEditsError):
            expert.read_edits(line * 20_000, CODE)
    assert time.perf_counter() - started < 1.0
