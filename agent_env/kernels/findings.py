"""What one static rule says of one line.

Place in the flow: `rules` and `suspicions` make them, `policy` hands them out.

What it does not do: no rules here.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """What follows from a finding."""

    REFUSE = "refuse"
    """The program is not run."""
    FLAG = "flag"
    """The program is judged by running it; the verdict names the finding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule that matched.

    Attributes:
        rule: Its name, as in the catalogue of hacks.
        line: Of the candidate's text, from 1.
        sentence: What was seen, and what to do.
        severity: What follows.
    """

    rule: str
    line: int
    sentence: str
    severity: Severity


def refused(rule: str, node: ast.AST, sentence: str) -> Finding:
    """A finding that ends the evaluation."""
    line = getattr(node, "lineno", 1)
    return Finding(rule=rule, line=line, sentence=sentence, severity=Severity.REFUSE)


def flagged(rule: str, node: ast.AST, sentence: str) -> Finding:
    """A finding that is only named."""
    line = getattr(node, "lineno", 1)
    return Finding(rule=rule, line=line, sentence=sentence, severity=Severity.FLAG)
