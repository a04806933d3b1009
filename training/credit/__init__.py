"""Credit for each turn of an episode: pure functions over lists, without torch or SkyRL.

Place in the flow: rewards of the environment -> credit -> the advantage that SkyRL trains on
(``training/estimator.py`` does the tensor side).

    returns    what a turn or an episode came to
    baselines  episodes of the same task compared with each other
    tree       completions of the same node compared with each other
    spans      where turns lie among tokens

``ESTIMATORS`` names what ``credit.estimator`` offers. The default divides nothing by a standard
deviation, which would weigh tasks by how evenly they go.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from training.credit.baselines import (
    Advantages,
    Estimator,
    aggregated_leave_one_out,
    leave_one_out,
    pooled_mean,
    pooled_mean_std,
    trajectory_leave_one_out,
    turn_leave_one_out,
    turn_mean,
    turn_mean_std,
)
from training.credit.returns import aggregated_return, returns_to_go
from training.credit.spans import turn_spans
from training.credit.tree import TreeNode, tree_advantages

DEFAULT = "turn_loo"

ESTIMATORS: Mapping[str, Estimator] = MappingProxyType(
    {
        DEFAULT: turn_leave_one_out,
        "trajectory_loo": trajectory_leave_one_out,
        "aggregated_loo": aggregated_leave_one_out,
        "turn_mean": turn_mean,
        "turn_mean_std": turn_mean_std,
        "pooled_mean": pooled_mean,
        "pooled_mean_std": pooled_mean_std,
    }
)
"""By the name that the setting ``credit.estimator`` knows; the first three are unbiased for their
objective, the others biased as their docstrings say."""

__all__ = [
    "DEFAULT",
    "ESTIMATORS",
    "Advantages",
    "Estimator",
    "TreeNode",
    "aggregated_leave_one_out",
    "aggregated_return",
    "leave_one_out",
    "returns_to_go",
    "tree_advantages",
    "turn_leave_one_out",
    "turn_spans",
]
