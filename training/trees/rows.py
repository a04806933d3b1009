"""What trees are made of in a run, the rows that are trained on, and numbers about the trees.

Place in the flow: ``training/trees/generator.py`` grows trees -> here -> SkyRL. A row is one
completion of one agent; ``training/trees/paths.py`` makes the episodes that are logged.
What this module does not do: credit (``training/credit``), or know SkyRL.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeAlias

from training.generations import Generation
from training.hygiene import Look, Treatment
from training.trees.plan import Edge, Node, TreePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What one agent sampled at a node.

    Attributes:
        text: What the environment is told, special tokens included.
        ids: The tokens sampled.
        logprobs: Of each token, under the policy that sampled it; None where nobody measured them.
        generation: What it cost and why it ended.
        look: What hygiene found in it.
        trained_tokens: How many of its first tokens the loss may see.
    """

    text: str
    ids: list[int]
    logprobs: list[float] | None
    generation: Generation
    look: Look
    trained_tokens: int


class Forkable(Protocol):
    """The part of an environment that trees need; ``CallforgeEnv`` has it."""

    @property
    def domain_name(self) -> str:
        """Name of the world that the episode plays in."""

    @property
    def is_spoilt(self) -> bool:
        """The environment failed: what it paid is no reward."""

    @property
    def least_reward(self) -> float:
        """The least that a turn can earn."""

    @property
    def taken_back(self) -> float:
        """What the last turn took back of what earlier ones earned, 0 or less."""

    def fork(self) -> Self:
        """An episode that goes its own way from here."""

    def step(self, action: str) -> Any:
        """Observations, reward and end of one turn."""

    def get_metrics(self) -> dict[str, Any]:
        """Counts and trajectory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where an episode stands.

    Attributes:
        task: Which task it belongs to.
        env: The episode.
        conversations: Of each agent, the tokens that its next completion continues.
        parts: What the agents wrote to get here from the node before.
    """

    task: str
    env: Forkable
    conversations: tuple[list[int], ...]
    parts: tuple[Completion, ...] = ()


Tree: TypeAlias = Node[Position, Completion]
Branch: TypeAlias = Edge[Position, Completion]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One completion as it is trained on.

    Attributes:
        task: Which task it belongs to.
        prompt_ids: The agent's conversation at the node.
        completion: What was sampled there.
        reward: Mean reward of the joint actions it took part in; 0 where all failed.
        advantage: What its tokens are trained with.
        is_trained: Whether its worth is known; the environment failed otherwise.
    """

    task: str
    prompt_ids: list[int]
    completion: Completion
    reward: float
    advantage: float
    is_trained: bool

    @property
    def mask(self) -> list[int]:
        """Ones where the row is trained."""
        ones = self.trained_tokens
        return [1] * ones + [0] * (len(self.completion.ids) - ones)

    @property
    def trained_tokens(self) -> int:
        """How many of its first tokens are trained."""
        return self.completion.trained_tokens if self.is_trained else 0

    @property
    def token_rewards(self) -> list[float]:
        """The reward on the last token."""
        return [*[0.0] * (len(self.completion.ids) - 1), self.reward]


def rows(trees: Sequence[Tree], advantages: Sequence[Sequence[float]]) -> list[Row]:
    """Every completion of every tree, those of a tree next to each other.

    One without a token, of a sampler that gave up before its first, is nothing to train on.

    Args:
        trees: Roots of the grown trees.
        advantages: Of every node in the order of walking tree after tree; see ``tree_advantages``.
    """
    result: list[Row] = []
    at_nodes = iter(advantages)
    for root in trees:
        for node in root.walk():
            flat = iter(next(at_nodes))
            for agent, completions in enumerate(node.completions):
                for number, completion in enumerate(completions):
                    row = _row(node, agent, number, completion, next(flat))
                    if completion.ids:
                        result.append(row)
    return result


def _row(node: Tree, agent: int, number: int, completion: Completion, advantage: float) -> Row:
    rewards = [
        edge.reward
        for edge in node.edges
        if edge.picks[agent] == number and not edge.is_spoilt and not _is_lost(edge)
    ]
    return Row(
        task=node.state.task,
        prompt_ids=node.state.conversations[agent],
        completion=completion,
        reward=statistics.fmean(rewards) if rewards else 0.0,
        advantage=advantage,
        is_trained=bool(rewards),
    )


def _is_lost(edge: Branch) -> bool:
    """Whether the environment failed on every way on, so that nobody knows the edge's worth."""
    grown = edge.child.edges if edge.child is not None else []
    return bool(grown) and all(later.is_spoilt or _is_lost(later) for later in grown)


def treated_reward(
    reward: float, parts: Sequence[Completion], least_reward: float, taken_back: float = 0.0
) -> float:
    """What a joint action earns: that of its worst part, as hygiene treats it.

    Args:
        reward: What the environment paid.
        parts: What the agents wrote.
        least_reward: What a degenerate turn earns, unless it earned less.
        taken_back: What a truncated turn earns: nothing, less what it forfeited.
    """
    found = {part.look.treatment for part in parts}
    if Treatment.DEGENERATE in found:
        return min(reward, least_reward)
    return taken_back if Treatment.TRUNCATED in found else reward


def metrics(trees: Sequence[Tree], plan: TreePlan) -> dict[str, float]:
    """Numbers about the trees of a batch; every key in every batch."""
    nodes = [node for root in trees for node in root.walk()]
    edges = [(node, edge) for node in nodes for edge in node.edges]
    could_grow = [edge for node, edge in edges if node.depth + 1 < plan.turns]
    return {
        "tree/nodes": float(len(nodes)),
        "tree/leaves": float(sum(edge.child is None for _, edge in edges)),
        "tree/generations": float(sum(len(c) for node in nodes for c in node.completions)),
        "tree/steps": float(len(edges)),
        "tree/early_stop_frac": _share([edge.child is None for edge in could_grow]),
        "tree/mean_stop_frac": _share([node.stopped for node in nodes]),
        "tree/spoilt_frac": _share([edge.is_spoilt for _, edge in edges]),
    }


def _share(flags: Sequence[bool]) -> float:
    return sum(flags) / len(flags) if flags else 0.0
