"""The kernels domain from outside: its options, oracle, scripted server, validation and figures."""

from __future__ import annotations

import ast
import gc
import json
import subprocess
import sys
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from agent_env import Domain, StopReason, ToolEnv, UnknownNameError, load_domain
from agent_env.domains.kernels import with_evaluator
from agent_env.domains.kernels.evaluator import JudgeEvaluator, ScriptedEvaluator
from agent_env.domains.kernels.repair import drafts, fenced
from agent_env.endpoints.scripted_model import REFUSAL, Script
from agent_env.evaluation.ledger import Digest
from agent_env.evaluation.summary import summarize
from agent_env.evaluation.table import lines as table_lines
from agent_env.kernels.extract import extract
from agent_env.kernels.limits import Limits
from agent_env.kernels.policy import check_source, language_of
from agent_env.kernels.sources import find_sources
from agent_env.kernels.verdict import Mismatch, Status, Verdict
from agent_env.validation.command import lines
from agent_env.validation.validate import validate

SOLUTIONS = Path(__file__).parents[1] / "kernels" / "solutions"
TASK = "ew_gelu_bias"
ANSWER = fenced((SOLUTIONS / f"{TASK}_cpp.py").read_text(encoding="utf-8"))
CORRECT = Verdict(status=Status.CORRECT, reason="Every checked answer is right.")
MISMATCH = Mismatch(
    case="hidden1/unit",
    output=0,
    index=(3, 17),
    expected=0.25,
    got=1.25,
    error=1.0,
    allowed=1e-6,
    count=12,
    total=17_061,
)
WRONG = Verdict(status=Status.WRONG, reason="The result is not right.", mismatch=MISMATCH)


def begin(*verdicts: Verdict, **options: Any) -> ToolEnv:
    """An episode, begun, in which these verdicts come."""
    chosen = load_domain("kernels", tasks=(TASK,), **options)
    played = with_evaluator(chosen, ScriptedEvaluator(verdicts))
    env = ToolEnv(played, played.tasks(1)[0])
    env.reset()
    return env


@pytest.fixture(scope="module")
def domain() -> Domain:
    return load_domain("kernels", tasks=(TASK,))


def test_options_make_the_domain_again_and_are_json(domain: Domain) -> None:
    options = json.loads(json.dumps(domain.options))
    assert load_domain("kernels", **options) is domain


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"tasks": ("ew_gelu_bais",)}, "Did you mean 'ew_gelu_bias'?"),
        ({"language": "c++"}, "kernels language"),
        ({"prompt": "kernel"}, "Did you mean 'kernels'?"),
        ({"device": "gpu"}, "device"),
        ({"turns": 0}, "give at least 1"),
        ({"workers": -1}, "workers is -1"),
        ({"correct": -1.0}, "correct is -1.0"),
        ({"solutions": "/nowhere"}, "no folder"),
    ],
)
def test_options_that_cannot_be_used_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises((UnknownNameError, ValueError), match=r".") as refused:
        load_domain("kernels", **options)
    assert said in str(refused.value)


def test_a_task_has_one_opening_with_its_baseline(domain: Domain) -> None:
    opening = domain.tasks(1)[0].opening
    assert "functional.gelu(x + bias)" in opening
    assert "rows=64, columns=1000" in opening
    compact = load_domain("kernels", tasks=(TASK,), prompt="kernels_compact")
    assert compact.tasks(1)[0].opening.endswith("Arguments of forward: x, bias.")
    assert len(compact.system_prompt.split()) < 70
    assert "doubling of the speed" in domain.system_prompt
    untimed = load_domain("kernels", tasks=(TASK,), timing=False)
    assert "nothing is timed here" in untimed.system_prompt


@pytest.mark.parametrize("language", ["cpp", "cuda", "torch", "triton"])
def test_the_example_in_the_prompt_is_a_program_in_the_language(language: str) -> None:
    prompt = load_domain("kernels", tasks=(TASK,), language=language).system_prompt
    found = extract(prompt)
    assert found.code is not None
    assert language_of(found.code) == language
    wanted = "" if language == "torch" else language
    assert check_source(found.code, wanted=wanted) == ()


@pytest.mark.parametrize("language", ["cpp", "cuda", "torch", "triton"])
def test_the_oracle_knows_what_it_was_given(language: str) -> None:
    domain = load_domain("kernels", tasks=(TASK,), language=language, solutions=str(SOLUTIONS))
    actions = domain.oracle(domain.tasks(1)[0])
    known = language in ("cpp", "torch")
    assert len(actions) == 2 * known
    assert not known or "class ModelNew" in actions[0]


def test_validating_says_which_checks_do_not_apply() -> None:
    domain = load_domain("kernels", tasks=(TASK,), solutions=str(SOLUTIONS))
    report = validate(with_evaluator(domain, ScriptedEvaluator([CORRECT])), domain.tasks(1))
    assert report.is_clean, report.faults
    assert "facts_exact" in report.left_out
    table = "\n".join(lines(report))
    assert "Does not apply: a referee judges here" in table
    assert "No right answer" not in table


def test_validating_finds_an_oracle_that_is_wrong_and_a_task_without_one() -> None:
    domain = load_domain("kernels", tasks=(TASK,), solutions=str(SOLUTIONS))
    report = validate(with_evaluator(domain, ScriptedEvaluator([WRONG])), domain.tasks(1))
    assert [fault.check for fault in report.faults] == ["gold_succeeds"]
    unknown = load_domain("kernels", tasks=(TASK,))
    report = validate(with_evaluator(unknown, ScriptedEvaluator([])), unknown.tasks(1))
    assert report.is_clean, report.faults
    assert "No right answer is known for 1 of 1 tasks." in "\n".join(lines(report))


def test_a_scripted_server_answers_with_the_oracle(domain: Domain) -> None:
    solved = load_domain("kernels", tasks=(TASK,), solutions=str(SOLUTIONS))
    script = Script.of_domain(solved, solved.tasks(1))
    opening = {"role": "user", "content": solved.tasks(1)[0].opening}
    first = script.next_turn([opening])
    assert first is not None
    assert first.text == ANSWER
    said = [opening, {"role": "assistant", "content": ANSWER}, {"role": "user", "content": "Well."}]
    second = script.next_turn(said)
    assert second is not None
    assert "finished" in second.text
    failing = Script.of_domain(solved, solved.tasks(1), fail=(0,)).next_turn([opening])
    assert failing is not None
    assert failing.text == REFUSAL


def test_the_figures_of_an_evaluation_hold_what_the_domain_counts(domain: Domain) -> None:
    counts = {"parse/turns": 1.0, "kernel/answers": 4.0, "kernel/right": 1.0}
    counts |= {"kernel/measured": 2.0, "kernel/log2_speedup": 3.0}
    episode = Digest(
        pair=(0, 0),
        task_id="a",
        success=True,
        wall_s=1.0,
        counts=counts,
        requests=(),
        infra_error=None,
    )
    own = summarize([episode], asked=[(0, 0)], domain=domain)["own"]
    assert own["rates"]["kernel/correct_rate"] == 0.25
    assert own["means"]["kernel/speedup_geomean"] == pytest.approx(2**1.5)
    assert own["counts"]["kernel/answers"] == 4.0
    table = "\n".join(table_lines(summarize([episode], asked=[(0, 0)], domain=domain), "title"))
    assert "kernel correct rate       25.0 %" in table


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("level_feedback", "output 0[3, 17] == 0.25"),
        ("level_passed", "ran"),
        ("passed", "not"),
        ("plain", "class ModelNew"),
    ],
)
def test_every_mode_of_feedback_can_word_an_answer(mode: str, said: str) -> None:
    env = begin(WRONG, WRONG, external_mode=mode)
    (message,) = env.step(ANSWER).messages
    assert message["role"] == "user"
    assert said in message["content"]
    assert message["content"] != begin(WRONG).step(ANSWER).messages[0]["content"]
    (empty,) = env.step("```").messages
    assert empty["content"].strip()


def test_an_expert_that_is_down_is_no_reward_unless_plain_was_chosen() -> None:
    expert = {
        "external_mode": "expert_edits",
        "external_expert_edits_model": "expert",
        "external_expert_edits_url": "http://127.0.0.1:9/v1",
    }
    assert begin(WRONG, **expert).step(ANSWER).stop_reason is StopReason.INFRA_ERROR
    env = begin(WRONG, **expert, external_on_failure="plain")
    result = env.step(ANSWER)
    assert result.stop_reason is None
    assert result.info["ruling"]["failed_edits"]
    assert env.metrics()["external/failed_edits"] == 1
    with pytest.raises(ValueError, match=r"no external.mode is chosen"):
        load_domain("kernels", external_expert_edits_model="expert")


def test_few_words_are_told_where_few_are_wanted() -> None:
    long = Verdict(status=Status.COMPILE_ERROR, reason="No. " * 200, log="line\n" * 500)
    env = begin(long, prompt="kernels_compact")
    (message,) = env.step(ANSWER).messages
    assert message["content"].startswith("compile error: No. No.")
    assert message["content"].endswith("Turns left: 2.")
    assert len(message["content"]) < 350
    (message,) = env.step("```").messages
    assert message["content"].startswith("no code: the answer has no program")


class CountingJudge:
    """Stands in for the judge: says the same of every program, and counts them."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.calls: list[tuple[str, bool, str]] = []
        self.closed = 0

    def __call__(self, device: str, limits: Limits) -> CountingJudge:
        return self

    def evaluate(self, code: str, problem: Any, *, timed: bool, wanted: str) -> Verdict:
        self.calls.append((problem.name, timed, wanted))
        return self.verdict

    def close(self) -> None:
        self.closed += 1


@pytest.mark.parametrize(
    ("verdict", "judged"),
    [(CORRECT, 1), (WRONG, 1), (Verdict(status=Status.TIMEOUT, reason="Still running."), 2)],
)
def test_the_same_program_is_judged_once_unless_chance_had_a_say(
    monkeypatch: pytest.MonkeyPatch, verdict: Verdict, judged: int
) -> None:
    judge = CountingJudge(verdict)
    monkeypatch.setattr("agent_env.kernels.judge.Judge", judge)
    evaluator = JudgeEvaluator(wanted="cpp")
    for _ in range(2):
        assert evaluator.evaluate("code", TASK, timed=True) is verdict
    assert judge.calls == [(TASK, True, "cpp")] * judged
    evaluator.evaluate("code", TASK, timed=False)
    assert len(judge.calls) == judged + 1
    evaluator.close()
    assert judge.closed == 1
    del evaluator
    gc.collect()
    assert judge.closed == 2


def test_several_judges_work_side_by_side_where_workers_are_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[str, bool, str]] = []

    class CountingPool:
        def __init__(self, *, workers: int, device: str, limits: Limits) -> None:
            assert (workers, device, limits.timing_s) == (3, "cpu", 3.0)

        def submit(self, code: str, problem: Any, *, timed: bool, wanted: str) -> Future[Verdict]:
            asked.append((problem.name, timed, wanted))
            future: Future[Verdict] = Future()
            future.set_result(CORRECT)
            return future

        def close(self) -> None:
            asked.append(("closed", False, ""))

    monkeypatch.setattr("agent_env.domains.kernels.evaluator.Pool", CountingPool)
    evaluator = JudgeEvaluator(wanted="cpp", workers=3)
    assert evaluator.evaluate("code", TASK, timed=True) is CORRECT
    evaluator.close()
    assert asked == [(TASK, True, "cpp"), ("closed", False, "")]


def test_an_oracle_that_rehearses_answers_with_broken_programs_first() -> None:
    domain = load_domain("kernels", tasks=(TASK,), solutions=str(SOLUTIONS), rehearse=True)
    broken, wrong, right, closing = domain.oracle(domain.tasks(1)[0])
    assert right == ANSWER
    assert broken != right != wrong
    assert "finished" in closing


def test_no_customer_speaks_where_a_referee_does(domain: Domain) -> None:
    with pytest.raises(ValueError, match="leave the customer out"):
        ToolEnv(domain, domain.tasks(1)[0], user=domain.user)


@pytest.mark.parametrize("path", sorted(SOLUTIONS.glob("*.py")), ids=lambda path: path.stem)
def test_drafts_of_any_program_hold_their_fault_and_nothing_else(path: Path) -> None:
    program = path.read_text(encoding="utf-8")
    broken, wrong, right = drafts(program)
    assert right == program
    assert len(broken) == len(program) - 1
    assert wrong.count(") + 1") == program.count(") + 1") + 1
    ast.parse(wrong)
    if path.stem.endswith("_torch"):
        with pytest.raises(SyntaxError):
            ast.parse(broken)
    else:
        assert [one.text for one in find_sources(broken)] != [
            one.text for one in find_sources(program)
        ]


def test_a_program_that_returns_nothing_has_no_drafts() -> None:
    with pytest.raises(ValueError, match="whose forward returns something"):
        drafts("class ModelNew:\n    def forward(self, x):\n        pass\n")


def test_loading_the_domain_imports_no_torch_and_starts_nothing() -> None:
    code = (
        "import sys; from agent_env import load_domain; domain = load_domain('kernels'); "
        "print('torch' in sys.modules, len(domain.base.task_names))"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "24"]
