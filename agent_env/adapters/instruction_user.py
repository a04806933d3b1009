"""A customer for tasks that are only written as an instruction to a customer.

Place in the flow: the default customer of the adapters, so that they run without a model. It opens
with the instruction as it stands, so the agent knows everything from the start; what is measured
then is whether it does the right thing, and not how it asks. A customer played by a model is given
to `ToolEnv` instead.

What it does not do: it answers no question.
"""

from __future__ import annotations

from dataclasses import dataclass

import prompts
from agent_env.customers.user import Situation, UserReply
from agent_env.types import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructionUser:
    """Says its instruction, then waits until it has all that it came for."""

    def open(self, task: Task) -> UserReply:
        """The opening that the task holds."""
        return UserReply(text=task.opening)

    def reply(self, situation: Situation) -> UserReply:
        """Thanks once every change is there and every fact was told; until then "go on"."""
        done = situation.is_reached and not situation.missing_facts
        words = prompts.load("user", "thanks" if done else "instruction_go_on")
        return UserReply(text=words.render({}, situation.task.seed), done=done)
