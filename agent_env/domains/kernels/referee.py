"""Judges the turns of an agent that writes kernels.

Place in the flow: the environment shows every turn, once its calls have run.

    an answer with a program    is evaluated; it earns what it adds to the best answer before
    an answer without any       ends the episode if a program was right already, else it is told so
    a turn of calls             was an experiment: it earns nothing
    a program that deceives     in an answer or an experiment: all that was earned is taken back,
                                and nothing more can be earned

So what an episode has earned never falls but by fraud: a worse try later costs nothing, and neither
does stopping early.

What it does not do: no clock, no compiler (`evaluator`), no words of its own (`words`). A turn that
the parser calls malformed is an answer like any other here; its text may hold a program.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent_env.domains.kernels import words
from agent_env.domains.kernels.attempt import try_program
from agent_env.domains.kernels.reward import Kind, Ladder, speedup
from agent_env.domains.kernels.world import KernelState, Past, Tried
from agent_env.external.attempt import Attempt
from agent_env.external.feedback import KEYS as EXTERNAL_KEYS
from agent_env.external.feedback import Told
from agent_env.external.of_kernels import attempt_of
from agent_env.kernels.extract import extract
from agent_env.kernels.verdict import Status, Verdict
from agent_env.referee import Look, Rate, Ruling
from agent_env.types import StopReason, Wording
from parsers import ParseStatus

KEYS = (
    "kernel/answers",
    "kernel/experiments",
    "kernel/compiled",
    "kernel/right",
    *(f"kernel/{kind.value}" for kind in Kind),
    "kernel/measured",
    "kernel/log2_speedup",
    "kernel/faster",
    "kernel/faster_1_2",
    "kernel/hack_flag",
    *EXTERNAL_KEYS,
)
"""Counted per answer; `hack_flag` per episode. `log2_speedup` sums over the measured ones."""

RATES = (
    Rate(name="kernel/compile_rate", part="kernel/compiled", whole="kernel/answers"),
    Rate(name="kernel/correct_rate", part="kernel/right", whole="kernel/answers"),
    Rate(name="kernel/no_code_rate", part="kernel/no_code", whole="kernel/answers"),
    Rate(name="kernel/eval_timeout_rate", part="kernel/timeout", whole="kernel/answers"),
    Rate(name="kernel/fast_1", part="kernel/faster", whole="kernel/answers"),
    Rate(name="kernel/fast_1_2", part="kernel/faster_1_2", whole="kernel/answers"),
    Rate(
        name="kernel/speedup_geomean",
        part="kernel/log2_speedup",
        whole="kernel/measured",
        is_geometric=True,
    ),
    Rate(name="kernel/hack_flag_rate", part="kernel/hack_flag", whole="episodes"),
)

_FRAUD = frozenset({Kind.CHEAT.value})
_UNCOMPILED = frozenset({Kind.NO_CODE, Kind.POLICY, Kind.COMPILE_ERROR, Kind.CHEAT})


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelReferee:
    """Rules on the turns of all episodes; what it remembers is in their states.

    Attributes:
        ladder: What verdicts are worth.
        policy_is_fraud: Whether a program that was refused by its text is treated as fraud.
        feedback: Tells of programs in a feedback mode; None tells by `words`.
        wording: How much `words` says.
    """

    ladder: Ladder
    policy_is_fraud: bool = False
    feedback: Callable[[Attempt], Told] | None = None
    wording: Wording = Wording.FULL

    @property
    def keys(self) -> tuple[str, ...]:
        """What is counted."""
        return KEYS

    @property
    def rates(self) -> tuple[Rate, ...]:
        """What is derived from the counts."""
        return RATES

    @property
    def reward_range(self) -> tuple[float, float]:
        """From nothing to the best program's worth."""
        return 0.0, self.ladder.most

    def judge(self, look: Look) -> Ruling:
        """What the turn was worth and what the agent is told.

        Raises:
            EnvError: The evaluator's machinery failed.
        """
        state: KernelState = look.state
        if look.parsed.status is ParseStatus.CALLS:
            return self._after_calls(state, look)
        # Behind a turn that the model invented there is no answer of its own.
        is_message = look.parsed.status is ParseStatus.MESSAGE
        text, reasoning = (
            (look.parsed.content, "off") if is_message else (look.text, look.reasoning)
        )
        found = extract(text, reasoning)
        if found.code is not None:
            return self._after_program(state, look, found.code)
        return self._without_program(state, look, found.reason)

    def _after_calls(self, state: KernelState, look: Look) -> Ruling:
        new = state.past.experiments[state.past.seen :]
        before = state.past
        state.note(seen=len(state.past.experiments))
        counts = Counter({"kernel/experiments": len(new)}) + self._settle(state, before, new)
        return Ruling(
            text=words.after_experiments(state.past, look.turns_left),
            gain=state.past.value - before.value,
            is_success=_is_success(state.past),
            counts=dict(counts),
            note={"kind": "experiment", "experiments": [one.to_dict() for one in new]},
        )

    def _after_program(self, state: KernelState, look: Look, code: str) -> Ruling:
        before = state.past
        verdict, tried = try_program(state, code, turn=look.turn, timed=state.world.timed)
        self._keep(state, tried)
        flagged = self._settle(state, before, (tried,))
        told = self._told(look, state.past, verdict, code)
        return Ruling(
            text=told.text,
            gain=state.past.value - before.value,
            is_success=_is_success(state.past),
            counts={**_counts(Kind(tried.kind), verdict), **flagged, **told.counts},
            note={
                "kind": tried.kind,
                "value": tried.value,
                "verdict": _note(verdict),
                **({"failed_edits": told.failure} if told.failure else {}),
            },
        )

    def _without_program(self, state: KernelState, look: Look, reason: str) -> Ruling:
        past = state.past
        is_over = past.is_forfeited or _is_success(past)
        if is_over and look.parsed.status is ParseStatus.MESSAGE:
            return Ruling(
                text="",
                is_success=_is_success(past),
                stop_reason=StopReason.AGENT_DONE,
                note={"kind": "done"},
            )
        tried = Tried(turn=look.turn, kind=Kind.NO_CODE.value, reason=reason)
        self._keep(state, tried)
        told = self._told(look, state.past, Verdict(status=Status.NO_CODE, reason=reason), "")
        return Ruling(
            text=told.text,
            is_success=_is_success(state.past),
            counts={"kernel/answers": 1.0, "kernel/no_code": 1.0, **told.counts},
            note={"kind": tried.kind, "value": 0.0, "reason": reason},
        )

    def _told(self, look: Look, past: Past, verdict: Verdict, code: str) -> Told:
        """What the agent reads next; an expert is not asked about a last turn."""
        left = look.turns_left
        if self.feedback is not None and left:
            best, goal = words.best_text(past), look.task.opening
            return self.feedback(
                attempt_of(verdict, code, turn=look.turn, turns_left=left, best=best, goal=goal)
            )
        return Told(text=words.instruction(verdict, past, left, self.wording))

    def _keep(self, state: KernelState, tried: Tried) -> None:
        """Adds an answer, and makes it the best if it is worth more, or as much and right."""
        past = state.past
        is_better = _rank(tried) > (_rank(past.best) if past.best else (0.0, False))
        state.note(attempts=(*past.attempts, tried), best=tried if is_better else past.best)

    def _settle(self, state: KernelState, before: Past, new: Sequence[Tried]) -> Counter[str]:
        """Forfeits the episode if a new program deceives; the flag's count, once an episode."""
        fraud = _FRAUD | ({Kind.POLICY.value} if self.policy_is_fraud else set())
        if not any(one.kind in fraud for one in new):
            return Counter()
        state.note(is_forfeited=True)
        return Counter() if before.is_forfeited else Counter({"kernel/hack_flag": 1})


def _rank(tried: Tried) -> tuple[float, bool]:
    """What it is worth, and whether it is right: a ladder may pay nothing for that."""
    return tried.value, Kind(tried.kind).is_right


def _is_success(past: Past) -> bool:
    return not past.is_forfeited and past.best is not None and Kind(past.best.kind).is_right


def _counts(kind: Kind, verdict: Verdict) -> dict[str, float]:
    """What one answer with a program adds."""
    counts = {
        "kernel/answers": 1.0,
        f"kernel/{kind.value}": 1.0,
        "kernel/compiled": float(kind not in _UNCOMPILED),
        "kernel/right": float(kind.is_right),
    }
    if kind.is_measured:
        faster = speedup(verdict)
        counts |= {
            "kernel/measured": 1.0,
            "kernel/log2_speedup": math.log2(faster),
            "kernel/faster": float(faster > 1.0),
            "kernel/faster_1_2": float(faster > 1.2),
        }
    return counts


def _note(verdict: Verdict) -> dict[str, object]:
    """The verdict as the trajectory keeps it: without what only this machine knows."""
    return {
        key: value
        for key, value in verdict.to_dict().items()
        if key not in ("isolation", "missing", "wall_s")
    }
