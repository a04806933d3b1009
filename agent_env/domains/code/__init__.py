"""Small functions with asserts: programs over several turns, without a compiler or a GPU.

Place in the flow: `agent_env.load_domain("code", ...)` calls `build`. The model is told the first
line of a function and what it should do, and answers with a program; a referee runs it in the cage
of the kernel bench and tells in the chosen mode what came of it, until the turns are used up or the
model says that it is done. It is meant for tests and for trying feedback modes.

What it does not do: no tools, no customer, no measure of what a model can do.
"""

from __future__ import annotations

import weakref
from dataclasses import replace
from random import Random

import prompts
from agent_env.domain import Domain
from agent_env.domains.code.judge import CodeJudge
from agent_env.domains.code.problem import FOLDER, Problem, load_problems
from agent_env.domains.code.referee import CodeReferee
from agent_env.domains.code.world import Opening, Problems
from agent_env.errors import UnknownNameError
from agent_env.external.feedback import Feedback
from agent_env.external.settings import ExternalSettings
from agent_env.external.words import fenced
from agent_env.kernels.functions import LIMITS, FunctionRunner
from agent_env.types import Action, Limits, Task, Wording

STYLES = ("code", "code_compact")
DONE = "I am done."


def build(
    turns: int = 3,
    tasks: tuple[str, ...] = (),
    prompt: str = "code",
    call_s: float = LIMITS.call_s,
    external_mode: str = "level_feedback",
    external_sandbox_slice: int | str | None = 1,
    external_disjoint: bool = True,
    external_on_failure: str = "infra_error",
    external_expert_edits_model: str = "",
    external_expert_edits_url: str = "",
    external_expert_key_env: str = "OPENAI_API_KEY",
    external_expert_timeout_s: float = 60.0,
) -> Domain:
    """The code domain for these options.

    Args:
        turns: Answers in an episode.
        tasks: Which functions are asked for; none named is all of them.
        prompt: "code", or "code_compact" in a few words.
        call_s: How long one call of a program may take.
        external_mode: This and the others: see `ExternalSettings`.
        external_sandbox_slice: See there.
        external_disjoint: See there.
        external_on_failure: See there.
        external_expert_edits_model: See there.
        external_expert_edits_url: See there.
        external_expert_key_env: See there.
        external_expert_timeout_s: See there.

    Raises:
        UnknownNameError: No such task, prompt or mode.
        ValueError: Another option that cannot be used, or a task with too few tests.
    """
    options = dict(locals())
    settings = ExternalSettings.from_options(options)
    problems = _chosen(tasks)
    if prompt not in STYLES:
        raise UnknownNameError("code prompt", prompt, STYLES)
    if turns < 1:
        raise ValueError(f"turns is {turns}; give at least 1.")
    if not 0 < call_s <= LIMITS.evaluation_s:
        raise ValueError(
            f"call_s is {call_s}; give seconds above 0, {LIMITS.evaluation_s:g} at most."
        )
    runner = FunctionRunner(replace(LIMITS, call_s=float(call_s)), hidden=[str(FOLDER)])
    judge = CodeJudge(runner, sandbox_slice=settings.sandbox_slice, disjoint=settings.disjoint)
    for problem in problems.values():
        judge.tests(problem)  # what cannot be split is refused now, not in an episode
    feedback = Feedback(settings)
    referee = CodeReferee(problems, judge, feedback)
    weakref.finalize(referee, _close, runner, feedback)
    world = Problems(problems)
    return Domain(
        name="code",
        options=options,
        base=world,
        tools=(),
        schemas=[],
        system_prompt=prompts.render("system", prompt),
        examples=(),
        wording=Wording.FULL,
        user=Opening(),
        derive=lambda index, seed: _task(world, index, seed),
        close=lambda task: DONE,
        script=lambda task: _solved(problems[task.kind]),
        limits=Limits(max_turns=turns),
        referee=referee,
    )


def _chosen(names: tuple[str, ...]) -> dict[str, Problem]:
    known = load_problems()
    for name in names:
        if name not in known:
            raise UnknownNameError("code task", name, known)
    return {name: problem for name, problem in known.items() if name in names or not names}


def _task(world: Problems, index: int, seed: int) -> Task:
    """Task number `index`: every problem once, in an order of the seed's, then all over again."""
    names = list(world.problems)
    lap, place = divmod(index, len(names))
    Random(f"code/{seed}/{lap}").shuffle(names)
    problem = world.problems[names[place]]
    opening = prompts.render(
        "user",
        "code_task",
        program=fenced(f"{problem.signature}:", "python"),
        what=problem.statement,
    )
    return Task(
        id=f"code-{seed}-{index}-{problem.name}",
        kind=problem.name,
        domain="code",
        world=world.fingerprint,
        opening=opening,
        slots={},
        gold_calls=(),
        gold_diff={},
        facts={},
        seed=seed,
    )


def _solved(problem: Problem) -> tuple[Action, ...]:
    return (fenced(problem.solution.rstrip("\n"), "python"), DONE)


def _close(runner: FunctionRunner, feedback: Feedback) -> None:
    runner.close()
    feedback.close()
