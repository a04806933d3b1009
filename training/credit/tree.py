"""Credit for trees of turns, in which every node's completions are compared with each other.

Place in the flow: ``training/trees/generator.py`` grows trees -> here -> the advantage that SkyRL
trains on. A node is a conversation before a turn; there each agent samples completions, and joint
actions combine them, one of each agent. Pure: it knows no text and no environment.

A node at depth t exists G^t times in a full tree, once for each way of getting there. The gradient
of a turn is an average over those ways, so a node's advantages are weighted by 1/G^t
(``weights="nodes"``). Counting every node alike (``"equal"``) trains the last turn G^(T-1) times
as hard as the first; it is here to be compared with.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from training.credit.baselines import leave_one_out

Weights = Literal["nodes", "equal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeNode:
    """A node after its joint actions were taken.

    Attributes:
        rewards: Of each joint action; None where the environment failed.
        children: Of each joint action, the place in the sequence of nodes of what grew from it;
            None at a leaf. A child stands behind its parent.
        picks: Of each joint action, which completion of each agent it was made of; empty means one
            agent whose completions are the joint actions.
    """

    rewards: tuple[float | None, ...]
    children: tuple[int | None, ...]
    picks: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        """Checks that every joint action has a reward, a child or none, and its picks.

        Raises:
            ValueError: The lengths differ.
        """
        sizes = {len(self.rewards), len(self.children), len(self.joint_actions)}
        if len(sizes) != 1:
            raise ValueError(
                f"a node has {len(self.rewards)} rewards, {len(self.children)} children and "
                f"{len(self.joint_actions)} picks; each joint action needs one of each"
            )

    @property
    def joint_actions(self) -> tuple[tuple[int, ...], ...]:
        """``picks``, spelt out."""
        return self.picks or tuple((number,) for number in range(len(self.rewards)))


def joint_returns(nodes: Sequence[TreeNode], gamma: float = 1.0) -> list[list[float | None]]:
    """For each node, what each joint action came to: its reward and the discounted mean behind it.

    None where the environment failed, or failed in every continuation: nobody knows the worth.

    Args:
        nodes: All nodes of any number of trees, each parent in front of its children.
        gamma: Discount per turn, 0 to 1.

    Raises:
        ValueError: A child does not stand behind its parent, or has two.
    """
    _check_order(nodes)
    result: list[list[float | None]] = [[] for _ in nodes]
    for place in reversed(range(len(nodes))):
        for reward, child in zip(nodes[place].rewards, nodes[place].children, strict=True):
            value = reward
            if reward is not None and child is not None and nodes[child].rewards:
                known = [later for later in result[child] if later is not None]
                value = reward + gamma * statistics.fmean(known) if known else None
            result[place].append(value)
    return result


def completion_returns(node: TreeNode, returns: Sequence[float | None]) -> list[list[float | None]]:
    """For each agent, what each of its completions came to.

    That is the mean over the joint actions it took part in, not the sum: crossed with N-1 others a
    completion is judged G^(N-1) times and is worth no more for it. None where all of them failed.

    Args:
        node: Says who took part in what.
        returns: Of each joint action, from ``joint_returns``.
    """
    picks = node.joint_actions
    agents = len(picks[0]) if picks else 0
    result: list[list[float | None]] = []
    for agent in range(agents):
        shares: list[list[float]] = [[] for _ in range(1 + max(pick[agent] for pick in picks))]
        for pick, value in zip(picks, returns, strict=True):
            if value is not None:
                shares[pick[agent]].append(value)
        result.append([statistics.fmean(share) if share else None for share in shares])
    return result


def node_weights(
    nodes: Sequence[TreeNode], returns: Sequence[Sequence[float | None]]
) -> list[float]:
    """How much each node counts: 1 at a root, then its parent's share of each joint action.

    In a full tree that is 1/G^t. Joint actions of unknown worth get no share.
    """
    result = [1.0] * len(nodes)
    for place, node in enumerate(nodes):
        known = sum(value is not None for value in returns[place])
        for child in node.children:
            if child is not None:
                result[child] = result[place] / max(1, known)
    return result


def tree_advantages(
    nodes: Sequence[TreeNode], gamma: float = 1.0, weights: Weights = "nodes"
) -> list[list[float]]:
    """For each node, the advantage of each completion, all of agent 0's first, then of agent 1's.

    A completion is compared with the others of the same agent at the same node, by leave-one-out.
    One of unknown worth gets 0 and takes part in no baseline. Unbiased with ``weights="nodes"``
    up to one factor for all turns; with ``"equal"`` it is biased towards late turns.

    Args:
        nodes: All nodes of any number of trees, each parent in front of its children.
        gamma: Discount per turn, 0 to 1.
        weights: ``nodes`` or ``equal``; see above.

    Raises:
        ValueError: A child does not stand behind its parent, or ``weights`` is neither.
    """
    if weights not in ("nodes", "equal"):
        raise ValueError(f"weights are 'nodes' or 'equal', got {weights!r}")
    returns = joint_returns(nodes, gamma)
    shares = node_weights(nodes, returns) if weights == "nodes" else [1.0] * len(nodes)
    return [
        [
            share * advantage
            for of_agent in completion_returns(node, values)
            for advantage in _among_known(of_agent)
        ]
        for node, values, share in zip(nodes, returns, shares, strict=True)
    ]


def _among_known(values: Sequence[float | None]) -> list[float]:
    """Leave-one-out over the values that are known; 0 for the others."""
    known = iter(leave_one_out([value for value in values if value is not None]))
    return [0.0 if value is None else next(known) for value in values]


def _check_order(nodes: Sequence[TreeNode]) -> None:
    """Raises ValueError unless every child stands behind its one parent."""
    parents: dict[int, int] = {}
    for place, node in enumerate(nodes):
        for child in node.children:
            if child is None:
                continue
            if not place < child < len(nodes) or child in parents:
                raise ValueError(
                    f"node {child} is a child of node {parents.get(child, place)}; list each node "
                    f"once, behind its only parent (there are {len(nodes)})"
                )
            parents[child] = place
