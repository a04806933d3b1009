from __future__ import annotations

import pytest

from agent_env import ToolEnv, load_domain
from agent_env.domains.kernels import with_evaluator
from agent_env.domains.kernels.evaluator import ScriptedEvaluator
from agent_env.endpoints.scripted_server import Reply, ScriptedServer
from agent_env.external.modes import find_mode, list_modes
from agent_env.external.of_kernels import attempt_of
from agent_env.kernels.verdict import Mismatch, Status, Timing, Verdict
from agent_env.types import StopReason

MISMATCH = Mismatch(
    case="hidden1/large",
    output=0,
    index=(3, 1),
    expected=2.0,
    got=float("nan"),
    error=float("nan"),
    allowed=0.1,
    count=7,
    total=64,
)


def timing(low: float, *, noisy: bool = False, is_performance: bool = True) -> Timing:
    return Timing(
        reference_us=10.0,
        candidate_us=10.0 / low,
        speedup_x=low + 0.1,
        speedup_ci=(low, low + 0.2),
        is_performance=is_performance,
        noisy=noisy,
        pairs=9,
    )


def levels(verdict: Verdict) -> list[bool | None]:
    return [level.passed for level in attempt_of(verdict, "x", turn=1, turns_left=2).levels]


@pytest.mark.parametrize(
    ("status", "passed"),
    [
        (Status.NO_CODE, [False, None, None, None]),
        (Status.POLICY, [True, False, None, None]),
        (Status.COMPILE_ERROR, [True, False, None, None]),
        (Status.RUNTIME_ERROR, [True, True, False, None]),
        (Status.TIMEOUT, [True, True, False, None]),
        (Status.WRONG, [True, True, True, False]),
        (Status.CHEAT, [True, True, True, False]),
        (Status.CORRECT, [True, True, True, True]),
    ],
)
def test_every_status_is_a_rung(status: Status, passed: list[bool | None]) -> None:
    assert levels(Verdict(status=status, reason="Because.")) == passed


def test_speed_is_a_rung_only_where_the_timing_says_something() -> None:
    def rungs(one: Timing | None) -> list[bool | None]:
        return levels(Verdict(status=Status.CORRECT, reason="Right.", timing=one))[4:]

    assert rungs(None) == []
    assert rungs(timing(1.2)) == [True]
    assert rungs(timing(0.9)) == [False]
    assert rungs(timing(1.2, noisy=True)) == []
    assert rungs(timing(1.2, is_performance=False)) == []


def test_the_mismatch_and_the_tool_chains_message_are_told() -> None:
    wrong = Verdict(status=Status.WRONG, reason="An answer is wrong.", mismatch=MISMATCH)
    told = find_mode("level_feedback")(attempt_of(wrong, "x", turn=1, turns_left=2, best="none"))
    assert "output 0[3, 1] == 2.0 (case hidden1/large)" in told
    assert "got nan; 7 of 64 elements are wrong" in told
    broken = Verdict(status=Status.COMPILE_ERROR, reason="It does not compile.", log="a.cpp:3: no")
    told = find_mode("level_feedback")(attempt_of(broken, "x", turn=1, turns_left=2))
    assert "compiled: failed: a.cpp:3: no" in told
    slow = Verdict(status=Status.CORRECT, reason="Right.", timing=timing(0.5))
    told = find_mode("level_feedback")(attempt_of(slow, "x", turn=1, turns_left=2))
    assert "fast: failed: 0.60x the baseline's speed (0.50 to 0.70)" in told


@pytest.mark.parametrize("mode", list_modes())
@pytest.mark.parametrize("status", Status)
def test_every_mode_words_every_status(mode: str, status: Status) -> None:
    verdict = Verdict(status=status, reason="Because.")
    assert find_mode(mode)(attempt_of(verdict, "", turn=1, turns_left=0)).strip()


PROGRAM = "```python\nimport torch\n\nclass ModelNew(torch.nn.Module):\n    pass\n```"
EDIT = "It lacks forward.\n<<<<< FIND\n    pass\n=====\n    x = 1\n>>>>> REPLACE"


def episode(*verdicts: Verdict, **options: object) -> ToolEnv:
    domain = load_domain("kernels", tasks=("ew_gelu_bias",), **options)
    domain = with_evaluator(domain, ScriptedEvaluator(verdicts))
    env = ToolEnv(domain, domain.tasks(1)[0])
    env.reset()
    return env


@pytest.mark.parametrize(
    ("mode", "empty", "wrong"),
    [
        ("level_feedback", "extracted: failed", "output 0[3, 1] == 2.0"),
        ("level_passed", "extracted: failed", "ran: passed\nright: failed"),
        ("passed", "The kernel did not pass", "The kernel did not pass"),
        ("plain", "Your last answer held no kernel.", "This was your last kernel:"),
    ],
)
def test_an_episode_of_kernels_is_told_in_the_mode(mode: str, empty: str, wrong: str) -> None:
    verdict = Verdict(status=Status.WRONG, reason="An answer is wrong.", mismatch=MISMATCH)
    env = episode(verdict, external_mode=mode)
    assert empty in env.step("```").messages[-1]["content"]
    assert wrong in env.step(PROGRAM).messages[-1]["content"]
    assert [one["role"] for one in env.messages[1:]] == ["user", "assistant"] * 2 + ["user"]
    assert env.metrics()["external/asked"] == 0


def test_an_expert_edits_a_kernel_and_its_failure_is_seen() -> None:
    verdict = Verdict(status=Status.RUNTIME_ERROR, reason="It raised.")
    named = {"external_mode": "expert_edits", "external_expert_edits_model": "m"}
    with ScriptedServer(lambda body: Reply(text=EDIT)) as server:
        env = episode(verdict, external_expert_edits_url=server.url, **named)
        assert "An expert proposes" in env.step(PROGRAM).messages[-1]["content"]
        assert env.metrics()["external/asked"] == 1
    with ScriptedServer(lambda body: Reply(text="Looks fine.")) as server:
        env = episode(verdict, external_expert_edits_url=server.url, **named)
        assert env.step(PROGRAM).stop_reason is StopReason.INFRA_ERROR
        env = episode(
            verdict, external_expert_edits_url=server.url, external_on_failure="plain", **named
        )
        assert "none came (UnusableEdits)" in env.step(PROGRAM).messages[-1]["content"]
        assert "failed_edits" in env.trajectory["turns"][0]["ruling"]
        assert env.metrics()["external/failed_edits"] == 1
