"""What an agent that writes kernels is told: one instruction for each kind of result.

Place in the flow: the referee and the tool pass a verdict; `prompts/turn/kernel_*.md` holds the
words. A message holds what helps with the next try: the judge's sentence, the tool chain's own
message, the first wrong element, resources, times, the best so far and the turns left.

What it does not do: it judges nothing, and tells nothing of the judge's seeds and hidden inputs but
the one element that was wrong.
"""

from __future__ import annotations

import prompts
from agent_env.domains.kernels.reward import Kind, counts_as_speed, kind_of
from agent_env.domains.kernels.world import Past
from agent_env.feedback import cut
from agent_env.kernels.verdict import Mismatch, Resources, Timing, Verdict
from agent_env.types import Wording

MOST_LOG_CHARS = 4_000
"""Of a tool chain's message; the rest is cut and the model is told."""
MOST_REASON_CHARS = 200
"""Of a judge's sentence where few words are wanted."""


def verdict_text(verdict: Verdict) -> str:
    """What the tool answers about a program."""
    return prompts.render(
        "turn",
        "kernel_bench",
        kind=kind_of(verdict).value,
        reason=verdict.reason,
        detail=detail(verdict),
    )


def instruction(
    verdict: Verdict, past: Past, turns_left: int, wording: Wording = Wording.FULL
) -> str:
    """What the agent is told after an answer.

    Args:
        verdict: On its program; NO_CODE without one.
        past: Of the episode, this answer included.
        turns_left: How many more there may be.
        wording: COMPACT says the kind and the reason only.
    """
    kind = kind_of(verdict).value
    reason = verdict.reason.removeprefix("no code: ")
    if wording is Wording.COMPACT:
        said = cut(reason, MOST_REASON_CHARS)
        given = {"kind": kind.replace("_", " "), "reason": said, "left": str(turns_left)}
        return _told("compact", given)
    given = {
        "reason": reason,
        "detail": detail(verdict),
        "best": best_text(past),
        "left": str(turns_left),
    }
    return _told(kind, given)


def after_experiments(past: Past, turns_left: int) -> str:
    """What the agent is told after a turn of calls, beside what the tool answered."""
    return _told("experiment", {"best": best_text(past), "left": str(turns_left)})


def _told(name: str, given: dict[str, str]) -> str:
    prompt = prompts.load("turn", f"kernel_{name}")
    return prompt.render({key: given[key] for key in prompt.examples})


def detail(verdict: Verdict) -> str:
    """All that is known beside the reason, a paragraph each; "" when nothing is."""
    parts = []
    if verdict.log.strip():
        log = cut(verdict.log.strip(), MOST_LOG_CHARS)
        parts.append(prompts.render("turn", "kernel_log", log=log))
    if verdict.mismatch is not None:
        parts.append(_mismatch(verdict.mismatch))
    if verdict.timing is not None:
        parts.append(_timing(verdict.timing))
    if verdict.resources is not None and (listed := _resources(verdict.resources)):
        parts.append(prompts.render("turn", "kernel_resources", resources=listed))
    return "".join(f"\n{part}" for part in parts)


def best_text(past: Past) -> str:
    """The best answer so far in one sentence."""
    if past.is_forfeited:
        return prompts.render("turn", "kernel_best_lost")
    if past.best is None or not Kind(past.best.kind).is_right:
        return prompts.render("turn", "kernel_best_none")
    speed = past.best.speedup_x
    what = "right" if speed is None else f"right, {speed:.3g} times the baseline's speed"
    return prompts.render("turn", "kernel_best", turn=str(past.best.turn), what=what)


def _mismatch(found: Mismatch) -> str:
    return prompts.render(
        "turn",
        "kernel_mismatch",
        output=str(found.output),
        index=str(list(found.index)),
        expected=f"{found.expected:.6g}",
        got=f"{found.got:.6g}",
        error=f"{found.error:.3g}",
        allowed=f"{found.allowed:.3g}",
        count=str(found.count),
        total=str(found.total),
    )


def _timing(timing: Timing) -> str:
    if not timing.is_performance:
        return prompts.render("turn", "kernel_timing_other")
    if not counts_as_speed(timing):
        return prompts.render("turn", "kernel_timing_noisy")
    return prompts.render(
        "turn",
        "kernel_timing",
        speedup=f"{timing.speedup_x:.3g}",
        low=f"{timing.speedup_ci[0]:.3g}",
        high=f"{timing.speedup_ci[1]:.3g}",
        candidate=f"{timing.candidate_us:.3g}",
        reference=f"{timing.reference_us:.3g}",
    )


def _resources(found: Resources) -> str:
    named = {
        "registers": found.registers,
        "bytes of shared memory": found.shared_bytes,
        "bytes spilled": found.spill_bytes,
    }
    return ", ".join(f"{value} {name}" for name, value in named.items() if value is not None)
