"""Fast programs, written over turns that build on each other and judged by running them.

Place in the flow: `agent_env.load_domain("kernels", ...)` calls `build`. The agent is given a
PyTorch module and answers with a program that computes the same; after every turn it is told what
came of it, and it is paid for what the answer adds to its best one. `agent_env/kernels` judges.

What it does not do: no customer, no store, no tasks of its own (`agent_env/kernels/tasks`); nothing
is compiled or forked before the first program comes.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass, replace
from pathlib import Path

from agent_env.customers.user import Situation, UserReply
from agent_env.domain import Domain, load_tools
from agent_env.domains.kernels import tools as tool_folder
from agent_env.domains.kernels.evaluator import Evaluator, JudgeEvaluator
from agent_env.domains.kernels.prompt import LANGUAGES, PROMPTS, build_prompt
from agent_env.domains.kernels.referee import KernelReferee
from agent_env.domains.kernels.reward import Ladder
from agent_env.domains.kernels.tasks import TaskSource, close
from agent_env.domains.kernels.world import KernelWorld
from agent_env.errors import UnknownNameError
from agent_env.external.feedback import feedback_of
from agent_env.kernels.tasks import list_tasks
from agent_env.types import Limits, Task, Wording

DEVICES = ("cpu", "cuda")


@dataclass(frozen=True, slots=True)
class Poser:
    """Says what the task is, and nothing after that: the referee answers."""

    def open(self, task: Task) -> UserReply:
        """The task's opening."""
        return UserReply(text=task.opening)

    def reply(self, situation: Situation) -> UserReply:
        """Nothing; no turn reaches it.

        Raises:
            RuntimeError: Always.
        """
        raise RuntimeError("The domain kernels has a referee; no customer replies in it.")


def build(
    tasks: tuple[str, ...] = (),
    turns: int = 3,
    language: str = "cpp",
    timing: bool = True,
    bench: bool = True,
    prompt: str = "kernels",
    wire_format: str = "hermes",
    device: str = "cpu",
    workers: int = 0,
    compiled: float = 0.1,
    correct: float = 0.3,
    doubling: float = 1.0,
    most_doublings: float = 3.0,
    policy_is_fraud: bool = False,
    solutions: str | None = None,
    rehearse: bool = False,
    external_mode: str | None = None,
    external_expert_edits_model: str = "",
    external_expert_edits_url: str = "",
    external_on_failure: str = "infra_error",
    external_expert_key_env: str = "OPENAI_API_KEY",
    external_expert_timeout_s: float = 60.0,
) -> Domain:
    """The kernels domain for these options.

    Args:
        tasks: Names of kernel tasks; none is all of them.
        turns: Assistant turns of an episode, experiments included.
        language: What programs must have a kernel in: "cpp", "cuda" or "triton"; "torch" demands
            none.
        timing: Whether right programs are timed; without, being right is all there is to earn.
        bench: Whether the agent may try programs out with the tool `bench_kernel`.
        prompt: "kernels" states rules, tool and an example; "kernels_compact" is about fifty words,
            poses tasks in one sentence, tells results in one, and does not describe the tool.
        wire_format: How the prompt's example writes calls; a format of `parsers.render`.
        device: Where programs run, "cpu" or "cuda".
        workers: Processes that judge side by side; 0 judges in this one.
        compiled: What a program that compiles is worth.
        correct: What a right one is worth beside that.
        doubling: What each doubling of the speed is worth beside those.
        most_doublings: How many doublings are paid for.
        policy_is_fraud: Whether a program that is refused by its text forfeits the episode.
        solutions: Folder of right programs, `<task>_<language>.py`, for the oracle; None knows only
            those in plain PyTorch.
        rehearse: Whether the oracle first answers with a program that does not compile, then with
            one that is wrong, as an agent that repairs.
        external_mode: How the agent is told of its programs: a feedback mode, or None for an
            instruction by kind of result.
        external_expert_edits_model: This and the others: see `ExternalSettings`.
        external_expert_edits_url: See there.
        external_on_failure: See there.
        external_expert_key_env: See there.
        external_expert_timeout_s: See there.

    Raises:
        UnknownNameError: No such task, language, prompt, device or mode.
        ValueError: No turn at all, a number below 0, a folder that is not there, or an expert that
            is named where none is asked.
    """
    options = dict(locals())
    for name in tasks:
        if name not in list_tasks():
            raise UnknownNameError("kernel task", name, list_tasks())
    for what, name, known in (
        ("kernels language", language, LANGUAGES),
        ("kernels prompt", prompt, PROMPTS),
        ("device", device, DEVICES),
    ):
        if name not in known:
            raise UnknownNameError(what, name, known)
    folder = None if solutions is None else Path(solutions)
    if folder is not None and not folder.is_dir():
        raise ValueError(f"solutions is {solutions!r}, which is no folder; name one that exists.")
    ladder = Ladder(
        compiled=compiled, correct=correct, doubling=doubling, most_doublings=most_doublings
    )
    if workers < 0:
        raise ValueError(f"workers is {workers}; give 0 or more.")
    wording = Wording.COMPACT if prompt == "kernels_compact" else Wording.FULL
    feedback = feedback_of(options)
    evaluator = JudgeEvaluator(
        device=device, wanted="" if language == "torch" else language, workers=workers
    )
    if feedback is not None:
        weakref.finalize(evaluator, feedback.close)
    world = KernelWorld(tasks or list_tasks(), evaluator, ladder=ladder, timed=timing)
    offered = load_tools(tool_folder) if bench else ()
    system_prompt, examples = build_prompt(
        prompt, language, turns, offered, wire_format, timed=timing
    )
    source = TaskSource(
        names=world.task_names,
        world=world.fingerprint,
        device=device,
        language=language,
        is_compact=wording is Wording.COMPACT,
        solutions=folder,
        rehearses=rehearse,
    )
    return Domain(
        name="kernels",
        options=options,
        base=world,
        tools=offered,
        schemas=[spec.to_openai() for spec in offered],
        system_prompt=system_prompt,
        examples=examples,
        wording=wording,
        user=Poser(),
        derive=source.derive,
        close=close,
        limits=Limits(max_turns=turns),
        script=source.script,
        start=world.open_task,
        referee=KernelReferee(
            ladder=ladder,
            policy_is_fraud=policy_is_fraud,
            feedback=None if feedback is None else feedback.tell,
            wording=wording,
        ),
    )


def with_evaluator(domain: Domain, evaluator: Evaluator) -> Domain:
    """The same domain with programs evaluated by another evaluator, such as a scripted one."""
    world = domain.base
    if not isinstance(world, KernelWorld):
        raise TypeError(f"{domain.name} is not the domain kernels, whose evaluator is replaced.")
    twin = KernelWorld(world.task_names, evaluator, ladder=world.ladder, timed=world.timed)
    return replace(domain, base=twin, start=twin.open_task)
