"""Evaluates one program of an episode and says what came of it.

Place in the flow: the tool and the referee call `try_program`; both write what it returns into the
episode's state.

What it does not do: no rewards across attempts, no wording.
"""

from __future__ import annotations

import hashlib

from agent_env.domains.kernels.reward import kind_of, speedup
from agent_env.domains.kernels.world import KernelState, Tried
from agent_env.kernels.verdict import Verdict


def try_program(state: KernelState, code: str, *, turn: int, timed: bool) -> tuple[Verdict, Tried]:
    """The verdict on a program, and the attempt as the state keeps it.

    Args:
        state: The episode's; it is not changed.
        code: The program.
        turn: Which turn it is tried in; 0 where that is not known yet.
        timed: Whether a right program is timed.

    Raises:
        EnvError: The evaluator's machinery failed.
    """
    world = state.world
    verdict = world.evaluator.evaluate(code, state.task_name, timed=timed)
    kind = kind_of(verdict)
    tried = Tried(
        turn=turn,
        kind=kind.value,
        reason=verdict.reason,
        value=world.ladder.value(verdict),
        speedup_x=speedup(verdict) if kind.is_measured else None,
        code_hash=hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()[:16],
    )
    return verdict, tried
