"""Answers to two easy tasks of the domain ``code``: right ones, and one for each way to fail."""

from __future__ import annotations

from agent_env import Domain
from training.config import RunConfig
from training.warm_start.corpora import Material
from training.warm_start.programs import Answers, fenced, program_material


def _function(head: str, body: str) -> str:
    """An answer that defines a function of one line."""
    return fenced(f"def {head}:\n    return {body}")


ANSWERS = {
    "flatten": Answers(
        right=(
            _function(
                "flatten(value)",
                "[x for one in value for x in (flatten(one) if isinstance(one, list) else [one])]",
            ),
        ),
        wrong=(
            _function("flatten(value)", "[x for one in value for x in one]"),
            _function("flatten(value)", "value"),
            _function("flatten(value)", "[x for one in value"),
            "I will write it.",
            "```",
        ),
    ),
    "transpose": Answers(
        right=(
            _function(
                "transpose(rows, fill=0)",
                "[[row[i] if i < len(row) else fill for row in rows]"
                " for i in range(max(map(len, rows), default=0))]",
            ),
        ),
        wrong=(
            _function("transpose(rows)", "[list(one) for one in zip(*rows)]"),
            _function("transpose(rows)", "rows"),
            _function("transpose(rows)", "[list(one) for one in zip(*rows)"),
            "I will write it.",
            "```",
        ),
    ),
}


def material(config: RunConfig, domain: Domain) -> Material:
    """Dialogues on ``code.tasks``, which must be among those answered here."""
    return program_material(config, domain, ANSWERS)
